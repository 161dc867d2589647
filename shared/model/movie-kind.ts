import type { Model } from './model.ts';

/** A movie's genres and year. */
export interface MovieKind {
  readonly genres: readonly string[];
  readonly year: number | null;
}

const FIRST_YEAR = 1920;
const YEARS_PER_BUCKET = 4;

/** Columns for the years up to `latest`. */
export function yearColumns(latest: number): number {
  return Math.floor((Math.max(FIRST_YEAR, latest) - FIRST_YEAR) / YEARS_PER_BUCKET) + 2;
}

/**
 * Genres and year as features of a movie's prior, written to `out`: a column a genre, 1/√(genres of the movie), and a
 * column for every four years, neighbours sharing by distance. Genres without a column count for nothing; years before
 * the first and after the last column are that column's.
 *
 * @param genreNames the genres that have a column, (G)
 * @param out zeros, (G + Y)
 */
export function describeKind({ genres, year }: MovieKind, genreNames: readonly string[], out: Float32Array): void {
  for (const genre of genres) {
    const column = genreNames.indexOf(genre);
    if (column >= 0) out[column] = 1 / Math.sqrt(genres.length);
  }
  if (year === null) return;
  const last = out.length - genreNames.length - 1;
  const position = Math.min(last, Math.max(0, year - FIRST_YEAR) / YEARS_PER_BUCKET);
  const bucket = Math.min(last - 1, Math.floor(position));
  out[genreNames.length + bucket] = 1 - (position - bucket);
  out[genreNames.length + bucket + 1] = position - bucket;
}

/**
 * The vector [q, b] (D) of a movie that the model lacks: the average movie of its genres and year, by training's
 * regression of movies on their kind. Movies of the catalogue that nobody rated have it, too. Artifacts without kinds
 * give the average movie.
 */
export function startOfMovie(
  { newMovie, movieKinds }: Pick<Model, 'newMovie' | 'movieKinds'>,
  kind: MovieKind,
): Float64Array {
  const start = newMovie.slice();
  if (!movieKinds) return start;
  const { genres, weights } = movieKinds;
  const D = start.length;
  const features = new Float32Array(weights.length / D);
  describeKind(kind, genres, features);
  features.forEach((value, f) => {
    for (let x = 0; x < D; x++) start[x] += value * weights[f * D + x];
  });
  return start;
}
