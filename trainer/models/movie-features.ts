import { describeKind, yearColumns } from '../../shared/model/movie-kind.ts';
import type { Movie } from '../data/dataset.ts';
import type { MovieFeatures } from './variational/side.ts';

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
