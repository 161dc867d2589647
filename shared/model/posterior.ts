import { MarqueeError } from '../errors.ts';
import { cholesky, solveFactored, solveLower } from '../math/linalg.ts';
import { type WeightedSum, weightedSum } from '../math/weighted-sum.ts';
import type { MovieTable, RatedMovies, UserPrior } from './model.ts';

/** Offset n₀ of 1/√(n + n₀), the weight of each rated movie in the prior mean: it tempers users of few ratings. */
const IMPLICIT_OFFSET = 5;

/** What somebody of whom nothing is known rated. */
export const NOTHING_RATED: RatedMovies = { rows: new Int32Array(0), stars: new Float32Array(0) };

/** Values of the three constant features of a row with n ratings: 1, log(1 + n)/5, 1/√(1 + n). */
export function constantFeatures(n: number): [number, number, number] {
  return [1, Math.log(1 + n) / 5, 1 / Math.sqrt(1 + n)];
}

/** Weight of each rated movie's prior vector in the prior mean of a row with n ratings. */
export function implicitWeight(n: number): number {
  return 1 / Math.sqrt(n + IMPLICIT_OFFSET);
}

/**
 * A user's taste as a Gaussian: x = [p, b] ~ N(mean, A⁻¹), D = K + 1, bias last. Predictions, their uncertainty and the
 * questions to ask next come from here.
 *
 * Each rating counts as an observation of the linear score: `residuals[j]` is what it says f_j·x is, `weights[j]` how
 * precisely. The mean is exactly A⁻¹ (Σ weight f residual + Λ m), so that it can be taken apart again (`explain.ts`).
 */
export interface UserPosterior {
  readonly mean: Float64Array; // (D)
  /** L of A = L Lᵀ, row-major. */
  readonly factor: Float64Array; // (D, D), only the lower triangle counts
  readonly weights: Float64Array; // (n)
  readonly residuals: Float64Array; // (n)
}

/** The columns of the movie table that folding in needs. */
export type RatingVectors = Pick<MovieTable, 'factorCount' | 'biases' | 'factors' | 'factorVariances' | 'priors'>;

/** What a user's posterior needs from the vectors of their n rated movies. The Worker computes it in WASM. */
export interface RatingSums {
  readonly priors: WeightedSum; // (D)
  readonly factorVariances: WeightedSum; // (K)
  readonly solve: NormalEquations;
}

/** `RatingSums` in plain loops: the reference for the Worker's kernel. */
export function ratingSums(
  { factorCount: K, factors, factorVariances, priors }: RatingVectors,
  rows: Int32Array,
): RatingSums {
  return {
    priors: weightedSum(priors, K + 1, rows),
    factorVariances: weightedSum(factorVariances, K, rows),
    solve: normalEquations(factors, K, rows),
  };
}

/** Solves after which folding in ends, converged or not. Real users take 6 or 7. */
const MOST_STEPS = 20;
/** Solves after which steps are halved, so that they do not oscillate. */
const WHOLE_STEPS = 8;
/** Largest change of a component of the user vector that counts as converged. */
const CONVERGED = 1e-5;

/**
 * The user's posterior given their ratings, by the user update of variational matrix factorisation (Lim & Teh,
 * "Variational Bayesian approach to movie rating prediction", KDD Cup 2007):
 *   A = Σ w (f fᵀ + diag v) + Λ,   x = A⁻¹ (Σ w f z + Λ m),   f = [q_i, 1], v = [factorVariance_i, 0]
 *   m = Σ prior_i / √(n + 5) + constants · [1, log(1 + n)/5, 1/√(1 + n)]
 * With the identity response w = τ and z = r − μ − b_i: one solve. With another, stars = h(η), each solve linearises h
 * at the vector x̄ of the solve before it (Gauss-Newton from m; the result is the Laplace approximation):
 *   w = τ h′(η̄)²,   z = η̄ − intercept − b_i + (r − h(η̄)) / h′(η̄)
 * With no ratings it is the prior: mean m, precision Λ. O(n D² + D³) a solve, in float64.
 *
 * @throws `bad-artifact` when A is not positive definite, which only a damaged model causes.
 */
export function inferUser(
  movies: RatingVectors,
  prior: UserPrior,
  rated: RatedMovies,
  sums: RatingSums = ratingSums(movies, rated.rows),
): UserPosterior {
  const m = priorMean(prior, rated.rows.length, sums);
  let posterior = solveUser(prior, m, observe(movies, prior, rated, m), sums);
  if (prior.response.linear || rated.rows.length === 0) return posterior;
  let at = m;
  for (let step = 1; step < MOST_STEPS && distance(posterior.mean, at) > CONVERGED; step++) {
    const share = step <= WHOLE_STEPS ? 1 : 0.5;
    at = posterior.mean.map((value, x) => at[x] + share * (value - at[x]));
    posterior = solveUser(prior, m, observe(movies, prior, rated, at), sums);
  }
  return posterior;
}

type Observations = Pick<UserPosterior, 'weights' | 'residuals'>;

