import { MarqueeError } from '../../../shared/errors.ts';
import { longestFirst, longestRow, type SparseRows, transpose } from '../../math/sparse.ts';
import type { Sparse, Tensor } from '../engine.ts';
import type { WasmMemory } from './memory.ts';

/** Floats at an address of the shared memory; 0 once freed. */
export interface WasmTensor extends Tensor {
  address: number;
}

/** Addresses of a sparse matrix by rows, and of its rows in order of work, cut into parts. */
export interface WasmSparse extends Sparse {
  readonly offsets: number; // (rows + 1) int32
  readonly indices: number; // (entries) int32
  readonly values: number; // (entries) float32
  readonly order: number; // (rows) int32, longest first
  readonly parts: number; // (partCount + 1) int32: bounds in order
  readonly partCount: number;
  readonly longestPart: number; // rows
}

/** Parts of a sparse matrix for each thread: so many that the last ones end together, so few that each reuses a block. */
const PARTS = 12;

/** A tensor of zeros, or of the values given. */
export function newTensor(memory: WasmMemory, length: number, values?: ArrayLike<number>): WasmTensor {
  const tensor = { length, address: memory.allocateZeros(length * 4) };
  if (values) memory.floats(tensor.address, length).set(values);
  return tensor;
}

export function releaseTensor(memory: WasmMemory, tensor: Tensor): void {
  memory.release(addressOf(tensor, tensor.length));
  (tensor as WasmTensor).address = 0;
}

/** Address of a tensor that must hold `length` floats; a kernel would write past the end of a shorter one in silence. */
export function addressOf(tensor: Tensor, length: number): number {
  const { address } = tensor as WasmTensor;
  if (!(address > 0))
    throw new MarqueeError('internal', 'a tensor is used after it was freed, or is of another engine');
  if (tensor.length !== length) {
    throw new MarqueeError('internal', `got a tensor of ${tensor.length} values, expected ${length}`);
  }
  return address;
}

/** A view of a tensor, valid until memory grows. */
export function floatsOf(memory: WasmMemory, tensor: Tensor): Float32Array {
  return memory.floats(addressOf(tensor, tensor.length), tensor.length);
}

/** Copies a matrix into memory, its rows cut into parts for `threads` threads. */
export function placeSparse(memory: WasmMemory, matrix: SparseRows, threads: number): WasmSparse {
  // Where columns ascend in a row, gathers walk through a table once (gather.as.ts).
  const { rows, columns, offsets, indices, values } = columnsAscend(matrix) ? matrix : transpose(transpose(matrix));
  const copy = (words: Int32Array) => {
    const address = memory.allocate(words.length * 4);
    memory.integers(address, words.length).set(words);
    return address;
  };
  const order = longestFirst(offsets);
  const parts = equalParts(offsets, order, PARTS * threads);
  const valuesAt = memory.allocate(values.length * 4);
  memory.floats(valuesAt, values.length).set(values);
  return {
    rows,
    columns,
    entries: indices.length,
    offsets: copy(offsets),
    indices: copy(indices),
    values: valuesAt,
    order: copy(order),
    parts: copy(parts),
    partCount: parts.length - 1,
    longestPart: longestRow(parts),
  };
}

export function releaseSparse(memory: WasmMemory, matrix: Sparse): void {
  const { offsets, indices, values, order, parts } = matrix as WasmSparse;
  for (const address of [offsets, indices, values, order, parts]) memory.release(address);
}

function columnsAscend({ rows, offsets, indices }: SparseRows): boolean {
  for (let r = 0; r < rows; r++) {
    for (let k = offsets[r] + 1; k < offsets[r + 1]; k++) if (indices[k] < indices[k - 1]) return false;
  }
  return true;
}

/** What a row costs beside its entries, in entries. */
const ROW_COST = 8;

/** Bounds of parts of `order` that cost about the same: whole rows, none empty. */
function equalParts(offsets: Int32Array, order: Int32Array, count: number): Int32Array {
  const rows = order.length;
  const cost = (r: number) => offsets[r + 1] - offsets[r] + ROW_COST;
  const share = (offsets[rows] + rows * ROW_COST) / count;
  const bounds = [0];
  let sum = 0;
  for (let o = 0; o < rows; o++) {
    sum += cost(order[o]);
    if (sum >= share * bounds.length || o === rows - 1) bounds.push(o + 1);
  }
  return Int32Array.from(bounds);
}
