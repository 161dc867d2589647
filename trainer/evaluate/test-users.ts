import { readAllUsers } from '../../shared/artifact/users-file.ts';
import type { Model } from '../../shared/model/model.ts';
import { NOTHING_RATED } from '../../shared/model/posterior.ts';
import { foldIn } from '../../shared/model/score.ts';
import { forEachUser, ratedMovies, trainedVectors } from '../data/by-user.ts';
import type { Split } from '../data/split.ts';
import type { BiasBaseline } from './baselines.ts';
import type { KnownUser } from './measurement.ts';

/** A user of the test part as the model knows them. */
export interface TestUser extends KnownUser {
  /** The Bias baseline's user bias from the shown ratings; null for users of the training part. */
  readonly shownBias: number | null;
}

/** Every user of the test part, by id. */
export async function testUsers(
  model: Model,
  users: Uint8Array,
  { shown, test }: Split,
  bias: BiasBaseline,
): Promise<Map<number, TestUser>> {
  const { rowOf } = model.movies;
  const wanted = new Set(test.userIds);
  const found = new Map<number, TestUser>();
  if (shown) {
    forEachUser(shown, (userId, positions) => {
      const rated = ratedMovies(shown, positions, rowOf);
      const shownBias = bias.userBias(shown, positions);
      found.set(userId, { vectors: foldIn(model, rated), rated, seen: new Set(rated.rows), shownBias });
    });
  } else {
    for await (const user of readAllUsers(users, model.manifest)) {
      if (!wanted.has(user.userId)) continue;
      const rated = { rows: Int32Array.from(user.movieIds, rowOf), stars: user.stars };
      const seen = new Set(rated.rows);
      found.set(user.userId, { vectors: trainedVectors(model, user), rated, seen, shownBias: null });
    }
  }
  const nobody = { vectors: foldIn(model, NOTHING_RATED), rated: NOTHING_RATED, seen: new Set<number>(), shownBias: 0 };
  for (const userId of wanted) if (!found.has(userId)) found.set(userId, nobody);
  return found;
}
