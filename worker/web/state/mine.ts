import { foldTitle } from '../../../shared/title.ts';
import type { Predictions, Rated } from './api.ts';

/** Why there are no predictions. */
interface Refused {
  readonly message: string;
  readonly fix?: string;
}

/** How the person's ratings are looked at. */
export interface Mine {
  readonly order: Order;
  /** What their titles must have in them. */
  readonly words: string;
  /** The only stars that are shown; null: all. */
  readonly stars: number | null;
  /** How many are listed. */
  readonly listed: number;
  /** What was predicted for each before it was given; null until it is known. */
  readonly predictions: Predictions | Refused | null;
  /** Ratings far from what was predicted that the person called right. */
  readonly confirmed: readonly number[];
}

/** Ratings that are listed at once: thousands would be thousands of elements. */
export const LISTED = 50;

export const NO_MINE: Mine = {
  order: 'newest',
  words: '',
  stars: null,
  listed: LISTED,
  predictions: null,
  confirmed: [],
};

export const ORDERS = {
  newest: 'newest first',
  best: 'best first',
  worst: 'worst first',
  title: 'by title',
  year: 'by year',
  surprise: 'most surprising first',
} as const;

export type Order = keyof typeof ORDERS;

export type Prediction = Predictions['items'][number];

/** Predictions that are there, not on their way nor refused. */
export function readyPredictions({ predictions }: Mine): Predictions | null {
  return predictions && 'items' in predictions ? predictions : null;
}

/** How many standard deviations a rating is from what was predicted. */
export function surpriseOf({ rating, predictedRating, uncertainty }: Prediction): number {
  return Math.abs(rating - predictedRating) / uncertainty;
}

/** Number of ratings of half a star, of one, and so on to five. */
export function histogramOf(ratings: readonly Rated[]): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const { rating } of ratings) counts[2 * rating - 1]++;
  return counts;
}

/** A rating, and how its title is compared: made once, since thousands are sorted with each key that is pressed. */
const folded = new WeakMap<Rated, string>();
const collator = new Intl.Collator('en');

function foldedTitle(rated: Rated): string {
  const known = folded.get(rated) ?? foldTitle(rated.title ?? '');
  folded.set(rated, known);
  return known;
}

/** The ratings that are looked for, in the order that is wanted. @param ratings oldest first */
export function arranged(ratings: readonly Rated[], mine: Mine): Rated[] {
  const words = foldTitle(mine.words).split(' ');
  const found = ratings.filter(
    (rated) =>
      (mine.stars === null || rated.rating === mine.stars) && words.every((word) => foldedTitle(rated).includes(word)),
  );
  return found.reverse().sort(comparisonFor(mine));
}

/**
 * Movie ids in the places where they were listed, whatever became of the films since, so that none slides away from under
 * a pointer; one that is new goes first. Where many are new, as after an import, all go where they belong.
 */
export function inPlaces(before: readonly number[], found: readonly number[]): readonly number[] {
  const listed = new Set(before);
  const fresh = found.filter((movieId) => !listed.has(movieId));
  return fresh.length > 1 ? found : [...fresh, ...before];
}

function comparisonFor(mine: Mine): (a: Rated, b: Rated) => number {
  const surprises = new Map(readyPredictions(mine)?.items.map((item) => [item.movieId, surpriseOf(item)]));
  const surprise = ({ movieId }: Rated) => surprises.get(movieId) ?? -1;
  return {
    newest: () => 0,
    best: (a: Rated, b: Rated) => b.rating - a.rating,
    worst: (a: Rated, b: Rated) => a.rating - b.rating,
    title: (a: Rated, b: Rated) => collator.compare(foldedTitle(a), foldedTitle(b)),
    year: (a: Rated, b: Rated) => (b.year ?? 0) - (a.year ?? 0),
    surprise: (a: Rated, b: Rated) => surprise(b) - surprise(a),
  }[mine.order];
}
