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
  const untimed = read.timestamps.reduce((sum, time) => (time > 0 ? sum : sum + 1), 0);
  if (untimed > 0) onNote?.(`${files.ratings}: ratings without a time count as new as the newest before: ${untimed}`);
  const more = timed(read, newest(base.ratings));
  const ratings = withoutDuplicates(appendRatings(base.ratings, more));
  const unknown = [...new Set(more.movieIds)].filter((movieId) => !base.movies.has(movieId)).sort((a, b) => a - b);
  const beside = unknown.length > 0 && files.movies ? await readMovies(files.movies) : new Map<number, Movie>();
  const found = unknown.filter((movieId) => beside.has(movieId));
  return {
    dataset: {
      name: `${base.name} + ${basename(resolve(path))}`,
      ratings,
      movies: new Map([
        ...(found.length > 0 ? namedMovies(base) : base.movies),
        ...found.map((movieId) => [movieId, beside.get(movieId)!] as const),
      ]),
      sha256: digestRatings(ratings),
    },
    ratings: more.count,
    known: base.ratings.count + more.count - ratings.count,
    untitled: unknown.filter((movieId) => !beside.has(movieId)),
  };
}

/** The data set's movies; without a movie file those that it rates, each with its id as its title. */
export function namedMovies({ movies, ratings }: Dataset): ReadonlyMap<number, Movie> {
  if (movies.size > 0) return movies;
  const stand = (movieId: number): Movie => ({ movieId, title: idAsTitle(movieId), year: null, genres: [] });
  return new Map(Array.from(distinct(ratings.movieIds), (movieId) => [movieId, stand(movieId)]));
}

function newest({ timestamps }: Ratings): number {
  return timestamps.reduce((latest, time) => Math.max(latest, time), 0);
}

function timed(ratings: Ratings, otherwise: number): Ratings {
  return { ...ratings, timestamps: ratings.timestamps.map((time) => time || otherwise) };
}
