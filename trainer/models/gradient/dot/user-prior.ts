import { factorSymmetric, inverseFromCholesky } from '../../../../shared/math/linalg.ts';
import type { RatedMovies, UserPrior } from '../../../../shared/model/model.ts';
import { inferUser, predictionVariance, type RatingVectors } from '../../../../shared/model/posterior.ts';
import type { SparseRows } from '../../../math/sparse.ts';
import { requireFinite, type Side } from '../../learned.ts';
import { CONSTANTS } from '../../variational/side.ts';

/** Users that the prior is learned from, at most, and how often they are gone through. */
const SAMPLE = 300;
const ROUNDS = 4;

/**
 * The prior of the users of a model that has none: mean, Λ and, unless it is known from held-out ratings, τ, by expectation
 * maximisation over the posteriors of some training users (their ratings given the movies' vectors, which stay):
 *   mean = average x,   Λ = (n + D) (Σ (x − mean)(x − mean)ᵀ + Σ A⁻¹ + I)⁻¹,   1/τ = average ((r − stars)² + its variance)
 *
 * @param start mean and covariance to begin with: those of the trained vectors, (U, D)
 */
export function fitUserPrior(
  movies: RatingVectors,
  byUser: SparseRows,
  start: Float64Array,
  { mean, response, tau: known }: Pick<UserPrior, 'mean' | 'response'> & { readonly tau: number | null },
): UserPrior {
  const D = movies.factorCount + 1;
  const sample = sampleOf(byUser);
  let prior = priorOf(start, new Float64Array(D * D), { mean, response, tau: known ?? 1 });
  for (let round = 0; round < ROUNDS; round++) {
    const vectors = new Float64Array(sample.length * D);
    const spread = new Float64Array(D * D);
    let [error, count] = [0, 0];
    sample.forEach((rated, u) => {
      const posterior = inferUser(movies, prior, rated);
      vectors.set(posterior.mean, u * D);
      const covariance = inverseFromCholesky(posterior.factor, D);
      for (let at = 0; at < spread.length; at++) spread[at] += covariance[at];
      if (known !== null) return;
      rated.rows.forEach((row, j) => {
        const stars = response.stars(scoreOf(movies, prior, posterior.mean, row));
        error += (rated.stars[j] - stars) ** 2 + predictionVariance(posterior, movies, prior, row);
      });
      count += rated.rows.length;
    });
    prior = priorOf(vectors, spread, { mean, response, tau: known ?? count / error });
  }
  return prior;
}

/** The Gaussian of user vectors, (n, D), each known but for a covariance, which `spread` is the sum of. */
function priorOf(
  vectors: Float64Array,
  spread: Float64Array,
  about: Pick<UserPrior, 'mean' | 'response' | 'tau'>,
): UserPrior {
  const D = Math.sqrt(spread.length);
  const n = vectors.length / D;
  const constants = new Float64Array(CONSTANTS * D);
  for (let at = 0; at < vectors.length; at++) constants[at % D] += vectors[at] / n;
  const scatter = spread.slice();
  for (let x = 0; x < D; x++) scatter[x * D + x] += 1;
  for (let u = 0; u < n; u++) {
    for (let x = 0; x < D; x++) {
      const dx = vectors[u * D + x] - constants[x];
      for (let y = 0; y < D; y++) scatter[x * D + y] += dx * (vectors[u * D + y] - constants[y]);
    }
  }
  factorSymmetric(scatter, D);
  const precision = inverseFromCholesky(scatter, D).map((value) => (n + D) * value);
  return { ...about, precision, constants };
}

function scoreOf(
  { factorCount: K, factors, biases }: RatingVectors,
  { response }: UserPrior,
  x: Float64Array,
  row: number,
) {
  let sum = response.intercept + biases[row] + x[K];
  for (let a = 0; a < K; a++) sum += x[a] * factors[row * K + a];
  return sum;
}

/** Users evenly spread over the table. */
function sampleOf({ rows, offsets, indices, values }: SparseRows): RatedMovies[] {
  const step = Math.max(1, rows / SAMPLE);
  return Array.from({ length: Math.floor(rows / step) }, (_, s) => {
    const u = Math.floor(s * step);
    return { rows: indices.subarray(offsets[u], offsets[u + 1]), stars: values.subarray(offsets[u], offsets[u + 1]) };
  });
}

/** The movies as folding in reads them, rounded as the artifact keeps them; of point estimates: no variances. */
export function vectorsOf(movies: Float64Array, K: number): RatingVectors {
  const D = K + 1;
  const M = movies.length / D;
  return {
    factorCount: K,
    biases: Float32Array.from({ length: M }, (_, m) => movies[m * D + K]),
    factors: Float32Array.from({ length: M * K }, (_, at) => movies[Math.floor(at / K) * D + (at % K)]),
    factorVariances: new Float32Array(M * K),
    priors: new Float32Array(M * D),
  };
}

/** The posterior mean of each user. */
export function solveUsers(movies: RatingVectors, prior: UserPrior, byUser: SparseRows): Side {
  const D = movies.factorCount + 1;
  const means = new Float64Array(byUser.rows * D);
  for (let u = 0; u < byUser.rows; u++) {
    const [from, to] = [byUser.offsets[u], byUser.offsets[u + 1]];
    const rated = { rows: byUser.indices.subarray(from, to), stars: byUser.values.subarray(from, to) };
    means.set(inferUser(movies, prior, rated).mean, u * D);
  }
  requireFinite('the users', means);
  return { rows: byUser.rows, means, variances: new Float64Array(means.length) };
}
