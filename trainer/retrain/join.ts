import { fromHalfStars } from '../../shared/rating.ts';
import type { Dataset, Ratings } from '../dataset.ts';
import { digestRatings } from '../datasets/digest.ts';
import { withoutDuplicates } from '../datasets/duplicates.ts';
import { takeRatings } from '../matrix.ts';
import type { LogRow } from './partition.ts';

/** No rating has as many stars: what was taken back. */
const TAKEN_BACK = 0;

/**
 * A data set and the rating log as one: of each (user, movie) the latest timestamp wins, of equal ones the log's, and
 * in the log the later seq; ratings taken back are gone. Depends on the rows alone, not on how they were partitioned.
 * The digest is that of the joined ratings; without a log it is the data set's own.
 *
 * @param log rows in any order
 */
export function joinLog(base: Dataset, log: readonly LogRow[]): Dataset {
  if (log.length === 0) return base;
  const rows = [...log].sort((a, b) => a.timestamp - b.timestamp || a.seq - b.seq);
  const latest = withoutDuplicates(append(base.ratings, rows));
  const kept = Array.from({ length: latest.count }, (_, i) => i).filter((i) => latest.stars[i] !== TAKEN_BACK);
  const ratings = takeRatings(latest, kept);
  return { ...base, ratings, sha256: digestRatings(ratings) };
}

function append(base: Ratings, rows: readonly LogRow[]): Ratings {
  const N = base.count;
  const count = N + rows.length;
  const joined = {
    count,
    userIds: new Int32Array(count),
    movieIds: new Int32Array(count),
    stars: new Float32Array(count),
    timestamps: new Float64Array(count),
  };
  joined.userIds.set(base.userIds);
  joined.movieIds.set(base.movieIds);
  joined.stars.set(base.stars);
  joined.timestamps.set(base.timestamps);
  rows.forEach(({ userId, movieId, halfStars, timestamp }, j) => {
    joined.userIds[N + j] = userId;
    joined.movieIds[N + j] = movieId;
    joined.stars[N + j] = halfStars === null ? TAKEN_BACK : fromHalfStars(halfStars);
    joined.timestamps[N + j] = timestamp;
  });
  return joined;
}
