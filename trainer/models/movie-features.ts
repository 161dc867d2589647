import { describeKind, yearColumns } from '../../shared/model/movie-kind.ts';
import type { Movie } from '../data/dataset.ts';

/** The genres of a catalogue, in the order of their feature columns. */
export function genresOf(movies: ReadonlyMap<number, Movie>): string[] {
  return [...new Set(Array.from(movies.values(), (movie) => movie.genres).flat())].sort();
}

/**
 * Genres and years as features of the movies' priors (`describeKind`). A movie that few rated leans on what others of its
 * kind are like.
 */
export function movieFeatures(movieIds: Int32Array, movies: ReadonlyMap<number, Movie>): MovieFeatures {
  const genres = genresOf(movies);
  const latest = Array.from(movies.values()).reduce((last, { year }) => Math.max(last, year ?? 0), 0);
  const count = genres.length + yearColumns(latest);
  const values = new Float32Array(movieIds.length * count);
  movieIds.forEach((movieId, row) => {
    const movie = movies.get(movieId);
    if (movie) describeKind(movie, genres, values.subarray(row * count, (row + 1) * count));
  });
  return { count, values };
}

/** What is known of the movies besides ratings, (M, count): dense columns beside the constants in their prior. */
export interface MovieFeatures {
  readonly count: number;
  readonly values: Float32Array; // (M, count)
}

export const NO_FEATURES: MovieFeatures = { count: 0, values: new Float32Array(0) };
