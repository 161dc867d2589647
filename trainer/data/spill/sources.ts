import type { SpillFolder } from '../../math/spill-file.ts';
import type { Ratings } from '../dataset.ts';
import { newestTime } from '../join-file.ts';
import { type OnNote, readRatingRows } from '../movielens/ratings.ts';
import { IdCounts } from './ranges.ts';
import { RatingParts } from './rating-parts.ts';

/** The rows of rating files as they stand there, on a disk, and what is known of them. */
export interface SpilledSources {
  /** A part for each file. */
  readonly rows: RatingParts;
  readonly users: IdCounts;
  /** Ids that each file rates, ascending. */
  readonly movieIds: readonly Int32Array[];
  /** The newest time of each file and those before, seconds since 1970. */
  readonly newest: readonly number[];
}

/** Copies rating files to a disk, row by row. */
export async function spillSources(
  spill: SpillFolder,
  paths: readonly string[],
  onNote?: OnNote,
): Promise<SpilledSources> {
  const rows = new RatingParts(spill.open(), paths.length);
  const users = new IdCounts();
  const movieIds: Int32Array[] = [];
  const newest: number[] = [];
  for (const [at, path] of paths.entries()) {
    const rated = new Set<number>();
    let latest = newest[at - 1] ?? 0;
    const take = (read: Ratings) => {
      rows.append(at, read);
      users.add(read.userIds);
      latest = Math.max(latest, newestTime(read));
      for (let i = 0; i < read.count; i++) rated.add(read.movieIds[i]);
    };
    await readRatingRows(path, take, { onNote });
    movieIds.push(Int32Array.from(rated).sort());
    newest.push(latest);
  }
  return { rows, users, movieIds, newest };
}
