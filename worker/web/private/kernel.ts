import bytes from '../../wasm/kernels/scorer.wasm';

/** The Worker's kernel. wrangler hands over a compiled module, the page's build the bytes. */
export function compileKernel(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes as unknown as BufferSource);
}
