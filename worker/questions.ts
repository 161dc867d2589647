import type { Model, RatedMovies } from '../shared/model.ts';
import { inferUser, predictionVariance } from '../shared/posterior.ts';
import { topK } from '../shared/topk.ts';
import type { Ranked } from './recommender.ts';

/** Movies outside the most-rated ones are hardly ever known to the person asked. */
const CANDIDATES = 300;

/**
 * The movies most worth asking a user about: P(has seen i) · ½ log(1 + τ v), v the variance of the predicted mean: the
 * information that a rating would bring about the user vector, in nats, times the chance of getting one (the share of
 * training users who rated it).
 */
export function worthAsking(model: Model, rated: RatedMovies, skip: Iterable<number>, count: number): Ranked[] {
  const { movies, userPrior, manifest } = model;
  const blocked = new Set([...rated.rows, ...skip]);
  const candidates = topK(movies.ratingCounts, CANDIDATES, (row) => !blocked.has(row)).sort();
  const posterior = inferUser(movies, userPrior, rated);
  const values = Float64Array.from(candidates, (row) => {
    const seen = movies.ratingCounts[row] / Math.max(1, manifest.dataset.users);
    return seen * 0.5 * Math.log1p(userPrior.tau * predictionVariance(posterior, movies, userPrior, row));
  });
  return Array.from(topK(values, count), (at) => ({ row: candidates[at], score: values[at] }));
}
