import type { Model } from '../../shared/model/model.ts';
import { foldIn } from '../../shared/model/score.ts';
import { forEachUser, ratedMovies } from '../data/by-user.ts';
import type { Ratings } from '../data/dataset.ts';
import { LIKE_FROM } from '../data/likes.ts';
import type { Split } from '../data/split.ts';
import { random, STREAMS, shuffled } from '../math/random.ts';
import { biasBaseline, popularity } from './baselines.ts';
import type { ListOrder } from './list-orders.ts';
import { type Measured, Measurement } from './measurement.ts';

/** Quality for unseen users of whom `shown` ratings are known, beside the baselines. */
export interface ColdStartPoint extends Measured {
  readonly shown: number;
}

/** What a newcomer says first, out of what they rated: positions in time order in, those that are known out. */
interface Start {
  readonly counts: readonly number[];
  order(ratings: Ratings, positions: Int32Array): Int32Array;
}

const STARTS = {
  /** Their first ratings, liked or not, as a site asked for them when they signed up. */
  first: { counts: [0, 1, 2, 3, 5, 10, 15], order: (_, positions) => positions },
  /** Films that they loved, named in any order: likes, drawn at random. */
  favourites: {
    counts: [3, 5, 10],
    order({ stars, userIds }, positions) {
      const likes = positions.filter((i) => stars[i] >= LIKE_FROM);
      return shuffled(likes.length, random(userIds[positions[0]], STREAMS.favourites)).map((k) => likes[k]);
    },
  },
} satisfies Readonly<Record<string, Start>>;

/** How newcomers begin. */
export type ColdStart = keyof typeof STARTS;

/**
 * Quality by the number of known ratings: unseen users are folded in from 3, 5, … ratings, and measured on the same last
 * ratings each time. What else they rated before those is neither known nor recommended, for the model and the baselines
 * alike. Who has fewer ratings to begin with is known by these.
 */
export function coldStartCurve(
  model: Model,
  { train, shown, test }: Split,
  begin: ColdStart,
  by?: ListOrder,
): readonly ColdStartPoint[] {
  if (!shown) return [];
  const start: Start = STARTS[begin];
  const { rowOf } = model.movies;
  const bias = biasBaseline(train, model.manifest.scale);
  const likes = popularity(train, model.movies.count, rowOf);
  const testPositions = new Map<number, Int32Array>();
  forEachUser(test, (userId, positions) => testPositions.set(userId, positions));
  return start.counts.map((count) => {
    const measurement = new Measurement(model, test, likes, { by });
    forEachUser(shown, (userId, positions) => {
      const known = start.order(shown, positions).subarray(0, count);
      const rated = ratedMovies(shown, known, rowOf);
      const seen = new Set(Array.from(positions, (i) => rowOf(shown.movieIds[i])));
      const userBias = bias.userBias(shown, known);
      const biasOf = (movieId: number) => bias.predictWith(userBias, movieId);
      const user = { vectors: foldIn(model, rated), rated, seen };
      measurement.add(testPositions.get(userId) ?? new Int32Array(0), user, biasOf);
    });
    return { shown: count, ...measurement.result() };
  });
}
