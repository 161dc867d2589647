import fused from '../../wasm/kernels/scorer.wasm';
import plain from '../../wasm/kernels/scorer-plain.wasm';

/** The Worker's kernel, or the one for browsers without relaxed SIMD. wrangler compiles them, the page's build has the bytes. */
export function compileKernel(): Promise<WebAssembly.Module> {
  const [best, other] = [fused, plain] as unknown as BufferSource[];
  return WebAssembly.compile(WebAssembly.validate(best) ? best : other);
}
