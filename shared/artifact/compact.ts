/**
 * The codes of compact.arrow. A number becomes a multiple of one step for all numbers of its kind, so that small ones take
 * few bits once they are packed: number ≈ step · code. Codes 0, −1, 1, −2, 2 … are written as 0, 1, 2, 3, 4 …, low and high
 * bytes apart, because high ones are mostly zeros, and the most rated movies first (`byPopularity`), because the numbers of
 * rarely rated ones are small.
 */

/** The vector columns, in the order of movies.arrow. */
export const COMPACT_COLUMNS = ['factors', 'relevance', 'history', 'prior', 'factorVariance'] as const;
export type CompactColumn = (typeof COMPACT_COLUMNS)[number];

/** How the vectors of one kind are coded. */
interface Coding {
  /** Of the largest code, its sign included. */
  readonly bits: number;
  /** How many of the last numbers of a vector have an eighth of the step. */
  readonly fine: number;
}

/**
 * So many bits that all of 9,066 movies takes less than 2 MB, and errors of relevance, of histories and of the rating
 * block come to about the same share of a score. The last two numbers of relevance, popularity and what is popular of
 * late, are small and count in full for everybody.
 */
export const COMPACT_CODING: Readonly<Record<CompactColumn, Coding>> = {
  factors: { bits: 10.5, fine: 0 },
  relevance: { bits: 12.5, fine: 2 },
  history: { bits: 12.5, fine: 0 },
  prior: { bits: 9.5, fine: 0 },
  factorVariance: { bits: 6, fine: 0 },
};

/** Parts of a step that fine numbers are multiples of. */
const PARTS = 8;

/** Schema metadata of compact.arrow: the steps by column, JSON. */
export const STEPS = 'steps';

/** The largest catalogue that gets a compact file: of more movies it would be too much to load into a page. */
export const MOST_COMPACT = 20_000;

/** Codes of one kind of vectors, (M, width), in the order of positions. */
export interface Codes {
  readonly step: number;
  readonly fine: number;
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/**
 * Codes of vectors.
 *
 * @param values (M, width)
 * @param order row of each position, (M)
 */
export function codesOf(values: Float32Array, order: Int32Array, { bits, fine }: Coding): Codes {
  let largest = 0;
  for (let at = 0; at < values.length; at++) largest = Math.max(largest, Math.abs(values[at]));
  const step = largest / (2 ** (bits - 1) - 1);
  const width = values.length / order.length;
  const [low, high] = [new Uint8Array(values.length), new Uint8Array(values.length)];
  let to = 0;
  for (const row of order) {
    for (let x = 0; x < width; x++, to++) {
      const part = x < width - fine ? 1 : PARTS;
      const code = step > 0 ? Math.round((values[row * width + x] / step) * part) : 0;
      const natural = code < 0 ? -2 * code - 1 : 2 * code;
      low[to] = natural & 255;
      high[to] = natural >> 8;
    }
  }
  return { step, fine, low, high };
}

/** The vectors that codes stand for. @param positions of the vectors wanted, (n) */
export function valuesOf(
  { step, fine, low, high }: Codes,
  positions: Int32Array,
  width: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(positions.length * width);
  let to = 0;
  for (const position of positions) {
    for (let x = 0; x < width; x++, to++) {
      const at = position * width + x;
      const natural = low[at] | (high[at] << 8);
      const code = natural & 1 ? -(natural + 1) / 2 : natural / 2;
      values[to] = (step * code) / (x < width - fine ? 1 : PARTS);
    }
  }
  return values;
}
