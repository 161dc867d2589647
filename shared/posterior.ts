import { MarqueeError } from './errors.ts';
import { cholesky, solveLower, solveLowerTransposed } from './linalg.ts';
import type { MovieTable, RatedMovies, UserPrior } from './model.ts';

/** Offset n₀ of 1/√(n + n₀), the weight of each rated movie in the prior mean: it tempers users of few ratings. */
export const IMPLICIT_OFFSET = 20;

/** Values of the three constant features of a row with n ratings: 1, log(1 + n)/5, 1/√(1 + n). */
export function constantFeatures(n: number): [number, number, number] {
  return [1, Math.log(1 + n) / 5, 1 / Math.sqrt(1 + n)];
}

/** Weight of each rated movie's prior vector in the prior mean of a row with n ratings. */
export function implicitWeight(n: number): number {
  return 1 / Math.sqrt(n + IMPLICIT_OFFSET);
}

/**
 * A user's taste as the linear-Gaussian model sees it: x = [p, b] ~ N(mean, A⁻¹), D = K + 1, bias last.
 * Everything that Marquee says about a user comes from here: predictions, their uncertainty, what to ask next.
 */
export interface UserPosterior {
  readonly mean: Float64Array; // (D)
  /** L of A = L Lᵀ, row-major, lower. */
  readonly factor: Float64Array; // (D, D)
}

/**
 * The user's posterior given their ratings, by variational matrix factorisation's user update (DESIGN §4):
 *   A = τ Σ (f fᵀ + diag v) + Λ,   x = A⁻¹ (τ Σ f (r − μ − b_i) + Λ m),   f = [q_i, 1], v = [factorVariance_i, 0]
 *   m = Σ prior_i / √(n + 20) + constants · [1, log(1 + n)/5, 1/√(1 + n)]
 * With no ratings it is the prior: mean m, precision Λ. O(n D² + D³), in float64.
 *
 * @throws `bad-artifact` when A is not positive definite, which only a damaged model causes.
 */
export function inferUser(movies: MovieTable, prior: UserPrior, rated: RatedMovies): UserPosterior {
  const { factorCount: K, factors, factorVariances, biases } = movies;
  const { tau, mean: mu, precision, constants } = prior;
  const { rows, stars } = rated;
  const D = K + 1;
  const n = rows.length;
  const normal = new Float64Array(D * D); // lower triangle of A
  const rhs = new Float64Array(D);
  const f = new Float64Array(D);
  f[K] = 1;
  for (let j = 0; j < n; j++) {
    const row = rows[j];
    const at = row * K;
    for (let x = 0; x < K; x++) {
      f[x] = factors[at + x];
      normal[x * D + x] += factorVariances[at + x];
    }
    const residual = stars[j] - mu - biases[row];
    for (let x = 0; x < D; x++) {
      const fx = f[x];
      rhs[x] += fx * residual;
      const line = x * D;
      for (let y = 0; y <= x; y++) normal[line + y] += fx * f[y];
    }
  }
  const m = priorMean(movies, constants, rows);
  for (let x = 0; x < D; x++) {
    let pull = 0;
    for (let y = 0; y < D; y++) pull += precision[x * D + y] * m[y];
    rhs[x] = tau * rhs[x] + pull;
    for (let y = 0; y <= x; y++) normal[x * D + y] = tau * normal[x * D + y] + precision[x * D + y];
  }
  if (!cholesky(normal, D)) {
    throw new MarqueeError('bad-artifact', 'the posterior precision of a user is not positive definite');
  }
  solveLower(normal, rhs, D);
  solveLowerTransposed(normal, rhs, D);
  return { mean: rhs, factor: normal };
}

function priorMean(movies: MovieTable, constants: Float64Array, rows: Int32Array): Float64Array {
  const D = movies.factorCount + 1;
  const m = new Float64Array(D);
  for (let j = 0; j < rows.length; j++) {
    const at = rows[j] * D;
    for (let x = 0; x < D; x++) m[x] += movies.priors[at + x];
  }
  const weight = implicitWeight(rows.length);
  const features = constantFeatures(rows.length);
  for (let x = 0; x < D; x++) {
    m[x] =
      m[x] * weight + features[0] * constants[x] + features[1] * constants[D + x] + features[2] * constants[2 * D + x];
  }
  return m;
}

/** fᵀ A⁻¹ f for a movie, f = [q_i, 1]: variance of the predicted mean in stars²; add 1/τ for a new rating's. */
export function predictionVariance(posterior: UserPosterior, movies: MovieTable, row: number): number {
  const K = movies.factorCount;
  const f = new Float64Array(K + 1);
  for (let x = 0; x < K; x++) f[x] = movies.factors[row * K + x];
  f[K] = 1;
  solveLower(posterior.factor, f, K + 1);
  let sum = 0;
  for (let x = 0; x <= K; x++) sum += f[x] * f[x];
  return sum;
}
