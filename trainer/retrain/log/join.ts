import { fromHalfStars, TAKEN_BACK } from '../../../shared/ratings/rating.ts';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';
import type { Dataset, Ratings } from '../../data/dataset.ts';
import { digestRatings } from '../../data/digest.ts';
import { withoutDuplicates } from '../../data/duplicates.ts';
import { appendRatings, takeRatings } from '../../data/ratings.ts';

/** A data set without the ratings of these people. */
export function withoutPeople(base: Dataset, people: ReadonlySet<number>): Dataset {
  if (!base.ratings.userIds.some((userId) => people.has(userId))) return base;
  const ratings = withoutTheirs(base.ratings, people);
  return { ...base, ratings, sha256: digestRatings(ratings) };
}

/** `withoutPeople` for ratings alone. */
export function withoutTheirs(ratings: Ratings, people: ReadonlySet<number>): Ratings {
  const { userIds } = ratings;
  return takeRatings(
    ratings,
    userIds.map((_, i) => i).filter((i) => !people.has(userIds[i])),
  );
}

/**
 * Joins a data set and the rating log. For each (user, movie) the latest timestamp wins; of equal ones the log's, and in
 * the log the later seq. Ratings that were taken back are left out. The result depends on the rows alone, not on how they
 * were partitioned. The digest is that of the joined ratings; without a log it is the data set's own.
 *
 * @param log rows in any order
 */
export function joinLog(base: Dataset, log: readonly LogRow[]): Dataset {
  if (log.length === 0) return base;
  const ratings = joinRows(base.ratings, log);
  return { ...base, ratings, sha256: digestRatings(ratings) };
}

/** `joinLog` for ratings alone. */
export function joinRows(base: Ratings, log: readonly LogRow[]): Ratings {
  const rows = [...log].sort((a, b) => a.timestamp - b.timestamp || a.seq - b.seq);
  const latest = withoutDuplicates(appendRatings(base, columnsOf(rows)));
  return takeRatings(
    latest,
    Int32Array.from(latest.stars, (_, i) => i).filter((i) => latest.stars[i] !== TAKEN_BACK),
  );
}

function columnsOf(rows: readonly LogRow[]): Ratings {
  return {
    count: rows.length,
    userIds: Int32Array.from(rows, ({ userId }) => userId),
    movieIds: Int32Array.from(rows, ({ movieId }) => movieId),
    stars: Float32Array.from(rows, ({ halfStars }) => (halfStars === null ? TAKEN_BACK : fromHalfStars(halfStars))),
    timestamps: Float64Array.from(rows, ({ timestamp }) => timestamp),
  };
}
