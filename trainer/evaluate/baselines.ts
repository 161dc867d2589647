import { MOVIE_DAMPING, USER_DAMPING } from '../../shared/model/bias.ts';
import { DAY } from '../../shared/model/time-away.ts';
import type { Scale } from '../../shared/ratings/rating.ts';
import { clamp } from '../../shared/ratings/rating.ts';
import type { Ratings } from '../data/dataset.ts';
import { LIKE_FROM } from '../data/likes.ts';
import { takeRatings } from '../data/ratings.ts';

/** μ + b_u + b_i with damped means, which any rating model must beat. Unknown users and movies have bias 0. */
export interface BiasBaseline {
  predict(userId: number, movieId: number): number;
  /** Bias of a user from their ratings at `positions`, which training did not see. */
  userBias(ratings: Ratings, positions: Int32Array): number;
  predictWith(userBias: number, movieId: number): number;
}

/** The Bias model of some ratings; predictions are clipped to the scale. */
export function biasBaseline(train: Ratings, scale: Scale): BiasBaseline {
  return biasOver(() => [train], scale);
}

/** The same of ratings that come in blocks, which are gone through three times. */
export function biasOver(train: () => Iterable<Ratings>, scale: Scale): BiasBaseline {
  let [mean, count] = [0, 0];
  for (const { stars } of train()) {
    for (const value of stars) mean += value;
    count += stars.length;
  }
  mean /= Math.max(1, count);
  const movieBiases = dampedMeans(train(), 'movieIds', MOVIE_DAMPING, () => mean);
  const expected = (movieId: number) => mean + (movieBiases.get(movieId) ?? 0);
  const userBiases = dampedMeans(train(), 'userIds', USER_DAMPING, expected);
  const predictWith = (userBias: number, movieId: number) =>
    clamp(mean + userBias + (movieBiases.get(movieId) ?? 0), scale);
  return {
    predict: (userId, movieId) => predictWith(userBiases.get(userId) ?? 0, movieId),
    userBias: ({ movieIds, stars }, positions) => {
      let sum = 0;
      for (const i of positions) sum += stars[i] - mean - (movieBiases.get(movieIds[i]) ?? 0);
      return sum / (positions.length + USER_DAMPING);
    },
    predictWith,
  };
}

function dampedMeans(
  blocks: Iterable<Ratings>,
  by: 'movieIds' | 'userIds',
  damping: number,
  expected: (movieId: number) => number,
): Map<number, number> {
  const sums = new Map<number, { sum: number; n: number }>();
  for (const { movieIds, stars, [by]: ids } of blocks) {
    ids.forEach((id, i) => {
      const entry = sums.get(id) ?? { sum: 0, n: 0 };
      entry.sum += stars[i] - expected(movieIds[i]);
      entry.n++;
      sums.set(id, entry);
    });
  }
  return new Map(Array.from(sums, ([id, { sum, n }]) => [id, sum / (n + damping)]));
}

/** How many people liked each movie, which any ranking must beat. (M), by row of `rowOf`. */
export function popularity(train: Ratings, movies: number, rowOf: (movieId: number) => number): Float32Array {
  return countLikes(new Float32Array(movies), train, rowOf);
}

/** Adds the likes of some ratings to those of each movie. */
export function countLikes(likes: Float32Array, { count, movieIds, stars }: Ratings, rowOf: (id: number) => number) {
  for (let i = 0; i < count; i++) {
    const row = rowOf(movieIds[i]);
    if (row >= 0 && stars[i] >= LIKE_FROM) likes[row]++;
  }
  return likes;
}

/** The days before a cut in time whose likes count as recent. */
export const RECENT_DAYS = [7, 30] as const;

/**
 * Movies by how many people liked them in the days before a cut in time, of equal numbers by `popularity`, then by row.
 * (M), from M for the first to 1 for the last.
 *
 * @param from the second of the cut, which `train` does not reach
 * @param likes `popularity` of the same ratings
 */
export function recentPopularity(
  train: Ratings,
  { from, days }: { readonly from: number; readonly days: number },
  likes: Float32Array,
  rowOf: (movieId: number) => number,
): Float32Array {
  const since = from - days * DAY;
  const positions = Int32Array.from({ length: train.count }, (_, i) => i).filter((i) => train.timestamps[i] >= since);
  const recent = popularity(takeRatings(train, positions), likes.length, rowOf);
  const order = Int32Array.from(likes, (_, row) => row);
  order.sort((a, b) => recent[b] - recent[a] || likes[b] - likes[a] || a - b);
  const scores = new Float32Array(likes.length);
  order.forEach((row, place) => {
    scores[row] = likes.length - place;
  });
  return scores;
}
