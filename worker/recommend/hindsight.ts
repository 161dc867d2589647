import { type Expectation, expectEach } from '../../shared/model/hindsight.ts';
import type { RatedMovies } from '../../shared/model/model.ts';
import { wasmSums } from '../wasm/posterior.ts';
import { Excerpt, type ServedModel } from '../wasm/served-model.ts';

/** A rating beside what was expected of it. */
export interface Hindsight extends Expectation {
  /** Of the movie table. */
  readonly row: number;
  readonly rating: number;
  /** Mean of everybody's ratings of the movie, stars; of all movies where nobody rated it. */
  readonly average: number;
}

/** Standard deviations about the prediction between which a share of `PROMISED` of a Gaussian's values lie. */
const WIDTH = 1.2815516;
export const PROMISED = 0.8;

/** What was expected of the newest ratings, `most` at most, each by those before it; oldest first. */
export function hindsightOf(served: ServedModel, { rows, stars }: RatedMovies, most: number): Hindsight[] {
  const { model } = new Excerpt(served, rows);
  const from = Math.max(0, rows.length - most);
  const rated = { rows: Int32Array.from(rows.keys()), stars };
  const sumsOf = (places: Int32Array) =>
    wasmSums(
      served.vectors,
      places.map((place) => rows[place]),
    );
  return expectEach(model, rated, from, sumsOf).map((expectation, j) => {
    const row = rows[from + j];
    const { ratingCounts, ratingMeans } = served.movies;
    const average = ratingCounts[row] > 0 ? ratingMeans[row] : served.userPrior.mean;
    return { ...expectation, row, rating: stars[from + j], average };
  });
}

/** How right expectations were. */
export interface TrackRecord {
  /** Mean distance of a rating from its prediction, stars. */
  readonly error: number;
  /** The same of the movies' averages. */
  readonly averageError: number;
  /** Share of the ratings inside the ranges that hold `PROMISED` of them. */
  readonly held: number;
}

/** The record of these; null of none. */
export function recordOf(all: readonly Hindsight[]): TrackRecord | null {
  if (all.length === 0) return null;
  const mean = (of: (one: Hindsight) => number) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
  return {
    error: mean(({ rating, stars }) => Math.abs(rating - stars)),
    averageError: mean(({ rating, average }) => Math.abs(rating - average)),
    held: mean(({ rating, stars, deviation }) => (Math.abs(rating - stars) <= WIDTH * deviation ? 1 : 0)),
  };
}
