import { notPositive } from '../../../shared/math/linalg.ts';
import type { SparseRows } from '../../math/sparse.ts';
import { covarianceLength, type ImplicitPrior, type SolveRows, type Tensor } from '../engine.ts';
import { addParts, type WasmDevice } from './device.ts';
import { addressOf as at, type WasmSparse } from './tensors.ts';

/** Rows that a thread takes at a time where they are solved, and where they are sums of others. */
const SOLVED_ROWS = 4;
const PRODUCT_ROWS = 64;

/** Runs a kernel over the parts of a sparse matrix, for tables of rows of width S. */
function runParts(
  { threads }: WasmDevice,
  kernel: string,
  sparse: WasmSparse,
  S: number,
  args: readonly number[],
): void {
  const { partCount, longestPart, parts, order, offsets, indices } = sparse;
  const cut = { items: partCount, chunk: 1, scratch: threads.scratchFor('gather', longestPart, S) };
  threads.run(kernel, cut, [parts, order, offsets, indices, ...args, S]);
}

export function solveRows(device: WasmDevice, args: SolveRows): void {
  const { memory, threads } = device;
  const { side, other, tau } = args;
  const { rows, columns, order, offsets, indices, values } = args.ratings as WasmSparse;
  const S = side.width;
  const [means, variances, priorMeans] = [side.means, side.variances, side.priorMeans].map((tensor) => {
    return at(tensor, rows * S);
  });
  const g = at(other.means, columns * S);
  const covariances = gatherSpreads(device, args);
  const prior = scaledPrecision(device, side.precision, S, tau);
  const cut = { items: rows, chunk: SOLVED_ROWS, scratch: threads.scratchFor('solveRows', S) };
  const ratings = [order, offsets, indices, values];
  const posterior = [means, variances, covariances, priorMeans, prior];
  const rejected = threads.run('solveRows', cut, [...ratings, ...posterior, g, tau, S]);
  memory.release(prior);
  if (rejected > 0) throw notPositive();
}

/**
 * side's variances ← sums of the other side's; where both sides keep covariances, side's covariances ← sums of the other's.
 *
 * @returns address of the side's covariances, 0 where it has none
 */
function gatherSpreads(device: WasmDevice, { ratings, side, other }: SolveRows): number {
  const { rows, columns } = ratings;
  const sparse = ratings as WasmSparse;
  const S = side.width;
  if (!side.covariances || !other.covariances) {
    const [sums, variances] = [at(side.variances, rows * S), at(other.variances, columns * S)];
    runParts(device, 'gather', sparse, S, [variances, columns, sums]);
    return 0;
  }
  const length = covarianceLength(S);
  const [sums, covariances] = [at(side.covariances, rows * length), at(other.covariances, columns * length)];
  runParts(device, 'gather', sparse, length, [covariances, columns, sums]);
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
  runParts(device, 'project', pattern as WasmSparse, S, [X, D, P, V, columns, O]);
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
  runParts(device, 'gatherScaled', transposed as WasmSparse, S, [scaled, rows, ridge, V, O]);
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
