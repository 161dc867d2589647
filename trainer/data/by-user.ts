import type { StoredUser } from '../../shared/artifact/user-batch.ts';
import type { Model, RatedMovies, UserVectors } from '../../shared/model/model.ts';
import { withBias } from '../../shared/model/score.ts';
import type { Ratings } from './dataset.ts';
import { userSequences } from './rating-matrix.ts';

/** Calls `visit` for every user, ascending by id, with the positions of their ratings, oldest first. */
export function forEachUser(ratings: Ratings, visit: (userId: number, positions: Int32Array) => void): void {
  const { userIds, offsets, positions } = userSequences(ratings);
  for (let u = 0; u < userIds.length; u++) visit(userIds[u], positions.subarray(offsets[u], offsets[u + 1]));
}

/** The ratings at `positions` as rows of the movie table, without movies that it lacks. */
export function ratedMovies(ratings: Ratings, positions: Int32Array, rowOf: (movieId: number) => number): RatedMovies {
  const known = positions.filter((i) => rowOf(ratings.movieIds[i]) >= 0);
  return {
    rows: known.map((i) => rowOf(ratings.movieIds[i])),
    stars: Float32Array.from(known, (i) => ratings.stars[i]),
  };
}

/** A user of users.arrow as scoring needs them. */
export function trainedVectors(model: Model, user: StoredUser): UserVectors {
  return withBias(model, user, { rows: Int32Array.from(user.movieIds, model.movies.rowOf), stars: user.stars });
}
