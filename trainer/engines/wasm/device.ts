import type { WasmMemory } from './memory.ts';
import type { WasmThreads } from './threads.ts';

/** What operations compute with: one shared memory, and threads that run kernels over it. */
export interface WasmDevice {
  readonly memory: WasmMemory;
  readonly threads: WasmThreads;
}

/** total += each of the parts, in order. */
export function addParts(parts: Float32Array | Float64Array, total: Float64Array): void {
  const width = total.length;
  for (let start = 0; start < parts.length; start += width) {
    for (let k = 0; k < width; k++) total[k] += parts[start + k];
  }
}

/** A kernel that leaves `width` float64 sums for each of its `chunks`. */
export interface ChunkSums {
  readonly kernel: string;
  readonly chunks: number;
  readonly width: number;
  readonly scratch?: number;
  /** The kernel's arguments, given the address of the sums. */
  readonly args: (sums: number) => readonly number[];
}

/** Runs such a kernel and adds its sums over the chunks, in order, to `total`: (width). */
export function chunkSums(
  { memory, threads }: WasmDevice,
  { kernel, chunks, width, scratch, args }: ChunkSums,
  total = new Float64Array(width),
): Float64Array {
  const sums = memory.allocate(chunks * width * 8);
  threads.run(kernel, { items: chunks, chunk: 1, scratch }, args(sums));
  addParts(memory.doubles(sums, chunks * width), total);
  memory.release(sums);
  return total;
}
