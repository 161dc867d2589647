import type { Ratings } from '../dataset.ts';

const SEGMENT_ROWS = 1 << 16;

/**
 * Rating columns that grow. They grow by segments, which are joined column by column at the end. So N rows take at most 20 N
 * bytes and, once more, the longest column (8 N bytes).
 */
export class RatingColumns {
  count = 0;
  readonly #userIds: Int32Array[] = [];
  readonly #movieIds: Int32Array[] = [];
  readonly #stars: Float32Array[] = [];
  readonly #timestamps: Float64Array[] = [];
  #row = SEGMENT_ROWS; // in the last segment

  push(userId: number, movieId: number, stars: number, timestamp: number): void {
    if (this.#row === SEGMENT_ROWS) {
      this.#addSegment();
    }
    const last = this.#userIds.length - 1;
    const row = this.#row++;
    this.#userIds[last][row] = userId;
    this.#movieIds[last][row] = movieId;
    this.#stars[last][row] = stars;
    this.#timestamps[last][row] = timestamp;
    this.count++;
  }

  /** The columns, `count` long, and an empty builder. */
  take(): Ratings {
    const { count } = this;
    this.count = 0;
    this.#row = SEGMENT_ROWS;
    return {
      count,
      userIds: join(this.#userIds, new Int32Array(count)),
      movieIds: join(this.#movieIds, new Int32Array(count)),
      stars: join(this.#stars, new Float32Array(count)),
      timestamps: join(this.#timestamps, new Float64Array(count)),
    };
  }

  #addSegment(): void {
    this.#userIds.push(new Int32Array(SEGMENT_ROWS));
    this.#movieIds.push(new Int32Array(SEGMENT_ROWS));
    this.#stars.push(new Float32Array(SEGMENT_ROWS));
    this.#timestamps.push(new Float64Array(SEGMENT_ROWS));
    this.#row = 0;
  }
}

function join<T extends Int32Array | Float32Array | Float64Array>(segments: T[], whole: T): T {
  for (let s = 0; s < segments.length; s++) {
    const start = s * SEGMENT_ROWS;
    whole.set(segments[s].subarray(0, Math.min(SEGMENT_ROWS, whole.length - start)), start);
  }
  segments.length = 0;
  return whole;
}
