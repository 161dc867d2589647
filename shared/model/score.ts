import type { WeightedSum } from '../math/weighted-sum.ts';
import { clamp } from '../ratings/rating.ts';
import { biasShare, userDeviation } from './bias.ts';
import { relevanceVector } from './history.ts';
import type { Catalogue, Model, RatedMovies, RowScores, StoredVectors, UserPrior, UserVectors } from './model.ts';
import { inferUser, type RatingSums, type UserPosterior } from './posterior.ts';
import type { ResponseFunction } from './response.ts';
import { standardError } from './standard-error.ts';

/** What folding in needs from the vectors of the rated movies. */
export interface RatedSums extends RatingSums {
  readonly history: WeightedSum; // (E)
}

/** Makes a user's vector from their ratings alone: both of its blocks, and the posterior that they came from. */
export function foldIn(model: Model, rated: RatedMovies, sums?: RatedSums): UserVectors & { posterior: UserPosterior } {
  const posterior = inferUser(model.movies, model.userPrior, rated, sums);
  const K = model.movies.factorCount;
  const relevance = relevanceVector(model.movies, model.relevancePrior, rated, sums?.history);
  const vectors = { bias: posterior.mean[K], factors: posterior.mean.subarray(0, K), relevance };
  return { ...withBias(model, vectors, rated), posterior };
}

/** Adds the Bias model's share and deviation of a user with these ratings to their vectors. */
export function withBias<V extends StoredVectors>(
  { movies, userPrior }: { movies: Pick<Catalogue, 'deviations'>; userPrior: UserPrior },
  vectors: V,
  rated: RatedMovies,
): V & UserVectors {
  const share = biasShare(rated.rows.length);
  const deviation = share > 0 ? userDeviation(movies, userPrior.mean, rated) : 0;
  return { ...vectors, biasShare: share, deviation };
}

/**
 * The linear score η that stands for a rating, s the user's `biasShare`:
 *   η = intercept + (1 − s)(b_u + b_i + p_u · q_i) + s perStar (deviation_u + deviation_i)
 * With the identity response, these are stars, not clipped. A negative row stands for a movie that the model lacks.
 */
export function predictRaw(model: Model, user: UserVectors, row: number, start = model.newMovie): number {
  const { factorCount: K, deviations, biases } = model.movies;
  const known = row >= 0;
  const factors = known ? model.movies.factors : start;
  let sum = user.bias + (known ? biases[row] : start[K]);
  for (let x = 0, at = Math.max(0, row) * K; x < K; x++, at++) sum += user.factors[x] * factors[at];
  const { intercept, perStar } = model.userPrior.response;
  const plain = perStar * (user.deviation + (known ? deviations[row] : 0));
  return intercept + sum + user.biasShare * (plain - sum);
}

/** The predicted rating, in stars, clipped to the scale. */
export function predictRating(model: Model, user: UserVectors, row: number, start?: Float64Array): number {
  return clamp(model.userPrior.response.stars(predictRaw(model, user, row, start)), model.manifest.scale);
}

/**
 * What a user contributes to every score: score_i = constant + standardError·e_i + bias·b_i + deviation·deviation_i +
 * factors·q_i + relevance·relevance_i, e_i the movie's standard error.
 */
export interface ScoreWeights {
  readonly constant: number;
  readonly standardError: number;
  readonly bias: number;
  readonly deviation: number;
  readonly factors: Float64Array; // (K)
  readonly relevance: Float64Array; // (E)
}

/**
 * blend · (`predictRaw` − certainty · e_i) + (1 − blend) · relevance_i·user as one dot product: `blend` and `biasShare`
 * only scale the parts of the user vector.
 *
 * @param blend 0 (relevance) to 1 (predicted rating)
 */
export function scoreWeights(user: UserVectors, { intercept, perStar }: ResponseFunction, blend: number): ScoreWeights {
  const learned = blend * (1 - user.biasShare);
  const plain = blend * user.biasShare * perStar;
  return {
    constant: blend * intercept + learned * user.bias + plain * user.deviation,
    standardError: -blend * (user.certainty ?? 0),
    bias: learned,
    deviation: plain,
    factors: scaled(user.factors, learned),
    relevance: scaled(user.relevance, 1 - blend),
  };
}

/** A loop, since every list pays for it: `map` takes four times as long. */
function scaled(values: ArrayLike<number>, factor: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let x = 0; x < out.length; x++) out[x] = factor * values[x];
  return out;
}

/**
 * Scores every movie in one pass (`scoreWeights`), then adds what single movies gain. A block with weight 0 is not read.
 *
 * @param blend 0 (relevance) to 1 (predicted rating)
 * @param out (M), overwritten
 */
export function scoreMovies(model: Model, user: UserVectors, blend: number, out: Float32Array): void {
  const { count: M, factorCount: K, relevanceCount: E, factors, relevance, biases, deviations } = model.movies;
  const weights = scoreWeights(user, model.userPrior.response, blend);
  const { constant, bias, deviation, factors: p, relevance: s } = weights;
  const useRating = blend > 0;
  const useRelevance = blend < 1;
  for (let i = 0; i < M; i++) {
    let sum = constant;
    if (useRating) {
      sum += bias * biases[i] + deviation * deviations[i];
      for (let x = 0, at = i * K; x < K; x++, at++) sum += p[x] * factors[at];
    }
    if (weights.standardError !== 0)
      sum += weights.standardError * standardError(model.movies.ratingCounts[i], model.userPrior);
    if (useRelevance) for (let e = 0, at = i * E; e < E; e++, at++) sum += s[e] * relevance[at];
    out[i] = sum;
  }
  if (user.added && useRelevance) addScores(user.added, blend, out);
}

/** out_i += (1 − blend) · added_i. */
export function addScores({ rows, scores }: RowScores, blend: number, out: Float32Array): void {
  for (let i = 0; i < rows.length; i++) out[rows[i]] += (1 - blend) * scores[i];
}
