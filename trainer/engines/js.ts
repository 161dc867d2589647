import {
  factorSymmetric,
  inverseFromCholesky,
  solveLower,
  solveLowerTransposed,
  solveSymmetric,
} from '../../shared/math/linalg.ts';
import type { SparseRows } from '../math/sparse.ts';
import {
  covarianceLength,
  type Engine,
  type EngineMemory,
  type ErrorSums,
  type ImplicitPrior,
  type SideTensors,
  type SolveRows,
  type Sparse,
  type Tensor,
} from './engine.ts';
import { heldRows } from './held-rows.ts';
import { historyMoments } from './history-moments.ts';

interface JsTensor extends Tensor {
  readonly data: Float64Array;
}
interface JsSparse extends Sparse {
  readonly matrix: SparseRows;
}

const data = (tensor: Tensor): Float64Array => (tensor as JsTensor).data;
const matrixOf = (sparse: Sparse): SparseRows => (sparse as JsSparse).matrix;

/** Sparse matrices are the caller's own; only their centred values are new. */
export const JS_MEMORY: EngineMemory = {
  place: 'heap',
  number: Float64Array.BYTES_PER_ELEMENT,
  passing: 2,
  sparse: (N) => 2 * N * Float32Array.BYTES_PER_ELEMENT,
  sparseCopies: () => 0,
  histories: () => 0,
  uploads: () => 0,
};

/** The reference: plain loops in float64, against which the tests hold every other engine. */
export function jsEngine(): Engine {
  return {
    name: 'js',
    device: '1 thread, float64',
    tensor: (length, values) => {
      const tensor: JsTensor = { length, data: new Float64Array(length) };
      if (values) tensor.data.set(values);
      return tensor;
    },
    sparse: (given) => {
      const matrix = heldRows(given, 'js');
      const { rows, columns } = matrix;
      const sparse: JsSparse = { rows, columns, entries: matrix.indices.length, matrix };
      return sparse;
    },
    write: (tensor, values) => data(tensor).set(values),
    read: async (tensor) => data(tensor).slice(),
    free: () => {},
    freeSparse: () => {},
    close: async () => {},
    solveRows,
    project,
    backproject,
    columnDots,
    columnStep,
    columnRedirect,
    priorPrecision,
    expectedSquaredError: async (ratings, side, other) => expectedSquaredError(ratings, side, other),
    errors: async (ratings, side, other, low, high) => errors(ratings, side, other, low, high),
    historyMoments: async (sequences, scales, targets, rows) => {
      const { xx, xy, likes } = historyMoments(heldRows(sequences, 'js'), scales, targets, rows);
      const tensor = (values: Float64Array): JsTensor => ({ length: values.length, data: values });
      return { xx: tensor(xx), xy: xy.map(tensor), likes: tensor(likes) };
    },
    add: (y, factor, x, count) => {
      const [Y, X] = [data(y), data(x)];
      for (let k = 0; k < count; k++) Y[k] += factor * X[k];
    },
    divideRows: (x, c, d) => {
      const [X, D] = [data(x), data(d)];
      for (let k = 0; k < X.length; k++) X[k] /= D[Math.floor(k / c)];
    },
    addDiagonal: (a, n, value) => {
      for (let i = 0; i < n; i++) data(a)[i * (n + 1)] += value;
    },
    cholesky: async (a, n) => factorSymmetric(data(a), n),
    triangularSolve,
    multiply,
    multiplySparse,
    inverseDiagonal,
  };
}

function solveRows({ ratings, side, other, tau }: SolveRows): void {
  const { offsets, indices, values } = matrixOf(ratings);
  const S = side.width;
  const [g, gVar, precision, priorMeans] = [other.means, other.variances, side.precision, side.priorMeans].map(data);
  const [means, variances] = [data(side.means), data(side.variances)];
  const [covariances, others] = [side.covariances, other.covariances].map((tensor) => tensor && data(tensor));
  const normal = new Float64Array(S * S);
  const rhs = new Float64Array(S);
  const f = new Float64Array(S);
  for (let r = 0; r < side.rows; r++) {
    normal.fill(0);
    rhs.fill(0);
    for (let k = offsets[r]; others && k < offsets[r + 1]; k++) addCovariance(others, indices[k], S, normal, rhs);
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      const at = indices[k] * S;
      for (let x = 0; x < S - 1; x++) {
        f[x] = g[at + x];
        if (!others) normal[x * S + x] += gVar[at + x];
      }
      f[S - 1] = 1;
      const residual = values[k] - g[at + S - 1];
      for (let x = 0; x < S; x++) {
        const fx = f[x];
        rhs[x] += fx * residual;
        for (let y = 0, line = x * S; y <= x; y++) normal[line + y] += fx * f[y];
      }
    }
    for (let x = 0; x < S; x++) {
      let pull = 0;
      for (let y = 0; y < S; y++) pull += precision[x * S + y] * priorMeans[r * S + y];
      rhs[x] = tau * rhs[x] + pull;
      for (let y = 0; y <= x; y++) normal[x * S + y] = tau * normal[x * S + y] + precision[x * S + y];
    }
    solveSymmetric(normal, rhs, S);
    means.set(rhs, r * S);
    if (covariances) {
      const covariance = inverseFromCholesky(normal, S);
      for (let x = 0; x < S; x++) variances[r * S + x] = covariance[x * S + x];
      packUpper(covariance, S, covariances, r);
    } else {
      variances.set(inverseDiagonalOf(normal, S), r * S);
    }
  }
}

