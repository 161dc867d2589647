import { openUsers, rangesOf, readAllUsers, readUser } from '../../shared/artifact/users-file.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { MovieFilter } from '../../shared/filters/movie-filters.ts';
import { rowFilter } from '../../shared/filters/select.ts';
import { topK } from '../../shared/math/topk.ts';
import type { Model, RatedMovies, UserVectors } from '../../shared/model/model.ts';
import { startOfMovie } from '../../shared/model/movie-kind.ts';
import { scoredBy } from '../../shared/model/next.ts';
import type { Ordering } from '../../shared/model/ordering.ts';
import { NOTHING_RATED } from '../../shared/model/posterior.ts';
import { foldIn, predictRating, scoreMovies, withBias } from '../../shared/model/score.ts';
import { afterDays, daysSince, wholeHours } from '../../shared/model/time-away.ts';
import { forEachUser, ratedMovies, trainedVectors } from '../data/by-user.ts';
import type { Movie, Pairs, Ratings } from '../data/dataset.ts';

/**
 * Predicted stars of (user, movie) pairs, (N). Users of `shown` are folded in from those ratings alone, others have their
 * stored vectors, and users unknown to both are average users. A movie that the model lacks is the average movie, or the
 * average of its genres and year where the catalogue has them.
 *
 * @param users bytes of users.arrow
 * @param catalogue movies by id
 */
export async function predictPairs(
  model: Model,
  users: Uint8Array,
  pairs: Pairs,
  shown: Ratings | null,
  catalogue: ReadonlyMap<number, Movie> = new Map(),
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
  const newcomer = foldIn(model, NOTHING_RATED);
  return Float32Array.from({ length: pairs.count }, (_, i) => {
    const row = model.movies.rowOf(pairs.movieIds[i]);
    const unknown = row < 0 ? catalogue.get(pairs.movieIds[i]) : undefined;
    const start = unknown && startOfMovie(model, unknown);
    return predictRating(model, vectors.get(pairs.userIds[i]) ?? newcomer, row, start);
  });
}

/** One movie of a user's list. */
export interface Recommendation {
  readonly userId: number;
  /** 1 is the best. */
  readonly rank: number;
  readonly movieId: number;
  readonly score: number;
  readonly predictedRating: number;
}

/** How lists are made. */
export interface RecommendationRequest extends Ordering {
  readonly k: number;
  readonly filter?: MovieFilter;
}

/** A user who gets a list. */
interface Recipient {
  readonly userId: number;
  readonly vectors: UserVectors;
  readonly rated: RatedMovies;
}

/**
 * Top k of every user of `shown`, folded in from those ratings alone. Rated movies are left out. Users ascend by id, best
 * movies come first: the same as `GET /recommend` answers for these ratings and this filter.
 */
export function* recommendAll(model: Model, shown: Ratings, request: RecommendationRequest): Generator<Recommendation> {
  const users: [number, Int32Array][] = [];
  forEachUser(shown, (userId, positions) => users.push([userId, positions]));
  const scores = new Float32Array(model.movies.count);
  for (const [userId, positions] of users) {
    const rated = ratedMovies(shown, positions, model.movies.rowOf);
    yield* recommendTo(model, { userId, vectors: foldIn(model, rated), rated }, request, scores);
  }
}

/**
 * Top k of a user of the training, without the movies that they rated there.
 *
 * @param users bytes of users.arrow
 * @param now seconds since the epoch
 * @throws `unknown-user` when training did not see the user
 */
export async function recommendStored(
  model: Model,
  users: Uint8Array,
  { userId, now }: { readonly userId: number; readonly now: number },
  request: RecommendationRequest,
): Promise<Recommendation[]> {
  const read = rangesOf(users);
  const user = await readUser(read, await openUsers(read, model.manifest), userId);
  if (!user) {
    throw new MarqueeError('unknown-user', `${model.manifest.version} was trained without a user ${userId}`, {
      fix: 'Fold people in from a file of their ratings (--ratings), or join it to the training (train --extra).',
    });
  }
  const rows = Int32Array.from(user.movieIds, model.movies.rowOf);
  const rated = { rows, stars: user.stars, days: wholeHours(daysSince(user.times.at(-1) ?? 0, now)) };
  const recipient = { userId, vectors: afterDays(model, withBias(model, user, rated), rated), rated };
  return [...recommendTo(model, recipient, request, new Float32Array(model.movies.count))];
}

/** @param scores scratch, (M) */
function* recommendTo(
  model: Model,
  { userId, vectors, rated }: Recipient,
  { k, filter = {}, ...ordering }: RecommendationRequest,
  scores: Float32Array,
): Generator<Recommendation> {
  const user = scoredBy(vectors, ordering, model, rated);
  scoreMovies(model, user, ordering.blend, scores);
  const best = topK(scores, k, rowFilter(model.movies, filter, rated.rows));
  for (const [index, row] of best.entries()) {
    yield {
      userId,
      rank: index + 1,
      movieId: model.movies.movieIds[row],
      score: scores[row],
      predictedRating: predictRating(model, vectors, row),
    };
  }
}
