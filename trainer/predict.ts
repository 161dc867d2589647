import type { Model, UserVectors } from '../shared/model.ts';
import { foldIn, predictRating, scoreMovies } from '../shared/score.ts';
import { topK } from '../shared/topk.ts';
import { readAllUsers } from '../shared/users-file.ts';
import { forEachUser, ratedMovies, trainedVectors } from './by-user.ts';
import type { Pairs, Ratings } from './dataset.ts';

/**
 * Predicted ratings, in stars, of (user, movie) pairs, (N). Users of `shown` are folded in from those ratings alone,
 * others have their stored vector, and users unknown to both are average users.
 *
 * @param users bytes of users.arrow
 */
export async function predictPairs(
  model: Model,
  users: Uint8Array,
  pairs: Pairs,
  shown: Ratings | null,
): Promise<Float32Array> {
  const wanted = new Set(pairs.userIds);
  const vectors = new Map<number, UserVectors>();
  for await (const user of readAllUsers(users, model.manifest))
    if (wanted.has(user.userId)) vectors.set(user.userId, trainedVectors(model, user));
  if (shown) {
    forEachUser(shown, (userId, positions) => {
      if (wanted.has(userId)) vectors.set(userId, foldIn(model, ratedMovies(shown, positions, model.movies.rowOf)));
    });
  }
  const stranger = foldIn(model, { rows: new Int32Array(0), stars: new Float32Array(0) });
  return Float32Array.from({ length: pairs.count }, (_, i) =>
    predictRating(model, vectors.get(pairs.userIds[i]) ?? stranger, model.movies.rowOf(pairs.movieIds[i])),
  );
}

/** One line of a batch recommendation. */
export interface Recommendation {
  readonly userId: number;
  /** 1 is the best. */
  readonly rank: number;
  readonly movieId: number;
  readonly score: number;
  readonly predictedRating: number;
}

/**
 * Top k of every user of `shown`, folded in from those ratings alone, which are left out of the answer. Users ascending
 * by id, best first: what `GET /recommend` answers for the same ratings.
 */
export function* recommendAll(model: Model, shown: Ratings, k: number, blend: number): Generator<Recommendation> {
  const users: [number, Int32Array][] = [];
  forEachUser(shown, (userId, positions) => users.push([userId, positions]));
  const scores = new Float32Array(model.movies.count);
  for (const [userId, positions] of users) {
    const rated = ratedMovies(shown, positions, model.movies.rowOf);
    const user = foldIn(model, rated);
    const seen = new Set(rated.rows);
    scoreMovies(model, user, blend, scores);
    for (const [index, row] of topK(scores, k, (row) => !seen.has(row)).entries()) {
      yield {
        userId,
        rank: index + 1,
        movieId: model.movies.movieIds[row],
        score: scores[row],
        predictedRating: predictRating(model, user, row),
      };
    }
  }
}
