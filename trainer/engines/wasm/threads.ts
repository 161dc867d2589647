import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { MarqueeError } from '../../../shared/errors.ts';
import { Control, instantiate, kernelNames } from './control.ts';
import type { WasmMemory } from './memory.ts';
import type { ThreadData } from './worker.ts';

/** How a job is cut up. */
export interface Cut {
  /** The kernel runs over items [0, items). */
  readonly items: number;
  /** Items that a thread takes at a time; a job of one chunk stays on the main thread. */
  readonly chunk: number;
  /** Bytes of scratch that each thread needs. */
  readonly scratch?: number;
}

/**
 * The threads that compute, the main thread among them. `run` is synchronous: it returns when the whole job is done.
 * Sleeping threads do not keep the process alive.
 */
export class WasmThreads {
  readonly count: number;
  #memory: WasmMemory;
  #control = new Control();
  #workers: Worker[] = [];
  #kernels: ReturnType<typeof instantiate>;
  #indices: Map<string, number>;
  #scratch = 0;
  #scratchStep = 0;
  #closed = false;

  private constructor(module: WebAssembly.Module, memory: WasmMemory, count: number) {
    this.count = count;
    this.#memory = memory;
    this.#kernels = instantiate(module, memory.memory);
    this.#indices = new Map(kernelNames(module).map((name, index) => [name, index]));
  }

  static async start(module: WebAssembly.Module, memory: WasmMemory, count: number): Promise<WasmThreads> {
    const threads = new WasmThreads(module, memory, count);
    for (let thread = 1; thread < count; thread++) {
      const workerData: ThreadData = { module, memory: memory.memory, control: threads.#control.buffer, thread };
      // Without the process's own flags: some (--input-type) forbid to start from a file.
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

  /** Runs `kernel(from, to, scratch, ...args)` over all items; the sum of what it returned. */
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
    const result = this.#control.finish(others);
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
