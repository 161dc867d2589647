import type { Model } from '../../shared/model/model.ts';
import { foldIn } from '../../shared/model/score.ts';
import { forEachUser, ratedMovies } from '../data/by-user.ts';
import type { Split } from '../data/split.ts';
import { biasBaseline, popularity } from './baselines.ts';
import { type Measured, Measurement } from './measurement.ts';

/** Quality for people of whom `shown` ratings are known, beside the baselines. */
export interface ColdStartPoint extends Measured {
  readonly shown: number;
}

const SHOWN = [0, 1, 2, 3, 5, 10, 15];

/**
 * How quickly strangers become known: unseen users are folded in from their first 0, 1, 2, … ratings, and the same last
 * ratings are asked of them each time. What they rated in between is neither known nor recommended, to nobody's advantage.
 */
export function coldStartCurve(model: Model, { train, shown, test }: Split): readonly ColdStartPoint[] {
  if (!shown) return [];
  const { rowOf } = model.movies;
  const bias = biasBaseline(train, model.manifest.scale);
  const likes = popularity(train, model.movies.count, rowOf);
  const asked = new Map<number, Int32Array>();
  forEachUser(test, (userId, positions) => asked.set(userId, positions));
  return SHOWN.map((count) => {
    const measurement = new Measurement(model, test, likes);
    forEachUser(shown, (userId, positions) => {
      const known = positions.subarray(0, count);
      const user = foldIn(model, ratedMovies(shown, known, rowOf));
      const seen = new Set(Array.from(positions, (i) => rowOf(shown.movieIds[i])));
      const userBias = bias.userBias(shown, known);
      const biasOf = (movieId: number) => bias.predictWith(userBias, movieId);
      measurement.add(asked.get(userId) ?? new Int32Array(0), user, seen, biasOf);
    });
    return { shown: count, ...measurement.result() };
  });
}
