/**
 * The codes of compact.arrow. A number becomes a multiple of one step for all numbers of its column, so that small ones take
 * few bits once they are packed: number = step · code, rounded to float32. Where a version has the file, its vectors in
 * movies.arrow and serving.arrow are such numbers too (`coded`), so that a browser scores as the Worker does.
 *
 * Codes 0, −1, 1, −2, 2 … are written as 0, 1, 2, 3, 4 …, the low bytes of all apart from the higher ones, because high
 * ones are mostly zeros, and the most rated movies first (`byPopularity`), because the numbers of rarely rated ones are
 * small.
 */

/** The vector columns, in the order of movies.arrow. */
export const COMPACT_COLUMNS = ['factors', 'relevance', 'history', 'prior', 'factorVariance'] as const;
export type CompactColumn = (typeof COMPACT_COLUMNS)[number];

/** Bits of the largest code of each column, its sign included. */
export type Precision = Readonly<Record<CompactColumn, number>>;

/**
 * So many bits that all of 9,066 movies takes less than 2 MB, and errors of relevance, of histories and of the rating
 * block come to about the same share of a score.
 */
export const TRAINED: Precision = { factors: 10.5, relevance: 12.5, history: 12.5, prior: 9.5, factorVariance: 6 };

/** Nearly float32's: `npm run import-factors` promises the scores of another system. */
export const IMPORTED: Precision = { factors: 20, relevance: 20, history: 20, prior: 20, factorVariance: 20 };

/**
 * How many of the last numbers of a vector have a fraction of the step. Those of relevance, popularity and what is popular
 * of late, are small and count in full for everybody.
 */
const FINE_LAST: Readonly<Record<CompactColumn, number>> = {
  factors: 0,
  relevance: 2,
  history: 0,
  prior: 0,
  factorVariance: 0,
};
const FINE_PARTS = 8;

/** Endings of the byte columns, the lowest first. The last is there only where a code needs it. */
export const PLANES = ['Low', 'High', 'Top'] as const;

/** Schema metadata of compact.arrow: the steps by column, JSON. */
export const STEPS = 'steps';

/** The largest catalogue that gets a compact file: of more movies it would be too much to load into a page. */
export const MOST_COMPACT = 20_000;

/** Codes of one column, in the order of positions. */
export interface Codes {
  readonly step: number;
  /** Of each number its bytes, the lowest first: at least two planes of (M, width). */
  readonly planes: readonly Uint8Array[];
}

/** Vectors as codes can say them. Coded again they stay the same. @param width of a vector */
export function coded(column: CompactColumn, values: Float32Array, width: number, precision = TRAINED): Float32Array {
  const step = stepOf(values, precision[column]);
  return values.map((value, at) => {
    const unit = unitOf(column, step, at % width, width);
    return unit * codeOf(unit, value);
  });
}

/**
 * Codes of vectors.
 *
 * @param values (M, width)
 * @param order row of each position, (M)
 */
export function codesOf(
  column: CompactColumn,
  values: Float32Array,
  order: Int32Array,
  precision: Precision = TRAINED,
): Codes {
  const { length } = values;
  const width = length / order.length;
  const step = stepOf(values, precision[column]);
  const planes = PLANES.map(() => new Uint8Array(length));
  const [low, high, top] = planes;
  let to = 0;
  for (const row of order) {
    for (let x = 0; x < width; x++, to++) {
      const natural = naturalOf(codeOf(unitOf(column, step, x, width), values[row * width + x]));
      low[to] = natural & 255;
      high[to] = (natural >> 8) & 255;
      top[to] = natural >> 16;
    }
  }
  return { step, planes: top.some((byte) => byte > 0) ? planes : [low, high] };
}

/**
 * The vectors that codes stand for, (n, width).
 *
 * @param positions of the vectors wanted, (n)
 */
export function valuesOf(
  column: CompactColumn,
  { step, planes: [low, high, top] }: Codes,
  positions: Int32Array,
  width: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(positions.length * width);
  let to = 0;
  for (const position of positions) {
    for (let x = 0; x < width; x++, to++) {
      const at = position * width + x;
      const natural = low[at] | (high[at] << 8) | (top ? top[at] << 16 : 0);
      values[to] = unitOf(column, step, x, width) * wholeOf(natural);
    }
  }
  return values;
}

/** The step of a column. The largest number is a multiple of it, so that numbers that are coded have the same step. */
function stepOf(values: Float32Array, bits: number): number {
  let largest = 0;
  for (let at = 0; at < values.length; at++) largest = Math.max(largest, Math.abs(values[at]));
  return largest / (Math.round(2 ** (bits - 1)) - 1);
}

/** What number x of a vector is a multiple of. */
function unitOf(column: CompactColumn, step: number, x: number, width: number): number {
  return x < width - FINE_LAST[column] ? step : step / FINE_PARTS;
}

/** How many units a number has, rounded; 0, not −0, for next to none. */
function codeOf(unit: number, value: number): number {
  return unit > 0 ? Math.round(value / unit) + 0 : 0;
}

function naturalOf(whole: number): number {
  return whole < 0 ? -2 * whole - 1 : 2 * whole;
}

function wholeOf(natural: number): number {
  return natural & 1 ? -(natural + 1) / 2 : natural / 2;
}
