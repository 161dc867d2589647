import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { MarqueeError } from '../../../shared/errors.ts';
import { Control, type Exports, instantiate, kernelNames, kernelsOf } from './control.ts';
import type { WasmMemory } from './memory.ts';
import type { ThreadData } from './worker.ts';

/** How a job is cut into chunks. */
export interface Cut {
  /** The kernel runs over items [0, items). */
  readonly items: number;
  /** Items that a thread takes at a time; a job of one chunk stays on the main thread. */
  readonly chunk: number;
  /** Bytes of scratch that each thread needs. */
  readonly scratch?: number;
}

/** Sizes that `kernels/sizes.as.ts` exports. */
export type SizeName =
  | 'SUMMED_ROWS'
  | 'LOSS_ROWS'
  | 'MIRROR_BLOCK'
  | 'BLOCK'
  | 'INVERSE_COLUMNS'
  | 'LOG_RECORD'
  | 'LOG_VISIT';

/**
 * The threads that compute, the main thread among them. `run` is synchronous: it returns when the whole job is done.
 * Sleeping threads do not keep the process alive.
 */
export class WasmThreads {
  readonly count: number;
  #memory: WasmMemory;
  #control = new Control();
  #workers: Worker[] = [];
  #exports: Exports;
  #kernels: ReturnType<typeof kernelsOf>;
  #indices: Map<string, number>;
  #scratch = 0;
  #scratchStep = 0;
  #closed = false;

  /** The main thread alone; `start` adds the others. */
  constructor(module: WebAssembly.Module, memory: WasmMemory, count: number) {
    this.count = count;
    this.#memory = memory;
    this.#exports = instantiate(module, memory.memory);
    this.#kernels = kernelsOf(this.#exports);
    this.#indices = new Map(kernelNames(this.#exports).map((name, index) => [name, index]));
  }

  static async start(module: WebAssembly.Module, memory: WasmMemory, count: number): Promise<WasmThreads> {
    const threads = new WasmThreads(module, memory, count);
    for (let thread = 1; thread < count; thread++) {
      const workerData: ThreadData = { module, memory: memory.memory, control: threads.#control.buffer, thread };
      // Without the process's flags: some of them (--input-type) forbid a start from a file.
      const options = { workerData, execArgv: [] };
      threads.#workers.push(new Worker(new URL('./worker.ts', import.meta.url), options));
    }
    try {
      await Promise.all(threads.#workers.map((worker) => once(worker, 'message')));
    } catch (cause) {
      await Promise.all(threads.#workers.map((worker) => worker.terminate()));
      throw new MarqueeError('no-engine', 'a thread of the wasm engine does not start', { cause });
    }
    for (const worker of threads.#workers) worker.unref();
    return threads;
  }

  /** A size that the kernels are compiled for. */
  size(name: SizeName): number {
    return (this.#exports[name] as { readonly value: number }).value;
  }

  /** Bytes of scratch that kernels need for some numbers, by the function `${kernels}Scratch` beside them. */
  scratchFor(kernels: string, ...numbers: number[]): number {
    const bytesFor = this.#exports[`${kernels}Scratch`] as unknown as (...numbers: number[]) => number;
    return bytesFor(...numbers);
  }

  /** Runs `kernel(from, to, scratch, ...args)` over all items; returns the sum of what it returned. */
  run(kernel: string, { items, chunk, scratch = 0 }: Cut, args: readonly number[]): number {
    if (this.#closed) throw new MarqueeError('internal', 'the wasm engine is used after it was closed');
    const index = this.#indices.get(kernel);
    if (index === undefined) throw new MarqueeError('internal', `there is no kernel "${kernel}": run npm run prepare`);
    if (scratch > this.#scratchStep) this.#growScratch(scratch);
    const others = items > chunk ? this.#workers.length : 0;
    this.#control.post(
      { kernel: index, items, chunk, scratch: this.#scratch, scratchStep: this.#scratchStep, args },
      others > 0,
    );
    this.#control.takeChunks(this.#kernels, 0);
    const result = this.#control.result(others);
    if (typeof result === 'string') throw new MarqueeError('internal', `kernel ${kernel} failed in ${result}`);
    return result;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const ends = this.#workers.map((worker) => once(worker, 'exit'));
    this.#control.stop();
    for (const worker of this.#workers) worker.ref();
    await Promise.all(ends);
  }

  #growScratch(bytes: number): void {
    if (this.#scratch) this.#memory.release(this.#scratch);
    this.#scratch = 0;
    this.#scratchStep = 0;
    const step = Math.ceil(bytes / 4096) * 4096;
    this.#scratch = this.#memory.allocate(step * this.count);
    this.#scratchStep = step;
  }
}
