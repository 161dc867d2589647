import { MarqueeError } from '../../../shared/errors.ts';

const PAGE = 1 << 16;
/** 4 GB: what a 32-bit address reaches. */
const MAXIMUM_PAGES = 1 << 16;
const GROWTH = 16 * PAGE;
/** A cache line, so that no two tensors share one. */
const ALIGNMENT = 64;

interface MemoryBlock {
  start: number;
  end: number; // exclusive
}

/**
 * One shared WebAssembly.Memory and its allocator. Free blocks are listed by address, neighbours merged; an allocation takes
 * the first that fits, or grows the memory at its end.
 *
 * Growth replaces `memory.buffer`, so views are made when they are used and never kept. Threads other than the main one hold
 * no views, only addresses.
 */
export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  #free: MemoryBlock[] = [];
  #sizes = new Map<number, number>();
  /** First byte that no block holds. The first page stays empty, so that no address is 0. */
  #top = PAGE;
  /** Bytes from here on were never allocated and are zero. */
  #touched = PAGE;

  constructor(initialPages = 16) {
    this.memory = new WebAssembly.Memory({ initial: initialPages, maximum: MAXIMUM_PAGES, shared: true });
  }

  /** Address of `bytes` bytes of unknown content. */
  allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const at = this.#free.findIndex(({ start, end }) => end - start >= size);
    let start = this.#top;
    if (at >= 0) {
      const block = this.#free[at];
      start = block.start;
      block.start += size;
      if (block.start === block.end) this.#free.splice(at, 1);
    } else {
      this.#grow(start + size, bytes);
      this.#top = start + size;
    }
    this.#sizes.set(start, size);
    return start;
  }

  /** Address of `bytes` zero bytes. */
  allocateZeros(bytes: number): number {
    const touched = this.#touched;
    const start = this.allocate(bytes);
    const used = Math.min(bytes, touched - start);
    if (used > 0) new Uint8Array(this.memory.buffer, start, used).fill(0);
    return start;
  }

  release(start: number): void {
    const size = this.#sizes.get(start);
    if (size === undefined)
      throw new MarqueeError('internal', `nothing was allocated at ${start}, or it was freed before`);
    this.#sizes.delete(start);
    let at = this.#free.findIndex((block) => block.start > start);
    if (at < 0) at = this.#free.length;
    const block = { start, end: start + size };
    const next = this.#free[at];
    if (next?.start === block.end) {
      block.end = next.end;
      this.#free.splice(at, 1);
    }
    const previous = this.#free[at - 1];
    if (previous?.end === block.start) {
      block.start = previous.start;
      this.#free.splice(--at, 1);
    }
    if (block.end === this.#top) this.#top = block.start;
    else this.#free.splice(at, 0, block);
  }

  floats(start: number, length: number): Float32Array<SharedArrayBuffer> {
    return new Float32Array(this.#buffer(), start, length);
  }

  doubles(start: number, length: number): Float64Array<SharedArrayBuffer> {
    return new Float64Array(this.#buffer(), start, length);
  }

  integers(start: number, length: number): Int32Array<SharedArrayBuffer> {
    return new Int32Array(this.#buffer(), start, length);
  }

  #buffer(): SharedArrayBuffer {
    return this.memory.buffer as unknown as SharedArrayBuffer;
  }

  #grow(end: number, wanted: number): void {
    const missing = end - this.memory.buffer.byteLength;
    try {
      if (end > MAXIMUM_PAGES * PAGE) throw new RangeError('beyond 4 GB');
      if (missing > 0) {
        const room = MAXIMUM_PAGES - this.memory.buffer.byteLength / PAGE;
        this.memory.grow(Math.min(room, (Math.ceil(missing / GROWTH) * GROWTH) / PAGE));
      }
    } catch (cause) {
      const megabytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
      throw new MarqueeError(
        'out-of-memory',
        `the wasm engine wants ${megabytes(wanted)} MB more beside the ${megabytes(this.#top)} MB it has; its limit is 4096 MB`,
        {
          fix: 'Use fewer factors, fewer ratings, or the webgpu engine.',
          details: { wantedBytes: wanted, usedBytes: this.#top },
          cause,
        },
      );
    }
    this.#touched = Math.max(this.#touched, end);
  }
}
