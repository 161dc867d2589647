import { rowIndex } from '../../../shared/math/row-index.ts';
import type { SpillFolder } from '../../math/spill-file.ts';
import type { Ratings } from '../dataset.ts';
import { withoutDuplicates } from '../duplicates.ts';
import { timed, untimedIn } from '../join-file.ts';
import { appendRatings } from '../ratings.ts';
import { RatingParts } from './rating-parts.ts';
import type { SpilledSources } from './sources.ts';

/** The ratings of a range of users. */
export interface UserPart {
  /** Those of the first file. */
  readonly base: Ratings;
  /** Those of all files, each pair once. */
  readonly joined: Ratings;
}

/** What a file added to those before. */
export interface FileTotals {
  ratings: number;
  /** How many of them are pairs that the files before had. */
  known: number;
  untimed: number;
}

/** Rows of several files on a disk, cut into ranges of users. Reading a range joins the files as `joinFile` does. */
export class UserParts {
  readonly count: number;
  /** For each file, complete once all ranges are read. */
  readonly totals: readonly FileTotals[];
  /** Rows of each movie, repeated pairs included. */
  readonly movieRows: Int32Array; // (M)
  readonly #parts: RatingParts;
  readonly #newest: readonly number[];

  /** @param movieIds all movies, ascending; other rows are not counted */
  constructor(spill: SpillFolder, { rows, users, newest }: SpilledSources, movieIds: Int32Array, most: number) {
    const files = newest.length;
    const { count, of } = users.ranges(most);
    const rowOf = rowIndex(movieIds);
    this.count = count;
    this.totals = newest.map(() => ({ ratings: 0, known: 0, untimed: 0 }));
    this.movieRows = new Int32Array(movieIds.length);
    this.#newest = newest;
    this.#parts = new RatingParts(spill.open(), count * files);
    for (let file = 0; file < files; file++) {
      for (const { count: n, userIds, movieIds: rated, stars, timestamps } of rows.pieces(file)) {
        for (let i = 0; i < n; i++) {
          this.#parts.add(of(userIds[i]) * files + file, userIds[i], rated[i], stars[i], timestamps[i]);
          const movie = rowOf(rated[i]);
          if (movie >= 0) this.movieRows[movie]++;
        }
      }
    }
    rows.close();
  }

  /** The ranges in order. */
  *[Symbol.iterator](): Generator<UserPart> {
    for (let part = 0; part < this.count; part++) yield this.#join(part);
    this.#parts.close();
  }

  #join(part: number): UserPart {
    const files = this.#newest.length;
    const base = withoutDuplicates(this.#parts.whole(part * files));
    let joined = base;
    for (let file = 1; file < files; file++) {
      const read = withoutDuplicates(this.#parts.whole(part * files + file));
      if (read.count === 0) continue;
      const before = joined.count;
      joined = withoutDuplicates(appendRatings(joined, timed(read, this.#newest[file - 1])));
      const totals = this.totals[file];
      totals.ratings += read.count;
      totals.known += before + read.count - joined.count;
      totals.untimed += untimedIn(read);
    }
    return { base, joined };
  }
}
