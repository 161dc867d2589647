import type { Model } from '../../shared/model/model.ts';
import { foldIn } from '../../shared/model/score.ts';
import { forEachUser, ratedMovies } from '../data/by-user.ts';
import type { Split } from '../data/split.ts';
import { biasBaseline, popularity } from './baselines.ts';
import type { ListOrder } from './list-orders.ts';
import { type Measured, Measurement } from './measurement.ts';

/** Quality for unseen users of whom `shown` ratings are known, beside the baselines. */
export interface ColdStartPoint extends Measured {
  readonly shown: number;
}

const SHOWN = [0, 1, 2, 3, 5, 10, 15];

/**
 * Quality by the number of known ratings: unseen users are folded in from their first 0, 1, 2, … ratings, and measured on
 * the same last ratings each time. What they rated in between is neither known nor recommended, for the model and the
 * baselines alike.
 */
export function coldStartCurve(model: Model, { train, shown, test }: Split, by?: ListOrder): readonly ColdStartPoint[] {
  if (!shown) return [];
  const { rowOf } = model.movies;
  const bias = biasBaseline(train, model.manifest.scale);
  const likes = popularity(train, model.movies.count, rowOf);
  const testPositions = new Map<number, Int32Array>();
  forEachUser(test, (userId, positions) => testPositions.set(userId, positions));
  return SHOWN.map((count) => {
    const measurement = new Measurement(model, test, likes, { by });
    forEachUser(shown, (userId, positions) => {
      const known = positions.subarray(0, count);
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
