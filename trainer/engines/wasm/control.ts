/**
 * The block of shared memory through which the main thread gives jobs to the others, and the loop that all of them run.
 *
 *   int32 × 16     the words below
 *   float64 × 32   arguments of the kernel, after (from, to, scratch)
 *   bytes          an error's message
 *
 * A job is a kernel over items [0, items). Every thread takes the next `chunk` items until none is left, so a long item
 * delays no thread. What an item writes depends on the item alone, so the result does not depend on who computed it.
 */
const CONTROL_BYTES = 1024;
const ARGUMENTS_AT = 64;
const MESSAGE_AT = 320;

const GENERATION = 0; // counts jobs; threads sleep on it
const NEXT = 1; // first item that no thread has taken
const DONE = 2; // threads that found nothing left; the main thread sleeps on it
const KERNEL = 3; // index in `kernelsOf`, or STOP
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

/** What one thread's instance of the kernels exports: functions, and sizes as globals. */
export type Exports = WebAssembly.Instance['exports'];

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Exports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports;
}

/** Names of the functions, sorted: every thread has the same order, so that an index names a kernel. */
export function kernelNames(exports: Exports): string[] {
  return Object.keys(exports)
    .filter((name) => typeof exports[name] === 'function')
    .sort();
}

export function kernelsOf(exports: Exports): Kernel[] {
  return kernelNames(exports).map((name) => exports[name] as unknown as Kernel);
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

  /** Writes a job, and wakes the other threads where `wake` says so. */
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

  /** Computes chunks of the job until none is left. An error is noted for the main thread and ends the job for all. */
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

  /** What a thread does until `stop`: waits for a job, takes part in it, reports that it is done. */
  serve(kernels: readonly Kernel[], thread: number): void {
    const words = this.#words;
    let generation = 0;
    for (;;) {
      Atomics.wait(words, GENERATION, generation);
      generation = Atomics.load(words, GENERATION);
      if (words[KERNEL] === STOP) return;
      this.takeChunks(kernels, thread);
      Atomics.add(words, DONE, 1);
      Atomics.notify(words, DONE);
    }
  }

  /**
   * Waits until `threads` others are done.
   *
   * @returns the sum of what the kernel returned, or the message of the first error
   */
  result(threads: number): number | string {
    const words = this.#words;
    let done = Atomics.load(words, DONE);
    while (done < threads) {
      Atomics.wait(words, DONE, done);
      done = Atomics.load(words, DONE);
    }
    if (words[FAILED] === 0) return words[COUNT];
    return new TextDecoder().decode(this.#message.slice(0, words[MESSAGE_LENGTH]));
  }

  #wake(): void {
    Atomics.add(this.#words, GENERATION, 1);
    Atomics.notify(this.#words, GENERATION);
  }

  #note(message: string): void {
    // Encoded into another array first: encodeInto refuses shared memory in some runtimes.
    const bytes = new TextEncoder().encode(message).subarray(0, this.#message.length);
    this.#message.set(bytes);
    this.#words[MESSAGE_LENGTH] = bytes.length;
  }
}