/** normal's lower triangle += row r's packed covariance without the bias's column, which is subtracted from rhs. */
function addCovariance(packed: Float64Array, r: number, S: number, normal: Float64Array, rhs: Float64Array): void {
  let at = r * covarianceLength(S);
  for (let x = 0; x < S; x++) {
    for (let y = x & ~3; y < S; y++, at++) {
      if (y < x || x === S - 1) continue;
      if (y === S - 1) rhs[x] -= packed[at];
      else normal[y * S + x] += packed[at];
    }
  }
}

/** Row r of `packed` ← the upper triangle of `full` (S, S), packed as `covarianceLength` says. */
function packUpper(full: Float64Array, S: number, packed: Float64Array, r: number): void {
  let at = r * covarianceLength(S);
  for (let x = 0; x < S; x++) for (let y = x & ~3; y < S; y++, at++) packed[at] = full[x * S + y];
}

/** diag((L Lᵀ)⁻¹) = column sums of squares of L⁻¹. */
function inverseDiagonalOf(l: Float64Array, n: number): Float64Array {
  const diagonal = new Float64Array(n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    // Column j of L⁻¹ is zero above row j.
    let sum = 0;
    for (let i = j; i < n; i++) {
      let value = i === j ? 1 : 0;
      for (let k = j; k < i; k++) value -= l[i * n + k] * column[k];
      column[i] = value / l[i * n + i];
      sum += column[i] * column[i];
    }
    diagonal[j] = sum;
  }
  return diagonal;
}

function project(prior: ImplicitPrior, v: Tensor, out: Tensor): void {
  const { offsets, indices } = matrixOf(prior.pattern);
  const { rows, columns } = prior.pattern;
  const S = prior.width;
  const P = prior.featureCount;
  const [V, O, scale, features] = [v, out, prior.scale, prior.features].map(data);
  for (let r = 0; r < rows; r++) {
    const line = O.subarray(r * S, (r + 1) * S).fill(0);
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      for (let x = 0, at = indices[k] * S; x < S; x++, at++) line[x] += V[at];
    }
    for (let x = 0; x < S; x++) {
      line[x] *= scale[r];
      for (let c = 0; c < P; c++) line[x] += features[r * P + c] * V[(columns + c) * S + x];
    }
  }
}

function backproject(prior: ImplicitPrior, t: Tensor, ridge: number, v: Tensor, out: Tensor): void {
  const { offsets, indices } = matrixOf(prior.transposed);
  const { rows, columns } = prior.pattern;
  const S = prior.width;
  const P = prior.featureCount;
  const [T, V, O, scale, features] = [t, v, out, prior.scale, prior.features].map(data);
  for (let k = 0; k < O.length; k++) O[k] = ridge * V[k];
  for (let c = 0; c < columns; c++) {
    for (let k = offsets[c]; k < offsets[c + 1]; k++) {
      const r = indices[k];
      for (let x = 0; x < S; x++) O[c * S + x] += scale[r] * T[r * S + x];
    }
  }
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < P; c++) {
      for (let x = 0; x < S; x++) O[(columns + c) * S + x] += features[r * P + c] * T[r * S + x];
    }
  }
}

function columnDots(a: Tensor, b: Tensor, out: Tensor): void {
  const [A, B, O] = [a, b, out].map(data);
  O.fill(0);
  for (let k = 0; k < A.length; k++) O[k % O.length] += A[k] * B[k];
}

const quotient = (numerator: number, denominator: number) => (denominator === 0 ? 0 : numerator / denominator);

function columnStep(y: Tensor, x: Tensor, sign: 1 | -1, numerator: Tensor, denominator: Tensor): void {
  const [Y, X, N, D] = [y, x, numerator, denominator].map(data);
  const factor = N.map((value, column) => sign * quotient(value, D[column]));
  for (let k = 0; k < Y.length; k++) Y[k] += factor[k % N.length] * X[k];
}

