import type { StoredFilm } from '../../shared/ratings/tables/film.ts';
import type { Dataset, Movie } from '../data/dataset.ts';
import { namedMovies } from '../data/join-file.ts';

/** Ids with the numbers that D1 gave them. */
export function numbersOf(films: readonly StoredFilm[]): (readonly [id: string, movieId: number])[] {
  return films.map(({ id, movieId }) => [id, movieId]);
}

/**
 * Adds to a data set the films that programs added to D1 and that it lacks, under D1's numbers, so that their ratings count.
 * Of a film that the film file has too, the file counts. Whether a film may be listed stays in D1, where the Worker reads it.
 */
export function withToldFilms(dataset: Dataset, films: readonly StoredFilm[]): Dataset {
  const ids = new Set(Array.from(dataset.movies.values(), ({ own }) => own?.id));
  const lacking = films.filter(({ id, movieId }) => !ids.has(id) && !dataset.movies.has(movieId));
  if (lacking.length === 0) return dataset;
  return { ...dataset, movies: new Map([...namedMovies(dataset), ...lacking.map(movieOf)]) };
}

function movieOf({ id, movieId, about }: StoredFilm): [number, Movie] {
  const { title, year, genres, ...texts } = about;
  return [movieId, { movieId, title, year, genres, own: { id, ...texts } }];
}
