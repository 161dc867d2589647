import { basename, resolve } from 'node:path';
import { distinct } from '../math/ids.ts';
import type { Dataset, Movie, Ratings } from './dataset.ts';
import { digestRatings } from './digest.ts';
import { withoutDuplicates } from './duplicates.ts';
import { findFiles } from './movielens/find.ts';
import { readMovies } from './movielens/movies.ts';
import { type OnNote, readRatings } from './movielens/ratings.ts';
import { appendRatings } from './ratings.ts';
import { idAsTitle } from './titled.ts';

/** A data set with the ratings of one more file, and what the file added. */
export interface Extended {
  readonly dataset: Dataset;
  /** Ratings in the file. */
  readonly ratings: number;
  /** How many of them are (user, movie) pairs that the data set had before. */
  readonly known: number;
  /** Movies of the file that neither the data set nor a movie file beside the file names, ascending. */
  readonly untitled: readonly number[];
}

/**
 * Joins the ratings of one more file, in any MovieLens layout. Users and movies may be new or known. Where both have a pair,
 * the later timestamp wins, of equal ones the file's. A row without a time gets that of the data set's newest rating. A new
 * movie takes title, genres and year from the movie file beside the ratings. In a data set without a movie file ids stand as
 * titles, and go on to do so.
 *
 * @throws MarqueeError `not-found`, `bad-data`, `bad-row`, `bad-rating`.
 */
export async function joinFile(base: Dataset, path: string, onNote?: OnNote): Promise<Extended> {
  const files = await findFiles(path);
  const read = await readRatings(files.ratings, { onNote });
  const untimed = untimedIn(read);
  if (untimed > 0) onNote?.(untimedNote(files.ratings, untimed));
  const more = timed(read, newestTime(base.ratings));
  const ratings = withoutDuplicates(appendRatings(base.ratings, more));
  const { movies, untitled } = await joinMovies(
    base.movies,
    () => distinct(base.ratings.movieIds),
    distinct(more.movieIds),
    files.movies,
  );
  return {
    dataset: { name: joinedName(base.name, path), ratings, movies, sha256: digestRatings(ratings) },
    ratings: more.count,
    known: base.ratings.count + more.count - ratings.count,
    untitled,
  };
}

export function joinedName(name: string, path: string): string {
  return `${name} + ${basename(resolve(path))}`;
}

/**
 * The movies of a data set with those that one more file rates.
 *
 * @param rated ids that the data set rates
 * @param more ids that the file rates, ascending
 * @param file the movie file beside it
 */
export async function joinMovies(
  movies: Dataset['movies'],
  rated: () => Int32Array,
  more: Int32Array,
  file: string | null,
): Promise<{ readonly movies: Dataset['movies']; readonly untitled: readonly number[] }> {
  const unknown = Array.from(more).filter((movieId) => !movies.has(movieId));
  const beside = unknown.length > 0 && file ? await readMovies(file) : new Map<number, Movie>();
  const found = unknown.filter((movieId) => beside.has(movieId));
  return {
    movies: new Map([
      ...(found.length > 0 ? standIns(movies, rated) : movies),
      ...found.map((movieId) => [movieId, beside.get(movieId)!] as const),
    ]),
    untitled: unknown.filter((movieId) => !beside.has(movieId)),
  };
}

/** The data set's movies; without a movie file those that it rates, each with its id as its title. */
export function namedMovies({ movies, ratings }: Dataset): ReadonlyMap<number, Movie> {
  return standIns(movies, () => distinct(ratings.movieIds));
}

function standIns(movies: Dataset['movies'], rated: () => Int32Array): Dataset['movies'] {
  if (movies.size > 0) return movies;
  const stand = (movieId: number): Movie => ({ movieId, title: idAsTitle(movieId), year: null, genres: [] });
  return new Map(Array.from(rated(), (movieId) => [movieId, stand(movieId)]));
}

export function newestTime({ timestamps }: Ratings): number {
  return timestamps.reduce((latest, time) => Math.max(latest, time), 0);
}

export function untimedIn({ timestamps }: Ratings): number {
  return timestamps.reduce((sum, time) => (time > 0 ? sum : sum + 1), 0);
}

export function untimedNote(file: string, untimed: number): string {
  return `${file}: ratings without a time count as new as the newest before: ${untimed}`;
}

/** Ratings without a time get this one. */
export function timed(ratings: Ratings, otherwise: number): Ratings {
  return { ...ratings, timestamps: ratings.timestamps.map((time) => time || otherwise) };
}
