/**
 * The block of shared memory through which the main thread hands work to the others, and the loop that all of them run.
 *
 *   int32 × 16     the words below
 *   float64 × 32   arguments of the kernel, after (from, to, scratch)
 *   bytes          an error's message
 *
 * A job is a kernel over items [0, items). Every thread takes the next `chunk` items until none is left, so a long item
 * delays nobody; what an item writes depends on the item alone, so the result does not depend on who took it.
 */
export const CONTROL_BYTES = 1024;
const ARGUMENTS_AT = 64;
const MESSAGE_AT = 320;

const GENERATION = 0; // counts jobs; threads sleep on it
const NEXT = 1; // first item that nobody took
const DONE = 2; // threads that found nothing left; the main thread sleeps on it
const KERNEL = 3; // index among the module's exports, or STOP
const ITEMS = 4;
const CHUNK = 5;
const ARGUMENTS = 6; // how many
const SCRATCH = 7; // address of thread 0's, as an unsigned word
const SCRATCH_STEP = 8; // bytes from one thread's to the next's
const COUNT = 9; // sum of what the kernel returned
const FAILED = 10; // 0 none, 1 being written, 2 its message is complete
const MESSAGE_LENGTH = 11;
const STOP = -1;

export interface Job {
  readonly kernel: number;
  readonly items: number;
  readonly chunk: number;
  readonly scratch: number;
  readonly scratchStep: number;
  readonly args: readonly number[];
}

type Kernel = (from: number, to: number, scratch: number, ...args: number[]) => number;

/** One thread's instance of the kernels. Every thread sorts the names alike, so a number names a kernel. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel[] {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return kernelNames(module).map((name) => instance.exports[name] as Kernel);
}

export function kernelNames(module: WebAssembly.Module): string[] {
  return WebAssembly.Module.exports(module)
    .map(({ name }) => name)
    .sort();
}

export class Control {
  readonly buffer: SharedArrayBuffer;
  #words: Int32Array;
  #arguments: Float64Array;
  #message: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(CONTROL_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, ARGUMENTS_AT / 4);
    this.#arguments = new Float64Array(buffer, ARGUMENTS_AT, (MESSAGE_AT - ARGUMENTS_AT) / 8);
    this.#message = new Uint8Array(buffer, MESSAGE_AT);
  }

  /** Writes a job down; `wake` tells the others. */
  post(job: Job, wake: boolean): void {
    const words = this.#words;
    words[KERNEL] = job.kernel;
    words[ITEMS] = job.items;
    words[CHUNK] = job.chunk;
    words[ARGUMENTS] = job.args.length;
    words[SCRATCH] = job.scratch;
    words[SCRATCH_STEP] = job.scratchStep;
    words[COUNT] = 0;
    words[FAILED] = 0;
    words[DONE] = 0;
    this.#arguments.set(job.args);
    Atomics.store(words, NEXT, 0);
    if (wake) this.#wake();
  }

  stop(): void {
    this.#words[KERNEL] = STOP;
    this.#wake();
  }

  /** Takes chunks of the job until none is left. An error is noted for the main thread and ends the job for all. */
  takeChunks(kernels: readonly Kernel[], thread: number): void {
    const words = this.#words;
    const items = words[ITEMS];
    const chunk = words[CHUNK];
    const args = this.#arguments.slice(0, words[ARGUMENTS]);
    const scratch = (words[SCRATCH] >>> 0) + thread * words[SCRATCH_STEP];
    const kernel = kernels[words[KERNEL]];
    let count = 0;
    try {
      for (;;) {
        const from = Atomics.add(words, NEXT, chunk);
        if (from >= items) break;
        count += kernel(from, Math.min(items, from + chunk), scratch, ...args);
      }
    } catch (error) {
      Atomics.store(words, NEXT, items);
      if (Atomics.compareExchange(words, FAILED, 0, 1) === 0) this.#note(`thread ${thread}: ${error}`);
    }
    Atomics.add(words, COUNT, count);
  }

  /** A thread's life: waits for jobs, takes part, says when it is through, until `stop`. */
  serve(kernels: readonly Kernel[], thread: number): void {
    const words = this.#words;
    for (let seen = 0; ; ) {
      Atomics.wait(words, GENERATION, seen);
      seen = Atomics.load(words, GENERATION);
      if (words[KERNEL] === STOP) return;
      this.takeChunks(kernels, thread);
      Atomics.add(words, DONE, 1);
      Atomics.notify(words, DONE);
    }
  }

  /** Waits until `threads` others are through; the kernels' sum, or the message of the first error. */
  finish(threads: number): number | string {
    const words = this.#words;
    for (let done = Atomics.load(words, DONE); done < threads; done = Atomics.load(words, DONE)) {
      Atomics.wait(words, DONE, done);
    }
    if (words[FAILED] === 0) return words[COUNT];
    return new TextDecoder().decode(this.#message.slice(0, words[MESSAGE_LENGTH]));
  }

  #wake(): void {
    Atomics.add(this.#words, GENERATION, 1);
    Atomics.notify(this.#words, GENERATION);
  }

  #note(message: string): void {
    // Copied through an array of its own: encodeInto refuses shared memory in some runtimes.
    const bytes = new TextEncoder().encode(message).subarray(0, this.#message.length);
    this.#message.set(bytes);
    this.#words[MESSAGE_LENGTH] = bytes.length;
  }
}
