import type { SpilledRows } from '../../math/sparse.ts';
import { offsetsOf } from '../../math/sparse.ts';
import type { SpillFolder } from '../../math/spill-file.ts';
import type { RatingParts } from './rating-parts.ts';
import { EntryFiles } from './row-files.ts';
import type { UserRows } from './user-rows.ts';

/** The movies' rows, ascending by user row: range by range, by counting. */
export function sortByMovie(
  spill: SpillFolder,
  { byMovie, movieCounts }: UserRows,
  users: number,
  blockEntries: number,
): SpilledRows {
  const offsets = offsetsOf(movieCounts);
  const entries = new EntryFiles(spill);
  const next = offsets.slice();
  let begin = 0;
  for (let part = 0; part < byMovie.parts; part++) begin = writeRange(entries, byMovie, part, { next, begin });
  byMovie.close();
  return entries.rows(offsets, users, blockEntries);
}

/** @returns where the next range begins */
function writeRange(
  entries: EntryFiles,
  parts: RatingParts,
  part: number,
  { next, begin }: { readonly next: Int32Array; readonly begin: number },
): number {
  const { count, userIds: users, movieIds: movies, stars } = parts.whole(part);
  const [indices, values] = [new Int32Array(count), new Float32Array(count)];
  for (let k = 0; k < count; k++) {
    const at = next[movies[k]]++ - begin;
    indices[at] = users[k];
    values[at] = stars[k];
  }
  entries.write(indices, values);
  return begin + count;
}
