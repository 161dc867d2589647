import { inverseFromCholesky, solveSymmetric } from '../../../shared/math/linalg.ts';
import type { SparseRows } from '../../math/sparse.ts';
import {
  covarianceLength,
  type ImplicitPrior,
  type SideTensors,
  type SolveRows,
  type Sparse,
  type Tensor,
} from '../engine.ts';
import { data, matrixOf } from './tensors.ts';
import { inverseDiagonalOf } from './triangular.ts';

/** The formula of `SolveRows`, row by row. Throws `training-diverged` where A is not positive definite. */
export function solveRows({ ratings, side, other, tau }: SolveRows): void {
  const S = side.width;
  const [precision, priorMeans, means, variances] = [side.precision, side.priorMeans, side.means, side.variances].map(
    data,
  );
  const covariances = side.covariances && data(side.covariances);
  const normal = new Float64Array(S * S);
  const rhs = new Float64Array(S);
  for (let r = 0; r < side.rows; r++) {
    sumRatings(ratings, other, r, normal, rhs);
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

/** normal (S, S), lower triangle ← Σ (f fᵀ + spread of f) and rhs (S) ← Σ f (y − bias) over the entries of row r. */
function sumRatings(ratings: Sparse, other: SideTensors, r: number, normal: Float64Array, rhs: Float64Array): void {
  const { offsets, indices, values } = matrixOf(ratings);
  const S = other.width;
  const [g, gVar] = [data(other.means), data(other.variances)];
  const covariances = other.covariances && data(other.covariances);
  const f = new Float64Array(S);
  normal.fill(0);
  rhs.fill(0);
  for (let k = offsets[r]; covariances && k < offsets[r + 1]; k++)
    addCovariance(covariances, indices[k], S, normal, rhs);
  for (let k = offsets[r]; k < offsets[r + 1]; k++) {
    const at = indices[k] * S;
    for (let x = 0; x < S - 1; x++) {
      f[x] = g[at + x];
      if (!covariances) normal[x * S + x] += gVar[at + x];
    }
    f[S - 1] = 1;
    const residual = values[k] - g[at + S - 1];
    for (let x = 0; x < S; x++) {
      const fx = f[x];
      rhs[x] += fx * residual;
      for (let y = 0, line = x * S; y <= x; y++) normal[line + y] += fx * f[y];
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

/** out (R, S) = diag(scale) · pattern · V[0, C) + features · V[C, C + P). */
export function project(prior: ImplicitPrior, v: Tensor, out: Tensor): void {
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

/** out (C + P, S) = Xᵀ T + ridge · V, for the X of `project`. */
export function backproject(prior: ImplicitPrior, t: Tensor, ridge: number, v: Tensor, out: Tensor): void {
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

/** out (R, c) = A B for a sparse A (R, C) and B (C, c). */
export function multiplySparse(
  { rows, offsets, indices, values }: SparseRows,
  b: Tensor,
  out: Tensor,
  c: number,
): void {
  const [B, O] = [data(b), data(out)];
  O.fill(0);
  for (let r = 0; r < rows; r++) {
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      for (let j = 0; j < c; j++) O[r * c + j] += values[k] * B[indices[k] * c + j];
    }
  }
}
