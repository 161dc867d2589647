import type { Movie } from './dataset.ts';
import type { MovieFeatures } from './side.ts';

const FIRST_YEAR = 1920;
const YEARS_PER_BUCKET = 4;

/**
 * Genres and years as features of the movies' priors: a column a genre, 1/√(genres of the movie), and a column for every
 * four years, neighbours sharing by distance. A movie that few rated leans on what others of its kind are like.
 */
export function movieFeatures(movieIds: Int32Array, movies: ReadonlyMap<number, Movie>): MovieFeatures {
  const genres = [...new Set(Array.from(movies.values(), (movie) => movie.genres).flat())].sort();
  const latest = Math.max(FIRST_YEAR, ...Array.from(movies.values(), (movie) => movie.year ?? FIRST_YEAR));
  const buckets = Math.floor((latest - FIRST_YEAR) / YEARS_PER_BUCKET) + 2;
  const count = genres.length + buckets;
  const values = new Float32Array(movieIds.length * count);
  movieIds.forEach((movieId, row) => {
    const movie = movies.get(movieId);
    if (!movie) return;
    const own = values.subarray(row * count, (row + 1) * count);
    for (const genre of movie.genres) own[genres.indexOf(genre)] = 1 / Math.sqrt(movie.genres.length);
    if (movie.year === null) return;
    const position = Math.max(0, movie.year - FIRST_YEAR) / YEARS_PER_BUCKET;
    const bucket = Math.floor(position);
    own[genres.length + bucket] = 1 - (position - bucket);
    own[genres.length + bucket + 1] = position - bucket;
  });
  return { count, values };
}
