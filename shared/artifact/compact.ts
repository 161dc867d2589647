/**
 * The codes of compact.arrow and residual.arrow. A number becomes a multiple of one step for all numbers of its kind, so
 * that small ones take few bits once they are packed: number ≈ step · code. What is left of it is a multiple of a small
 * part of the step, its residual: number = step · (code + residual / parts). The vectors of movies.arrow are such
 * multiples (`rounded`), so that codes and residuals together are those very numbers.
 *
 * Whole numbers 0, −1, 1, −2, 2 … are written as 0, 1, 2, 3, 4 …, low and high bytes of codes apart, because high ones are
 * mostly zeros, and the most rated movies first (`byPopularity`), because the numbers of rarely rated ones are small.
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
  /** Into how many parts residuals divide a step. */
  readonly parts: number;
}

/**
 * So many bits that all of 9,066 movies takes less than 2 MB, and errors of relevance, of histories and of the rating
 * block come to about the same share of a score. The last two numbers of relevance, popularity and what is popular of
 * late, are small and count in full for everybody.
 *
 * Residuals are so fine that scores differ by less than 0.001 from those of numbers that are not rounded. Factors are
 * finer, since `npm run import-factors` promises the scores of another system.
 */
export const COMPACT_CODING: Readonly<Record<CompactColumn, Coding>> = {
  factors: { bits: 10.5, fine: 0, parts: 128 },
  relevance: { bits: 12.5, fine: 2, parts: 64 },
  history: { bits: 12.5, fine: 0, parts: 32 },
  prior: { bits: 9.5, fine: 0, parts: 64 },
  factorVariance: { bits: 6, fine: 0, parts: 64 },
};

/** Into how many parts fine numbers divide a step. */
const FINE = 8;

/** Schema metadata of compact.arrow: the steps by column, JSON. */
export const STEPS = 'steps';

/** The largest catalogue that gets a compact file: of more movies it would be too much to load into a page. */
export const MOST_COMPACT = 20_000;

/** Codes of one kind of vectors, (M, width), in the order of positions. */
export interface Codes extends Pick<Coding, 'fine' | 'parts'> {
  readonly step: number;
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/** Vectors as codes and residuals can say them. Rounded again they stay the same. @param width of a vector */
export function rounded(values: Float32Array, width: number, coding: Coding): Float32Array {
  const scale = { ...coding, step: stepOf(values, coding) };
  return values.map((value, at) => {
    const unit = unitOf(scale, at % width, width);
    return unit * multipleOf(unit, value);
  });
}

/**
 * Codes and residuals of vectors.
 *
 * @param values (M, width)
 * @param order row of each position, (M)
 */
export function codesOf(
  values: Float32Array,
  order: Int32Array,
  coding: Coding,
): Codes & { readonly residual: Uint8Array } {
  const { length } = values;
  const width = length / order.length;
  const { fine, parts } = coding;
  const scale = { step: stepOf(values, coding), fine, parts };
  const [low, high, residual] = [new Uint8Array(length), new Uint8Array(length), new Uint8Array(length)];
  let to = 0;
  for (const row of order) {
    for (let x = 0; x < width; x++, to++) {
      const multiple = multipleOf(unitOf(scale, x, width), values[row * width + x]);
      const code = Math.round(multiple / parts);
      low[to] = naturalOf(code) & 255;
      high[to] = naturalOf(code) >> 8;
      residual[to] = naturalOf(multiple - parts * code);
    }
  }
  return { ...scale, low, high, residual };
}

/**
 * The vectors that codes stand for: with residuals these very vectors, else within half a step.
 *
 * @param positions of the vectors wanted, (n)
 */
export function valuesOf(
  { low, high, residual, ...scale }: Codes & { readonly residual?: Uint8Array },
  positions: Int32Array,
  width: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(positions.length * width);
  let to = 0;
  for (const position of positions) {
    for (let x = 0; x < width; x++, to++) {
      const at = position * width + x;
      const code = wholeOf(low[at] | (high[at] << 8));
      values[to] = unitOf(scale, x, width) * (scale.parts * code + (residual ? wholeOf(residual[at]) : 0));
    }
  }
  return values;
}

/** The step of a coding. The largest number is a multiple of it, so that numbers that are rounded have the same step. */
function stepOf(values: Float32Array, { bits }: Coding): number {
  let largest = 0;
  for (let at = 0; at < values.length; at++) largest = Math.max(largest, Math.abs(values[at]));
  return largest / (Math.round(2 ** (bits - 1)) - 1);
}

/** What the numbers of column x of `width` are multiples of. */
function unitOf({ step, fine, parts }: Pick<Codes, 'step' | 'fine' | 'parts'>, x: number, width: number): number {
  return step / (x < width - fine ? parts : FINE * parts);
}

/** How many units a number has, rounded; 0, not −0, for next to none. */
function multipleOf(unit: number, value: number): number {
  return unit > 0 ? Math.round(value / unit) + 0 : 0;
}

function naturalOf(whole: number): number {
  return whole < 0 ? -2 * whole - 1 : 2 * whole;
}

function wholeOf(natural: number): number {
  return natural & 1 ? -(natural + 1) / 2 : natural / 2;
}
