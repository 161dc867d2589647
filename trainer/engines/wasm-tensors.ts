import { MarqueeError } from '../../shared/errors.ts';
import type { Sparse, Tensor } from './engine.ts';

/** Floats at an address of the shared memory; 0 once freed. */
export interface WasmTensor extends Tensor {
  address: number;
}

/** Addresses of a sparse matrix by rows, and of its rows' order of work. */
export interface WasmSparse extends Sparse {
  readonly offsets: number; // (rows + 1) int32
  readonly indices: number; // (entries) int32
  readonly values: number; // (entries) float32
  readonly order: number; // (rows) int32, longest first
}

/** Address of a tensor that must hold `length` floats: a kernel would write past the end of a shorter one in silence. */
export function addressOf(tensor: Tensor, length: number): number {
  const { address } = tensor as WasmTensor;
  if (!(address > 0))
    throw new MarqueeError('internal', 'a tensor is used after it was freed, or is of another engine');
  if (tensor.length !== length) {
    throw new MarqueeError('internal', `got a tensor of ${tensor.length} values, expected ${length}`);
  }
  return address;
}

/** Rows by descending number of entries, equal ones by row: a counting sort. */
export function longestFirst(offsets: Int32Array): Int32Array {
  const rows = offsets.length - 1;
  let longest = 0;
  for (let r = 0; r < rows; r++) longest = Math.max(longest, offsets[r + 1] - offsets[r]);
  // next[n] is where the next row of longest − n entries goes.
  const next = new Int32Array(longest + 2);
  for (let r = 0; r < rows; r++) next[longest - (offsets[r + 1] - offsets[r]) + 1]++;
  for (let n = 0; n <= longest; n++) next[n + 1] += next[n];
  const order = new Int32Array(rows);
  for (let r = 0; r < rows; r++) order[next[longest - (offsets[r + 1] - offsets[r])]++] = r;
  return order;
}
