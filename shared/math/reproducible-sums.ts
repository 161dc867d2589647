/** What sums of some of the values are, to be joined with those of the others. */
export interface PartialSums {
  readonly coarse: Float64Array; // (n), multiples of 2⁻²⁰
  readonly fine: Float64Array; // (n), multiples of 2⁻⁵³
}

/** A number plus one of these, less it, is the number rounded to a multiple of 2⁻²⁰ or 2⁻⁵³. */
const [COARSE, FINE] = [1.5 * 2 ** 32, 1.5 * 2 ** -1];

/**
 * Sums that are the same, to the bit, in whatever order and in however many parts their values are added: each value is
 * first rounded to two fixed grids, on which additions are exact (pre-rounding of Demmel & Nguyen, "Parallel reproducible
 * summation", IEEE Transactions on Computers 64, 2015). Exact as long as a sum stays below 2³³ and has 2²¹ values at most.
 */
export class ReproducibleSums implements PartialSums {
  readonly coarse: Float64Array;
  readonly fine: Float64Array;

  constructor(count: number) {
    this.coarse = new Float64Array(count);
    this.fine = new Float64Array(count);
  }

  add(at: number, value: number): void {
    const rounded = value + COARSE - COARSE;
    this.coarse[at] += rounded;
    this.fine[at] += value - rounded + FINE - FINE;
  }

  /** Adds the square of each value: `add` with the sums in locals, for loops over all movies. */
  addSquares(at: number, values: ArrayLike<number>): void {
    let [coarse, fine] = [this.coarse[at], this.fine[at]];
    for (let i = 0; i < values.length; i++) {
      const square = values[i] * values[i];
      const rounded = square + COARSE - COARSE;
      coarse += rounded;
      fine += square - rounded + FINE - FINE;
    }
    this.coarse[at] = coarse;
    this.fine[at] = fine;
  }

  join({ coarse, fine }: PartialSums): void {
    for (let at = 0; at < coarse.length; at++) {
      this.coarse[at] += coarse[at];
      this.fine[at] += fine[at];
    }
  }

  /** (n) */
  get totals(): Float64Array {
    return this.coarse.map((value, at) => value + this.fine[at]);
  }
}

/** Sums of all values, of those of some each. */
export function joinedSums(parts: readonly PartialSums[]): Float64Array {
  const sums = new ReproducibleSums(parts[0].coarse.length);
  for (const part of parts) sums.join(part);
  return sums.totals;
}
