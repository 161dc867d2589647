import { notPositive } from '../../../shared/math/linalg.ts';
import type { SparseRows } from '../../math/sparse.ts';
import { covarianceLength, type ImplicitPrior, type SolveRows, type Tensor } from '../engine.ts';
import { addParts, type WasmDevice } from './device.ts';
import type { PlacedRows, WasmSparse } from './placed-rows.ts';
import { addressOf as at } from './tensors.ts';

/** Rows that a thread takes at a time where they are solved, and where they are sums of others. */
const SOLVED_ROWS = 4;
const PRODUCT_ROWS = 64;

/** Runs a kernel over the parts of some rows of a sparse matrix, for tables of rows of width S. */
function runParts(
  { threads }: WasmDevice,
  kernel: string,
  placed: PlacedRows,
  S: number,
  args: readonly number[],
): void {
  const { partCount, longestPart, parts, order, offsets, indices } = placed;
  const cut = { items: partCount, chunk: 1, scratch: threads.scratchFor('gather', longestPart, S) };
  threads.run(kernel, cut, [parts, order, offsets, indices, ...args, S]);
}

export function solveRows(device: WasmDevice, args: SolveRows): void {
  const { memory, threads } = device;
  const { side, other, tau } = args;
  const sparse = args.ratings as WasmSparse;
  const S = side.width;
  const tables = [side.means, side.variances, side.priorMeans].map((tensor) => at(tensor, sparse.rows * S));
  const g = at(other.means, sparse.columns * S);
  const prior = scaledPrecision(device, side.precision, S, tau);
  const scratch = threads.scratchFor('solveRows', S);
  let rejected = 0;
  for (const placed of sparse.blocks(true)) {
    const covariances = gatherSpreads(device, args, placed);
    const { rows, order, offsets, indices, values } = placed;
    const [means, variances, priorMeans] = tables.map((table) => table + placed.from * S * 4);
    const posterior = [means, variances, covariances, priorMeans, prior];
    const cut = { items: rows, chunk: SOLVED_ROWS, scratch };
    rejected += threads.run('solveRows', cut, [order, offsets, indices, values, ...posterior, g, tau, S]);
  }
  memory.release(prior);
  if (rejected > 0) throw notPositive();
}

/**
 * side's variances ← sums of the other side's; where both sides keep covariances, side's covariances ← sums of the other's.
 * Both for the placed rows.
 *
 * @returns address of the rows' covariances, 0 where the side has none
 */
function gatherSpreads(device: WasmDevice, { ratings, side, other }: SolveRows, placed: PlacedRows): number {
  const { rows, columns } = ratings;
  const S = side.width;
  if (!side.covariances || !other.covariances) {
    const [sums, variances] = [at(side.variances, rows * S), at(other.variances, columns * S)];
    runParts(device, 'gather', placed, S, [variances, columns, sums + placed.from * S * 4]);
    return 0;
  }
  const length = covarianceLength(S);
  const [all, covariances] = [at(side.covariances, rows * length), at(other.covariances, columns * length)];
  const sums = all + placed.from * length * 4;
  runParts(device, 'gather', placed, length, [covariances, columns, sums]);
  return sums;
}

/** Address of Λ / τ with zero columns behind, (S, S + 8). */
function scaledPrecision({ memory }: WasmDevice, precision: Tensor, S: number, tau: number): number {
  const step = S + 8;
  const scaled = memory.allocateZeros(S * step * 4);
  const out = memory.floats(scaled, S * step);
  const values = memory.floats(at(precision, S * S), S * S);
  for (let x = 0; x < S; x++) for (let y = 0; y < S; y++) out[x * step + y] = values[x * S + y] / tau;
  return scaled;
}

export function project(device: WasmDevice, prior: ImplicitPrior, v: Tensor, out: Tensor): void {
  const { pattern, scale, features, featureCount: P, width: S } = prior;
  const { rows, columns } = pattern;
  const [X, D] = [at(scale, rows), at(features, rows * P)];
  const [V, O] = [at(v, (columns + P) * S), at(out, rows * S)];
  for (const placed of (pattern as WasmSparse).blocks(false)) {
    const [scales, dense, sums] = [X + placed.from * 4, D + placed.from * P * 4, O + placed.from * S * 4];
    runParts(device, 'project', placed, S, [scales, dense, P, V, columns, sums]);
  }
}

export function backproject(
  device: WasmDevice,
  prior: ImplicitPrior,
  t: Tensor,
  ridge: number,
  v: Tensor,
  out: Tensor,
) {
  const { memory, threads } = device;
  const { pattern, transposed, scale, features, featureCount: P, width: S } = prior;
  const { rows, columns } = pattern;
  const [X, D] = [at(scale, rows), at(features, rows * P)];
  const [T, V, O] = [at(t, rows * S), at(v, (columns + P) * S), at(out, (columns + P) * S)];
  const scaled = memory.allocate(rows * S * 4);
  const chunks = Math.ceil(rows / threads.size('SUMMED_ROWS'));
  const sums = memory.allocate(chunks * P * S * 4);
  threads.run('scaleRows', { items: chunks, chunk: 1 }, [T, rows, X, D, P, scaled, sums, S]);
  const dense = Float64Array.from(memory.floats(V + columns * S * 4, P * S), (value) => ridge * value);
  addParts(memory.floats(sums, chunks * P * S), dense);
  for (const placed of (transposed as WasmSparse).blocks(false)) {
    const first = placed.from * S * 4;
    runParts(device, 'gatherScaled', placed, S, [scaled, rows, ridge, V + first, O + first]);
  }
  memory.floats(O + columns * S * 4, P * S).set(dense);
  memory.release(sums);
  memory.release(scaled);
}

export function multiplySparse(
  { memory, threads }: WasmDevice,
  a: SparseRows,
  b: Tensor,
  out: Tensor,
  c: number,
): void {
  const { rows, columns, offsets, indices, values } = a;
  const [B, O] = [at(b, columns * c), at(out, rows * c)];
  const [starts, entries, weights] = [rows + 1, indices.length, values.length].map((n) => memory.allocate(n * 4));
  memory.integers(starts, rows + 1).set(offsets);
  memory.integers(entries, indices.length).set(indices);
  memory.floats(weights, values.length).set(values);
  threads.run('multiplySparse', { items: rows, chunk: PRODUCT_ROWS }, [starts, entries, weights, B, O, c]);
  for (const address of [starts, entries, weights]) memory.release(address);
}
