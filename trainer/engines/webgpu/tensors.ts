import { MarqueeError } from '../../../shared/errors.ts';
import type { SparseRows } from '../../math/sparse.ts';
import type { Sparse, Tensor } from '../engine.ts';
import { ALIGNMENT, type Binding, type Memory, megabytes } from './buffers.ts';
import type { WebgpuDevice } from './device.ts';
import { type JobPlan, type PlanLimits, planJobs } from './jobs.ts';

/** Floats on the GPU; `memory` is undefined once freed. */
export interface WebgpuTensor extends Tensor {
  memory: Memory | undefined;
}

/** Entries (column, value) by rows, and the plans of jobs that operations made for them. */
export interface WebgpuSparse extends Sparse {
  readonly offsets: Int32Array; // (rows + 1)
  readonly table: Memory; // (entries) of two words
  readonly plans: Map<string, { plan: JobPlan; jobs: Memory }>;
}

/** A binding and the float in it where a range begins: bindings themselves start at multiples of 64 floats. */
export interface Range {
  readonly binding: Binding;
  readonly first: number;
}

/** Values that are converted to float32 at a time: a converted copy of a large array would double its memory. */
const CONVERTED = 1 << 22;

/** A tensor of zeros, or of the values given. */
export function newTensor(device: WebgpuDevice, length: number, values?: ArrayLike<number>): WebgpuTensor {
  const tensor = { length, memory: device.allocateZeros(length * 4) };
  if (values) writeTensor(device, tensor, values);
  return tensor;
}

export function writeTensor(device: WebgpuDevice, tensor: Tensor, values: ArrayLike<number>): void {
  if (values.length > tensor.length) throw new MarqueeError('internal', `${values.length} values do not fit`);
  const memory = memoryOf(tensor, tensor.length);
  if (values instanceof Float32Array) {
    device.write(memory, 0, values);
    return;
  }
  for (let from = 0; from < values.length; from += CONVERTED) {
    const piece = new Float32Array(Math.min(CONVERTED, values.length - from));
    for (let k = 0; k < piece.length; k++) piece[k] = values[from + k];
    device.write(memory, from * 4, piece);
  }
}

export function releaseTensor(device: WebgpuDevice, tensor: Tensor): void {
  device.release(memoryOf(tensor, tensor.length));
  (tensor as WebgpuTensor).memory = undefined;
}

/** Memory of a tensor that must hold `length` floats; a kernel would ignore the end of a shorter one in silence. */
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

/** [first, end) of panels that cover `rows` rows, none longer than `most`; one empty panel where there are no rows. */
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

export function releaseSparse(device: WebgpuDevice, matrix: Sparse): void {
  const { table, plans } = matrix as WebgpuSparse;
  for (const memory of [table, ...Array.from(plans.values(), ({ jobs }) => jobs)]) device.release(memory);
}

/** The jobs of a sparse matrix for some limits, planned once. */
export function plannedJobs(
  device: WebgpuDevice,
  sparse: WebgpuSparse,
  limits: PlanLimits,
): { plan: JobPlan; jobs: Memory } {
  const { sectionRows, sectionEntries, slots, direct } = limits;
  const key = [Math.min(sectionRows, sparse.rows), sectionEntries, slots, direct].join();
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
