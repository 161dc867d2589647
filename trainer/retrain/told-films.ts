import type { StoredFilm } from '../../shared/ratings/tables/film.ts';
import type { Dataset, Movie } from '../data/dataset.ts';
import { namedMovies } from '../data/join-file.ts';

/** Ids with the numbers that D1 gave them. */
export function numbersOf(films: readonly StoredFilm[]): (readonly [id: string, movieId: number])[] {
  return films.map(({ id, movieId }) => [id, movieId]);
}

/**
 * The data set with the films that programs told D1 of and that it lacks, under their numbers: ratings of them count from
 * now on. Where a film file names one, the file holds. Whether one may be listed stays in D1, where the Worker reads it.
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
