import { createHash } from 'node:crypto';
import { rowIndex } from '../../../shared/math/row-index.ts';
import { offsetsOf, type SpilledRows } from '../../math/sparse.ts';
import type { SpillFolder } from '../../math/spill-file.ts';
import type { Ratings } from '../dataset.ts';
import { hashRatings } from '../digest.ts';
import { newestTime } from '../join-file.ts';
import { timesByUser, userSequences } from '../rating-matrix.ts';
import { cut } from './ranges.ts';
import { RatingParts } from './rating-parts.ts';
import { EntryFiles, TimeFile } from './row-files.ts';

/** Users' rows as they are written, oldest ratings first, and the same ratings cut into ranges of movies. */
export class UserRows {
  /** Ratings of each movie. */
  readonly movieCounts: Int32Array; // (M)
  readonly times: TimeFile;
  /** By range of movies: user row, movie row and stars, ascending by user row. */
  readonly byMovie: RatingParts;
  readonly stars = new Set<number>();
  count = 0;
  /** Time of the newest rating; 0 where none has one. */
  newest = 0;
  readonly #movieParts: Int32Array; // (M)
  readonly #rowOf: (movieId: number) => number;
  readonly #entries: EntryFiles;
  readonly #hash = createHash('sha256');
  readonly #userIds: Int32Array[] = [];
  readonly #lengths: Int32Array[] = [];
  #users = 0;

  /** @param movieRows how many ratings of each movie there may be, by which movies are cut into ranges of `most` */
  constructor(spill: SpillFolder, movieIds: Int32Array, movieRows: Int32Array, most: number) {
    const { parts, count } = cut(movieRows, most);
    this.movieCounts = new Int32Array(movieIds.length);
    this.times = new TimeFile(spill);
    this.byMovie = new RatingParts(spill.open(), count);
    this.#movieParts = parts;
    this.#rowOf = rowIndex(movieIds);
    this.#entries = new EntryFiles(spill);
  }

  /** The next users: ids above those before. */
  write(ratings: Ratings): void {
    hashRatings(this.#hash, ratings);
    const sequences = userSequences(ratings);
    const { userIds, offsets, positions } = sequences;
    const rows = Int32Array.from(positions, (i) => this.#rowOf(ratings.movieIds[i]));
    const stars = Float32Array.from(positions, (i) => ratings.stars[i]);
    this.#entries.write(rows, stars);
    this.times.write(timesByUser(ratings, sequences));
    for (let u = 0; u < userIds.length; u++) {
      for (let k = offsets[u]; k < offsets[u + 1]; k++) {
        this.movieCounts[rows[k]]++;
        this.byMovie.add(this.#movieParts[rows[k]], this.#users + u, rows[k], stars[k], 0);
      }
    }
    for (let k = 0; k < stars.length; k++) this.stars.add(stars[k]);
    this.#userIds.push(userIds);
    this.#lengths.push(userIds.map((_, u) => offsets[u + 1] - offsets[u]));
    this.#users += userIds.length;
    this.count += ratings.count;
    this.newest = Math.max(this.newest, newestTime(ratings));
  }

  /** The users and their rows, once all are written. */
  finish(blockEntries: number): { userIds: Int32Array; byUser: SpilledRows; sha256: string } {
    const byUser = this.#entries.rows(offsetsOf(joined(this.#lengths)), this.movieCounts.length, blockEntries);
    return { userIds: joined(this.#userIds), byUser, sha256: this.#hash.digest('hex') };
  }
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
