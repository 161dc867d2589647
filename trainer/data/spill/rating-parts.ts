import type { SpillFile } from '../../math/spill-file.ts';
import type { Ratings } from '../dataset.ts';

/** Rows of a part that are kept before they are written. */
const KEPT = 1 << 13;

/** Some rows of a part, one column after the other. */
interface Piece {
  readonly begin: number; // byte
  readonly count: number;
}

interface Kept {
  readonly rows: Ratings;
  used: number;
}

/** Ratings on a disk that are sorted into parts and read back part by part, each in the order in which its rows came. */
export class RatingParts {
  readonly #file: SpillFile;
  readonly #pieces: Piece[][];
  readonly #kept: (Kept | undefined)[];

  constructor(file: SpillFile, parts: number) {
    this.#file = file;
    this.#pieces = Array.from({ length: parts }, () => []);
    this.#kept = Array.from({ length: parts });
  }

  get parts(): number {
    return this.#pieces.length;
  }

  add(part: number, userId: number, movieId: number, stars: number, timestamp: number): void {
    let kept = this.#kept[part];
    if (kept === undefined) this.#kept[part] = kept = { rows: columns(KEPT), used: 0 };
    const { rows, used } = kept;
    rows.userIds[used] = userId;
    rows.movieIds[used] = movieId;
    rows.stars[used] = stars;
    rows.timestamps[used] = timestamp;
    kept.used++;
    if (kept.used === KEPT) this.#flush(part);
  }

  /** Rows that are a piece as they are. */
  append(part: number, { count, userIds, movieIds, stars, timestamps }: Ratings): void {
    if (count === 0) return;
    const begin = this.#file.append(timestamps.subarray(0, count));
    for (const column of [userIds, movieIds, stars]) this.#file.append(column.subarray(0, count));
    this.#pieces[part].push({ begin, count });
  }

  /** The pieces of a part. */
  *pieces(part: number): Generator<Ratings> {
    this.#flush(part);
    for (const { begin, count } of this.#pieces[part]) {
      const rows = columns(count);
      this.#read(rows, begin, 0, count);
      yield rows;
    }
  }

  /** All rows of a part. */
  whole(part: number): Ratings {
    this.#flush(part);
    const rows = columns(this.#pieces[part].reduce((sum, { count }) => sum + count, 0));
    let at = 0;
    for (const { begin, count } of this.#pieces[part]) {
      this.#read(rows, begin, at, count);
      at += count;
    }
    return rows;
  }

  close(): void {
    this.#kept.length = 0;
    this.#file.close();
  }

  #read({ userIds, movieIds, stars, timestamps }: Ratings, begin: number, at: number, count: number): void {
    this.#file.read(timestamps.subarray(at, at + count), begin);
    [userIds, movieIds, stars].forEach((column, c) => {
      this.#file.read(column.subarray(at, at + count), begin + (8 + 4 * c) * count);
    });
  }

  #flush(part: number): void {
    const kept = this.#kept[part];
    if (!kept) return;
    this.append(part, { ...kept.rows, count: kept.used });
    kept.used = 0;
  }
}

function columns(count: number): Ratings {
  return {
    count,
    userIds: new Int32Array(count),
    movieIds: new Int32Array(count),
    stars: new Float32Array(count),
    timestamps: new Float64Array(count),
  };
}
