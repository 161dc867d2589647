import { MarqueeError } from '../../../shared/errors.ts';
import type { SparseRows } from '../../math/sparse.ts';
import type { Sparse, Tensor } from '../engine.ts';
import { ALIGNMENT, type Binding, type Memory, megabytes, type WebgpuDevice } from './device.ts';
import { type JobPlan, type PlanLimits, planJobs } from './jobs.ts';

/** Floats on the GPU; without memory once freed. */
export interface WebgpuTensor extends Tensor {
  memory: Memory | undefined;
}

/** Entries (column, value) by rows, and the ways that operations have cut them into jobs. */
export interface WebgpuSparse extends Sparse {
  readonly offsets: Int32Array; // (rows + 1)
  readonly table: Memory; // (entries) of two words
  readonly plans: Map<string, { plan: JobPlan; jobs: Memory }>;
}

/** Floats `first` … of a binding: bindings start at multiples of 64 floats. */
export interface Range {
  readonly binding: Binding;
  readonly first: number;
}

/** Memory of a tensor that must hold `length` floats: a kernel would miss the rest of a shorter one in silence. */
export function memoryOf(tensor: Tensor, length: number): Memory {
  const { memory } = tensor as WebgpuTensor;
  if (!memory) throw new MarqueeError('internal', 'a tensor is used after it was freed, or is of another engine');
  if (tensor.length !== length) {
    throw new MarqueeError('internal', `got a tensor of ${tensor.length} values, expected ${length}`);
  }
  return memory;
}

/** `count` words of four bytes from `first` on. */
export function range(device: WebgpuDevice, memory: Memory, first: number, count: number): Range {
  const offset = Math.floor((first * 4) / ALIGNMENT) * ALIGNMENT;
  const bytes = Math.max(16, Math.ceil(((first + count) * 4 - offset) / 16) * 16);
  if (bytes > device.maxBinding) {
    throw new MarqueeError('out-of-memory', `a kernel needs ${megabytes(bytes)} of one tensor at once`, {
      fix: `${device.name} lets it see ${megabytes(device.maxBinding)}. Use fewer factors or movies, or --engine wasm.`,
    });
  }
  return { binding: { memory, offset, bytes }, first: first - offset / 4 };
}

/** Rows of a (·, width) matrix; `firstRow` a multiple of 64. */
export function rowRange(device: WebgpuDevice, memory: Memory, width: number, firstRow: number, rows: number): Binding {
  return range(device, memory, firstRow * width, rows * width).binding;
}

/** Rows of `width` floats that fit one binding, a multiple of 64. */
export function rowsOfBinding(device: WebgpuDevice, width: number): number {
  const rows = Math.floor(device.maxBinding / (4 * width * 64)) * 64;
  if (rows > 0) return rows;
  throw new MarqueeError('out-of-memory', `a kernel needs ${megabytes(64 * width * 4)} of one tensor at once`, {
    fix: `${device.name} lets it see ${megabytes(device.maxBinding)}. Use fewer factors, or --engine wasm.`,
  });
}

/** [first, end) of parts of `rows` rows, none longer than `most`; one empty part where there are none. */
export function panelsOf(rows: number, most: number): [number, number][] {
  const count = Math.max(1, Math.ceil(rows / most));
  return Array.from({ length: count }, (_, k) => [k * most, Math.min(rows, (k + 1) * most)]);
}

const COPIED = 1 << 22; // entries at a time

export function placeSparse(device: WebgpuDevice, matrix: SparseRows): WebgpuSparse {
  const { rows, columns, offsets, indices, values } = matrix;
  const table = device.allocate(indices.length * 8);
  const words = new Uint32Array(2 * Math.min(COPIED, indices.length));
  const floats = new Float32Array(words.buffer);
  for (let from = 0; from < indices.length; from += COPIED) {
    const count = Math.min(COPIED, indices.length - from);
    for (let k = 0; k < count; k++) {
      words[2 * k] = indices[from + k];
      floats[2 * k + 1] = values[from + k];
    }
    device.write(table, from * 8, words.subarray(0, 2 * count));
  }
  return { rows, columns, entries: indices.length, offsets, table, plans: new Map() };
}

export function releaseSparse(device: WebgpuDevice, { table, plans }: WebgpuSparse): void {
  for (const memory of [table, ...Array.from(plans.values(), ({ jobs }) => jobs)]) device.release(memory);
}

/** The jobs of a sparse matrix under some limits, made once. */
export function plannedJobs(
  device: WebgpuDevice,
  sparse: WebgpuSparse,
  limits: PlanLimits,
): { plan: JobPlan; jobs: Memory } {
  const { sectionRows, sectionEntries, slots, direct } = limits;
  // A matrix of the first rows of another may share its table and plans.
  const key = [sparse.rows, Math.min(sectionRows, sparse.rows), sectionEntries, slots, direct].join();
  let known = sparse.plans.get(key);
  if (!known) {
    const plan = planJobs(sparse.offsets, limits);
    const jobs = device.allocate(plan.words.byteLength);
    device.write(jobs, 0, plan.words);
    known = { plan, jobs };
    sparse.plans.set(key, known);
  }
  return known;
}