function columnRedirect(x: Tensor, r: Tensor, numerator: Tensor, denominator: Tensor): void {
  const [X, R, N, D] = [x, r, numerator, denominator].map(data);
  const factor = N.map((value, column) => quotient(value, D[column]));
  for (let k = 0; k < X.length; k++) X[k] = R[k] + factor[k % N.length] * X[k];
}

function priorPrecision(side: SideTensors, weights: Tensor, penalty: number, out: Tensor): void {
  const { rows, width: S } = side;
  const [means, priorMeans, variances, W] = [side.means, side.priorMeans, side.variances, weights].map(data);
  const scatter = new Float64Array(S * S);
  const d = new Float64Array(S);
  for (let r = 0; r < rows; r++) {
    for (let x = 0; x < S; x++) {
      d[x] = means[r * S + x] - priorMeans[r * S + x];
      scatter[x * S + x] += variances[r * S + x];
    }
    for (let x = 0; x < S; x++) for (let y = 0; y <= x; y++) scatter[x * S + y] += d[x] * d[y];
  }
  for (let at = 0; at < W.length; at += S) {
    for (let x = 0; x < S; x++) for (let y = 0; y <= x; y++) scatter[x * S + y] += penalty * W[at + x] * W[at + y];
  }
  for (let x = 0; x < S; x++) scatter[x * S + x] += 1;
  factorSymmetric(scatter, S);
  data(out).set(inverseFromCholesky(scatter, S).map((value) => value * (rows + S)));
}

function expectedSquaredError(ratings: Sparse, side: SideTensors, other: SideTensors): number {
  const { offsets, indices, values } = matrixOf(ratings);
  const S = side.width;
  const [F, V, G, W] = [side.means, side.variances, other.means, other.variances].map(data);
  let total = 0;
  for (let r = 0; r < side.rows; r++) {
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      const a = r * S;
      const b = indices[k] * S;
      let error = values[k] - F[a + S - 1] - G[b + S - 1];
      let spread = V[a + S - 1] + W[b + S - 1];
      for (let x = 0; x < S - 1; x++) {
        const [f, v, g, w] = [F[a + x], V[a + x], G[b + x], W[b + x]];
        error -= f * g;
        spread += f * f * w + g * g * v;
      }
      total += error * error + spread;
    }
  }
  return total;
}

function errors(ratings: Sparse, side: SideTensors, other: SideTensors, low: number, high: number): ErrorSums {
  const { offsets, indices, values } = matrixOf(ratings);
  const S = side.width;
  const [F, G] = [data(side.means), data(other.means)];
  let [squares, absolutes] = [0, 0];
  for (let r = 0; r < side.rows; r++) {
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      const [a, b] = [r * S, indices[k] * S];
      let prediction = F[a + S - 1] + G[b + S - 1];
      for (let x = 0; x < S - 1; x++) prediction += F[a + x] * G[b + x];
      const error = Math.max(low, Math.min(high, prediction)) - values[k];
      squares += error * error;
      absolutes += Math.abs(error);
    }
  }
  return { squares, absolutes };
}

function triangularSolve(l: Tensor, n: number, b: Tensor, c: number, transposed: boolean): void {
  const [L, B] = [data(l), data(b)];
  const column = new Float64Array(n);
  for (let j = 0; j < c; j++) {
    for (let i = 0; i < n; i++) column[i] = B[i * c + j];
    if (transposed) solveLowerTransposed(L, column, n);
    else solveLower(L, column, n);
    for (let i = 0; i < n; i++) B[i * c + j] = column[i];
  }
}

function multiply(a: Tensor, b: Tensor, out: Tensor, n: number, m: number, c: number, transposedA: boolean): void {
  const [A, B, O] = [a, b, out].map(data);
  O.fill(0);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < m; k++) {
      const value = transposedA ? A[k * n + i] : A[i * m + k];
      if (value === 0) continue;
      for (let j = 0; j < c; j++) O[i * c + j] += value * B[k * c + j];
    }
  }
}

function multiplySparse({ rows, offsets, indices, values }: SparseRows, b: Tensor, out: Tensor, c: number): void {
  const [B, O] = [data(b), data(out)];
  O.fill(0);
  for (let r = 0; r < rows; r++) {
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      for (let j = 0; j < c; j++) O[r * c + j] += values[k] * B[indices[k] * c + j];
    }
  }
}

function inverseDiagonal(l: Tensor, n: number, out: Tensor): void {
  data(out).set(inverseDiagonalOf(data(l), n));
}
