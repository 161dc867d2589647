import { relevanceVector } from './history.ts';
import type { Model, RatedMovies, UserVectors } from './model.ts';
import { inferUser, type UserPosterior } from './posterior.ts';
import { clamp } from './rating.ts';

/** Folds a user in from their ratings alone: both blocks of the user vector, and the posterior they came from. */
export function foldIn(model: Model, rated: RatedMovies): UserVectors & { posterior: UserPosterior } {
  const posterior = inferUser(model.movies, model.userPrior, rated);
  const K = model.movies.factorCount;
  return {
    bias: posterior.mean[K],
    factors: posterior.mean.subarray(0, K),
    relevance: relevanceVector(model.movies, model.relevancePrior, rated),
    posterior,
  };
}

/** μ + b_u + b_i + p_u · q_i in stars, not clipped. A negative row stands for a movie that the model lacks. */
export function predictRaw(model: Model, user: UserVectors, row: number): number {
  const { factorCount: K } = model.movies;
  const factors = row < 0 ? model.newMovie : model.movies.factors;
  let sum = model.userPrior.mean + user.bias + (row < 0 ? model.newMovie[K] : model.movies.biases[row]);
  for (let x = 0, at = Math.max(0, row) * K; x < K; x++, at++) sum += user.factors[x] * factors[at];
  return sum;
}

/** The predicted rating, in stars, clipped to the scale. */
export function predictRating(model: Model, user: UserVectors, row: number): number {
  return clamp(predictRaw(model, user, row), model.manifest.scale);
}

/**
 * Scores every movie: out_i = blend · (μ + b_u + b_i + p_u·q_i) + (1 − blend) · relevance_i·user. One pass, one dot
 * product: `blend` only scales the two halves of the user vector.
 *
 * @param blend 0 (relevance) to 1 (predicted rating)
 * @param out (M), overwritten
 */
export function scoreMovies(model: Model, user: UserVectors, blend: number, out: Float32Array): void {
  const { count: M, factorCount: K, relevanceCount: E, factors, relevance, biases } = model.movies;
  const p = Float64Array.from(user.factors, (x) => blend * x);
  const s = Float64Array.from(user.relevance, (x) => (1 - blend) * x);
  const constant = blend * (model.userPrior.mean + user.bias);
  const useRating = blend > 0;
  const useRelevance = blend < 1;
  for (let i = 0; i < M; i++) {
    let sum = constant + blend * biases[i];
    if (useRating) for (let x = 0, at = i * K; x < K; x++, at++) sum += p[x] * factors[at];
    if (useRelevance) for (let e = 0, at = i * E; e < E; e++, at++) sum += s[e] * relevance[at];
    out[i] = sum;
  }
}
