import { HALF_STARS } from '../../shared/ratings/rating.ts';

/** Films at the top of a list by which a question is judged. */
export const TOP = 10;

/** A rating that somebody may give, and the chance that they do. */
export interface Outcome {
  readonly rating: number;
  readonly chance: number;
}

/** Nodes and weights of the three-point Gauss-Hermite rule for a standard normal variable. */
const NODES = [
  [Math.sqrt(3), 1 / 6],
  [0, 2 / 3],
  [-Math.sqrt(3), 1 / 6],
];

/**
 * The ratings that stand for all that somebody may give a movie, best first: a Gaussian at three points (exact for
 * polynomials up to the fifth degree; Abramowitz & Stegun, "Handbook of Mathematical Functions", 1964, 25.4.46), each
 * brought to the scale.
 *
 * @param deviation of the rating, stars
 */
export function outcomesOf(mean: number, deviation: number): Outcome[] {
  const chances = new Map<number, number>();
  for (const [node, weight] of NODES) {
    const rating = onScale(mean + node * deviation);
    chances.set(rating, (chances.get(rating) ?? 0) + weight);
  }
  return Array.from(chances, ([rating, chance]) => ({ rating, chance }));
}

function onScale(stars: number): number {
  const { min, max, step } = HALF_STARS;
  return Math.min(max, Math.max(min, step * Math.round(stars / step)));
}

/** Rows of one list that another lacks. */
export function missingIn(other: readonly number[], rows: readonly number[]): number[] {
  return rows.filter((row) => !other.includes(row));
}
