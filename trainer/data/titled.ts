import { distinct } from '../math/ids.ts';
import type { Dataset, Ratings } from './dataset.ts';
import { digestRatings } from './digest.ts';
import { takeRatings } from './ratings.ts';

/** What was left out of a training because nobody knows which films it is about. */
export interface Untitled {
  readonly ratings: number;
  readonly movies: number;
}

/** What stands for the title of a film in a data set without any film file. */
export function idAsTitle(movieId: number): string {
  return `Movie ${movieId}`;
}

/** Films of a data set: those that its film file names. Without a film file, those that it rates: ids stand as titles. */
export function filmsOf({ movies, ratings }: Dataset): ReadonlySet<number> {
  return new Set(movies.size > 0 ? movies.keys() : distinct(ratings.movieIds));
}

/**
 * The data set without ratings of films that its film file does not name, and how many those are. Such ratings stay where
 * they are kept, and count as soon as a film file names the film.
 */
export function titledOnly(
  dataset: Dataset,
  films = filmsOf(dataset),
): { readonly dataset: Dataset; readonly untitled: Untitled } {
  const { ratings, unknown } = titledRatings(dataset.ratings, films);
  const untitled = { ratings: dataset.ratings.count - ratings.count, movies: unknown.size };
  if (unknown.size === 0) return { dataset, untitled };
  return { dataset: { ...dataset, ratings, sha256: digestRatings(ratings) }, untitled };
}

/** Ratings of these films, and which others were rated. */
export function titledRatings(
  ratings: Ratings,
  films: ReadonlySet<number>,
): { readonly ratings: Ratings; readonly unknown: ReadonlySet<number> } {
  const { movieIds } = ratings;
  const unknown = new Set(distinct(movieIds).filter((movieId) => !films.has(movieId)));
  if (unknown.size === 0) return { ratings, unknown };
  const kept = movieIds.map((_, i) => i).filter((i) => !unknown.has(movieIds[i]));
  return { ratings: takeRatings(ratings, kept), unknown };
}

/** "3,000 ratings of 3,000 films without a title left out". */
export function describeUntitled({ ratings, movies }: Untitled): string {
  const counted = (count: number, what: string) => `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
  return `${counted(ratings, 'rating')} of ${counted(movies, 'film')} without a title left out`;
}