/** Each rating as an observation of f·x, with the response function linearised at the user vector `at`. */
function observe(
  movies: RatingVectors,
  { tau, response }: UserPrior,
  { rows, stars }: RatedMovies,
  at: Float64Array,
): Observations {
  const weights = new Float64Array(rows.length).fill(tau);
  const residuals = new Float64Array(rows.length);
  for (let j = 0; j < rows.length; j++) {
    const base = response.intercept + movies.biases[rows[j]];
    if (response.linear) {
      residuals[j] = stars[j] - base;
      continue;
    }
    const taste = tasteFor(movies, at, rows[j]);
    const slope = response.slope(base + taste);
    weights[j] = tau * slope * slope;
    residuals[j] = taste + (stars[j] - response.stars(base + taste)) / slope;
  }
  return { weights, residuals };
}

/** f·x: what a user vector adds to a movie's score. */
export function tasteFor({ factorCount: K, factors }: RatingVectors, x: Float64Array, row: number): number {
  let sum = x[K];
  for (let a = 0, at = row * K; a < K; a++, at++) sum += x[a] * factors[at];
  return sum;
}

/** A and x of weighted observations: the Gaussian posterior of a linear model. */
function solveUser(
  { precision }: UserPrior,
  m: Float64Array,
  { weights, residuals }: Observations,
  sums: RatingSums,
): UserPosterior {
  const D = m.length;
  const normal = precision.slice();
  const rhs = new Float64Array(D);
  for (let x = 0, at = 0; x < D; x++) {
    let sum = 0;
    for (let y = 0; y < D; y++, at++) sum += precision[at] * m[y];
    rhs[x] = sum;
  }
  const variances = sums.factorVariances(weights);
  for (let x = 0; x < variances.length; x++) normal[x * D + x] += variances[x];
  if (!sums.solve({ normal, rhs, weights, targets: residuals })) {
    throw new MarqueeError('bad-artifact', 'the posterior precision of a user is not positive definite');
  }
  return { mean: rhs, factor: normal, weights, residuals };
}

/** Weighted least squares over n rated movies, added to a prior. */
export interface LeastSquares {
  readonly normal: Float64Array; // (D, D), only the lower triangle counts
  readonly rhs: Float64Array; // (D)
  /** None below 0. */
  readonly weights: Float64Array; // (n)
  readonly targets: Float64Array; // (n)
}

/**
 * Adds Σ w f fᵀ to `normal` and Σ w z f to `rhs`, f = [q, 1] of each movie, then overwrites them with L of normal = L
 * Lᵀ and with the solution. False, with both half done, when it is not positive definite.
 */
export type NormalEquations = (problem: LeastSquares) => boolean;

/**
 * `NormalEquations` in plain loops over `rows` of all movies' factors (M, K): the reference for the Worker's kernel.
 */
function normalEquations(factors: Float32Array, K: number, rows: Int32Array): NormalEquations {
  const D = K + 1;
  return ({ normal, rhs, weights, targets }) => {
    const f = new Float64Array(D).fill(1);
    for (let j = 0; j < rows.length; j++) {
      const [weight, target] = [weights[j], targets[j]];
      for (let x = 0, at = rows[j] * K; x < K; x++, at++) f[x] = factors[at];
      for (let x = 0; x < D; x++) {
        const fx = weight * f[x];
        rhs[x] += fx * target;
        const line = x * D;
        for (let y = 0; y <= x; y++) normal[line + y] += fx * f[y];
      }
    }
    if (!cholesky(normal, D)) return false;
    solveFactored(normal, rhs, D);
    return true;
  };
}

function distance(a: Float64Array, b: Float64Array): number {
  let most = 0;
  for (let x = 0; x < a.length; x++) most = Math.max(most, Math.abs(a[x] - b[x]));
  return most;
}

/**
 * Wᵀx (D), the mean of a user who rated n movies before their stars count: the weighted sum of these movies’ priors, and of
 * the rows of `constants` for 1, log(1 + n)/5 and 1/√(1 + n).
 */
export function priorMean({ constants }: UserPrior, n: number, { priors }: Pick<RatingSums, 'priors'>): Float64Array {
  const m = priors(new Float64Array(n).fill(1));
  const D = m.length;
  const weight = implicitWeight(n);
  const features = constantFeatures(n);
  for (let x = 0; x < D; x++) {
    m[x] =
      m[x] * weight + features[0] * constants[x] + features[1] * constants[D + x] + features[2] * constants[2 * D + x];
  }
  return m;
}

/**
 * Variance of a predicted mean, stars²: h′(η)² fᵀA⁻¹f, f = [q_i, 1], which is fᵀA⁻¹f for the identity response and the
 * delta method's for others. Add 1/τ for a new rating's.
 */
export function predictionVariance(
  posterior: UserPosterior,
  movies: RatingVectors,
  { response }: UserPrior,
  row: number,
): number {
  const K = movies.factorCount;
  const f = new Float64Array(K + 1);
  for (let x = 0; x < K; x++) f[x] = movies.factors[row * K + x];
  f[K] = 1;
  solveLower(posterior.factor, f, K + 1);
  let sum = 0;
  for (let x = 0; x <= K; x++) sum += f[x] * f[x];
  const slope = response.slope(response.intercept + movies.biases[row] + tasteFor(movies, posterior.mean, row));
  return slope * slope * sum;
}
