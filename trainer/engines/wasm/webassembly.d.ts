/** The part of the WebAssembly API that the wasm engine uses. Node has it, Node's types lack it. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
    /** Adds pages of 64 KB; returns how many there were. */
    grow(pages: number): number;
  }
  class Module {
    private constructor();
  }
  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } });
    /** Functions, and globals, whose numbers are their `value`. */
    readonly exports: Readonly<Record<string, CallableFunction | { readonly value: number }>>;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
