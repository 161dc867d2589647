import { notPositive } from '../math/linalg.ts';
import type { Model, RatedMovies } from './model.ts';
import {
  inferUser,
  predictionVariance,
  priorMean,
  type RatingSums,
  ratingSums,
  tasteFor,
  type UserPosterior,
} from './posterior.ts';
import { predictRating, withBias } from './score.ts';

/** What was expected of a rating before it was given. */
export interface Expectation {
  /** The predicted rating. */
  readonly stars: number;
  /** Standard deviation of a rating about it, stars. */
  readonly deviation: number;
}

type SumsOf = (rows: Int32Array) => RatingSums;

/**
 * What the model expected of each rating, from number `from` on, when it knew only those before it. With the identity
 * response these are the predictions of `foldIn` for the ratings before; with another, each rating is linearised once,
 * at the mean before it (the extended Kalman filter; Bar-Shalom, Li & Kirubarajan, "Estimation with applications to
 * tracking and navigation", §10.3). O(D³) a rating.
 *
 * @param sumsOf rated movies; the Worker's are computed in WASM
 */
export function expectEach(
  model: Model,
  rated: RatedMovies,
  from = 0,
  sumsOf: SumsOf = (rows) => ratingSums(model.movies, rows),
): Expectation[] {
  const { movies, userPrior } = model;
  const before = (n: number) => ({ rows: rated.rows.subarray(0, n), stars: rated.stars.subarray(0, n) });
  const belief = new Belief(model, before(from), sumsOf);
  return Array.from(rated.rows.subarray(from), (row, j) => {
    const posterior = belief.posterior();
    const factors = posterior.mean.subarray(0, -1);
    const vectors = { bias: posterior.mean[factors.length], factors, relevance: [] };
    const stars = predictRating(model, withBias(model, vectors, before(from + j)), row);
    const variance = predictionVariance(posterior, movies, userPrior, row) + 1 / userPrior.tau;
    belief.learn(row, rated.stars[from + j], posterior.mean);
    return { stars, deviation: Math.sqrt(variance) };
  });
}

/** The posterior of a user while their ratings come, one after the other (`inferUser`). */
class Belief {
  readonly #model: Model;
  readonly #solve: RatingSums['solve'];
  /** A = Σ w (f fᵀ + diag v) + Λ. */
  readonly #precision: Float64Array; // (D, D), only the lower triangle counts
  /** Σ w f z. */
  readonly #evidence: Float64Array; // (D)
  /** Σ prior. */
  readonly #priors: Float64Array; // (D)
  #count: number;

  constructor(model: Model, rated: RatedMovies, sumsOf: SumsOf) {
    this.#model = model;
    this.#count = rated.rows.length;
    this.#solve = sumsOf(new Int32Array(0)).solve;
    const sums = sumsOf(rated.rows);
    this.#priors = sums.priors(new Float64Array(this.#count).fill(1));
    const { factor, mean } = inferUser(model.movies, model.userPrior, rated, sums);
    const { square, product } = fromFactor(factor, mean);
    const prior = this.#priorTerm();
    this.#precision = square;
    this.#evidence = product.map((value, x) => value - prior[x]);
  }

  posterior(): UserPosterior {
    const none = new Float64Array(0);
    const prior = this.#priorTerm();
    const rhs = this.#evidence.map((value, x) => value + prior[x]);
    const normal = this.#precision.slice();
    if (!this.#solve({ normal, rhs, weights: none, targets: none })) throw notPositive();
    return { mean: rhs, factor: normal, weights: none, residuals: none };
  }

  /** Takes up a rating. @param mean what was believed before it */
  learn(row: number, stars: number, mean: Float64Array): void {
    const { movies, userPrior } = this.#model;
    const { tau, response } = userPrior;
    const K = movies.factorCount;
    const D = K + 1;
    const base = response.intercept + movies.biases[row];
    const taste = tasteFor(movies, mean, row);
    const slope = response.slope(base + taste);
    const weight = tau * slope * slope;
    const target = taste + (stars - response.stars(base + taste)) / slope;
    const f = new Float64Array(D).fill(1);
    f.set(movies.factors.subarray(row * K, (row + 1) * K));
    for (let x = 0; x < D; x++) {
      const wf = weight * f[x];
      this.#evidence[x] += wf * target;
      for (let y = 0, at = x * D; y <= x; y++, at++) this.#precision[at] += wf * f[y];
      if (x < K) this.#precision[x * D + x] += weight * movies.factorVariances[row * K + x];
      this.#priors[x] += movies.priors[row * D + x];
    }
    this.#count++;
  }

  /** Λ m, whose m depends on the films that are rated. */
  #priorTerm(): Float64Array {
    const { userPrior } = this.#model;
    const m = priorMean(userPrior, this.#count, { priors: () => this.#priors.slice() });
    const D = m.length;
    return m.map((_, x) => {
      let sum = 0;
      for (let y = 0, at = x * D; y < D; y++, at++) sum += userPrior.precision[at] * m[y];
      return sum;
    });
  }
}

/** A = L Lᵀ, its lower triangle, and A x. */
function fromFactor(factor: Float64Array, x: Float64Array): { square: Float64Array; product: Float64Array } {
  const D = x.length;
  const square = new Float64Array(D * D);
  const along = new Float64Array(D); // Lᵀ x
  for (let i = 0; i < D; i++) {
    for (let k = 0; k <= i; k++) along[k] += factor[i * D + k] * x[i];
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += factor[i * D + k] * factor[j * D + k];
      square[i * D + j] = sum;
    }
  }
  const product = new Float64Array(D);
  for (let i = 0; i < D; i++) for (let k = 0; k <= i; k++) product[i] += factor[i * D + k] * along[k];
  return { square, product };
}
