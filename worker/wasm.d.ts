/** wrangler, esbuild's plugin of it and the test runner hand the compiled module over. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
