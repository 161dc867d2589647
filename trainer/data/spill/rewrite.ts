import { distinct } from '../../math/ids.ts';
import { rowsBetween } from '../../math/sparse.ts';
import type { SpillFolder } from '../../math/spill-file.ts';
import type { Ratings } from '../dataset.ts';
import { timesBetween } from '../times.ts';
import { SPILL_SIZES, type SpilledDataset, type SpillSizes, sortedRatings } from './spill-dataset.ts';
import { UserRows } from './user-rows.ts';

/** The ratings of a spilled data set, some users at a time: ascending by user, each user's oldest first. */
export function* ratingBlocks({ matrix, times }: SpilledDataset, most = SPILL_SIZES.partRatings): Generator<Ratings> {
  const { userIds, movieIds, byUser } = matrix;
  const { rows, offsets } = byUser;
  for (let from = 0, to = 0; from < rows; from = to) {
    do to++;
    while (to < rows && offsets[to + 1] - offsets[from] <= most);
    const block = rowsBetween(byUser, from, to);
    const users = new Int32Array(block.indices.length);
    for (let u = from; u < to; u++) users.fill(userIds[u], offsets[u] - offsets[from], offsets[u + 1] - offsets[from]);
    yield {
      count: users.length,
      userIds: users,
      movieIds: block.indices.map((row) => movieIds[row]),
      stars: block.values,
      timestamps: Float64Array.from(timesBetween(times, offsets[from], offsets[to])),
    };
  }
}

/**
 * A spilled data set with other ratings, which are held block by block.
 *
 * @param blocks its ratings from now on, users ascending from block to block
 * @param movies its films from now on: all that are rated are among them
 */
export function rewrite(
  spill: SpillFolder,
  { matrix, ...before }: SpilledDataset,
  blocks: Iterable<Ratings>,
  movies: SpilledDataset['movies'],
  { partRatings, blockRatings }: SpillSizes = SPILL_SIZES,
): SpilledDataset {
  const movieIds = distinct(Int32Array.from(movies.keys()));
  const rows = new UserRows(spill, movieIds, countsBefore(matrix, movieIds), partRatings);
  for (const block of blocks) rows.write(block);
  return {
    ...before,
    movies,
    ...sortedRatings(spill, rows, movieIds, blockRatings),
  };
}

/** Ratings that each movie had: by these, ranges of movies are cut. */
function countsBefore({ movieIds, byMovie: { offsets } }: SpilledDataset['matrix'], wanted: Int32Array): Int32Array {
  const counts = new Map(Array.from(movieIds, (movieId, row) => [movieId, offsets[row + 1] - offsets[row]]));
  return wanted.map((movieId) => counts.get(movieId) ?? 0);
}
