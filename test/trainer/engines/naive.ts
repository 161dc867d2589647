import { weightsOfHistory } from '../../../shared/model/history.ts';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import type { NextTarget, TrainingRows } from '../../../trainer/engines/history-moments.ts';
import type { SparseRows } from '../../../trainer/math/sparse.ts';

/**
 * What the engines compute, written again: float64, one formula a function, Gauss-Jordan elimination instead of Cholesky.
 * Matrices are arrays of rows.
 */
export type Matrix = number[][];

export function rowsOf(flat: ArrayLike<number>, width: number): Matrix {
  const rows: Matrix = [];
  for (let at = 0; at < flat.length; at += width) {
    const row = new Array<number>(width);
    for (let x = 0; x < width; x++) row[x] = flat[at + x];
    rows.push(row);
  }
  return rows;
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
};

const column = (a: Matrix, x: number): number[] => a.map((row) => row[x]);
export const transposed = (a: Matrix): Matrix => a[0].map((_, x) => column(a, x));

export function times(a: Matrix, b: Matrix): Matrix {
  const columns = transposed(b);
  return a.map((row) => columns.map((other) => dot(row, other)));
}

/** (n, m) by (m, c), of rows that lie one after the other. */
export function product(a: ArrayLike<number>, b: ArrayLike<number>, n: number, m: number, c: number): Float64Array {
  const out = new Float64Array(n * c);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < m; k++) {
      for (let j = 0; j < c; j++) out[i * c + j] += a[i * m + k] * b[k * c + j];
    }
  }
  return out;
}

/** Gauss and Jordan with the largest pivot. */
export function inverse(a: Matrix): Matrix {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[best][k])) best = i;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    const pivot = rows[k];
    const scale = pivot[k];
    for (let j = k; j < 2 * n; j++) pivot[j] /= scale;
    for (let i = 0; i < n; i++) {
      const factor = rows[i][k];
      if (i === k || factor === 0) continue;
      for (let j = k; j < 2 * n; j++) rows[i][j] -= factor * pivot[j];
    }
  }
  return rows.map((row) => row.slice(n));
}

/** Mean and variances of one row's posterior: formula of `SolveRows`. */
export function posterior(
  entries: { column: number; value: number }[],
  other: { means: Matrix; variances: Matrix; covariances?: Matrix[] },
  precision: Matrix,
  priorMean: number[],
  tau: number,
): { mean: number[]; variances: number[]; covariance: Matrix } {
  const S = priorMean.length;
  const A = precision.map((row) => [...row]);
  const b = precision.map((row) => dot(row, priorMean));
  for (const { column, value } of entries) {
    const g = other.means[column];
    const f = [...g.slice(0, S - 1), 1];
    const spread = (x: number, y: number) =>
      other.covariances?.[column][x][y] ?? (x === y ? other.variances[column][x] : 0);
    for (let x = 0; x < S; x++) {
      b[x] += tau * f[x] * (value - g[S - 1]);
      for (let y = 0; y < S; y++) A[x][y] += tau * f[x] * f[y];
      if (x === S - 1) continue;
      for (let y = 0; y < S - 1; y++) A[x][y] += tau * spread(x, y);
      b[x] -= tau * spread(x, S - 1);
    }
  }
  const covariance = inverse(A);
  return { mean: covariance.map((row) => dot(row, b)), variances: covariance.map((row, x) => row[x]), covariance };
}

/** Upper triangle by rows, row i from column i & ~3 on: how engines keep a covariance. */
export const packUpper = (a: Matrix): number[] => a.flatMap((row, i) => row.slice(i & ~3));

export function entriesOf({ offsets, indices, values }: SparseRows, r: number): { column: number; value: number }[] {
  const entries = [];
  for (let k = offsets[r]; k < offsets[r + 1]; k++) entries.push({ column: indices[k], value: values[k] });
  return entries;
}

/** Numbers of an implicit prior: X = [diag(scale) · pattern, features]. */
export interface PriorNumbers {
  readonly pattern: SparseRows; // (R, C)
  readonly scale: ArrayLike<number>; // (R)
  readonly features: Matrix; // (R, P)
}

/** Entry by entry: `add` is told of every element of X that is not a zero of the pattern. */
function eachElement(
  { pattern, scale, features }: PriorNumbers,
  add: (r: number, c: number, value: number) => void,
): void {
  features.forEach((dense, r) => {
    for (const { column } of entriesOf(pattern, r)) add(r, column, scale[r]);
    dense.forEach((value, k) => {
      add(r, pattern.columns + k, value);
    });
  });
}

const zeros = (rows: number, width: number): Matrix => Array.from({ length: rows }, () => new Array(width).fill(0));

/** X V. */
export function project(prior: PriorNumbers, v: Matrix): Matrix {
  const out = zeros(prior.pattern.rows, v[0].length);
  eachElement(prior, (r, c, value) => {
    for (let x = 0; x < out[r].length; x++) out[r][x] += value * v[c][x];
  });
  return out;
}

/** Xᵀ T. */
export function backproject(prior: PriorNumbers, t: Matrix): Matrix {
  const out = zeros(prior.pattern.columns + prior.features[0].length, t[0].length);
  eachElement(prior, (r, c, value) => {
    for (let x = 0; x < out[c].length; x++) out[c][x] += value * t[r][x];
  });
  return out;
}

/** Second moments of the next-watch rows, every row (x, y) written out. */
export function moments(
  sequences: SparseRows,
  scales: readonly HistoryWeights[],
  targets: readonly NextTarget[],
  rows: TrainingRows,
) {
  const M = sequences.columns;
  const P = scales.length * M;
  const [xx, xy, likes] = [zeros(P, P), targets.map(() => zeros(P, M)), zeros(M, M)];
  const addOuter = (out: Matrix, a: ArrayLike<number>, b: ArrayLike<number>) => {
    for (let i = 0; i < out.length; i++) for (let j = 0; a[i] !== 0 && j < b.length; j++) out[i][j] += a[i] * b[j];
  };
  for (let u = 0; u < sequences.rows; u++) {
    const sequence = entriesOf(sequences, u);
    const starsFrom = (likeFrom: number, from: number, to: number) => {
      const counts = new Array<number>(M).fill(0);
      for (const { column, value } of sequence.slice(from, to)) if (column >= 0 && value >= likeFrom) counts[column]++;
      return counts;
    };
    const liked = starsFrom(rows.likeFrom, 0, sequence.length);
    addOuter(likes, liked, liked);
    for (let t = rows.first; t < sequence.length; t += rows.step) {
      const stars = sequence.slice(0, t).map(({ value }) => value);
      const x = scales.flatMap((weights) => {
        const slots = new Array<number>(M).fill(0);
        weightsOfHistory(stars, weights).forEach((weight, j) => {
          if (sequence[j].column >= 0) slots[sequence[j].column] += weight;
        });
        return slots;
      });
      addOuter(xx, x, x);
      targets.forEach(({ likeFrom, window, windowShare }, at) => {
        const asked = starsFrom(likeFrom, t, t + Math.max(window, Math.floor(t * windowShare)));
        const norm = Math.sqrt(asked.reduce((sum, value) => sum + value, 0)) || 1;
        const y = asked.map((value) => value / norm);
        addOuter(xy[at], x, y);
      });
    }
  }
  return { xx, xy, likes };
}
