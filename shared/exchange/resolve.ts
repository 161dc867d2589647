import { MarqueeError } from '../errors.ts';
import type { Catalogue } from '../model/model.ts';
import type { NewRating } from '../ratings/rating-store.ts';
import { naturalTitle } from '../title.ts';
import { type Match, TitleMatcher } from './match-titles.ts';
import type { ImportedFile, ImportedRating } from './read-file.ts';

/** A film of the file that matches no movie of the model, or several. */
export interface Unresolved {
  readonly line: number;
  /** The file's id, where it has one: neither the model nor its data set names a film so. */
  readonly movieId?: number;
  readonly title: string | null;
  readonly year: number | null;
  /** What it could be, where there are several. */
  readonly candidates: readonly { readonly movieId: number; readonly title: string; readonly year: number | null }[];
}

/** A file's ratings as this model and user have them. */
export interface ResolvedImport {
  readonly format: ImportedFile['format'];
  readonly ratings: readonly NewRating[];
  readonly ambiguous: readonly Unresolved[];
  readonly unmatched: readonly Unresolved[];
  /** Lines without a rating. */
  readonly unrated: number;
}

/** Whether a file names films by title, so that resolving it takes the movies of a model. */
export function needsTitles({ ratings }: ImportedFile): boolean {
  return ratings.some(({ movieId }) => movieId === null);
}

/**
 * Finds the movies of a file's ratings among `movies`: by id, or by title and year where the file has no ids. Without
 * `movies` ids are taken as they are: trainings leave out those that no film file names. A rating without a time, or with one in the future, counts as made `now`. From a file of several users only the user's own
 * ratings are taken.
 *
 * @param now seconds since the epoch
 * @throws `unknown-user` when the file holds several users, but not this one; `no-model` when it names films by title
 *   and there are no movies
 */
export function resolveImport(
  file: ImportedFile,
  movies: Catalogue | null,
  userId: number,
  now: number,
): ResolvedImport {
  const ratings: NewRating[] = [];
  const [ambiguous, unmatched]: [Unresolved[], Unresolved[]] = [[], []];
  const matcher = movies && needsTitles(file) ? new TitleMatcher(movies) : null;
  for (const rating of ownRatings(file.ratings, userId)) {
    const timestamp = Math.min(rating.timestamp ?? now, now);
    if (!movies && rating.movieId !== null) {
      ratings.push({ movieId: rating.movieId, rating: rating.stars, timestamp });
      continue;
    }
    if (!movies) throw noModelToSearch();
    const match = rating.movieId === null ? matcher!.match(rating.titles, rating.year) : byId(movies, rating.movieId);
    if (match.kind === 'matched') {
      ratings.push({ movieId: movies.movieIds[match.row], rating: rating.stars, timestamp });
    } else if (match.kind === 'ambiguous') {
      ambiguous.push(unresolved(rating, match.rows, movies));
    } else {
      unmatched.push(unresolved(rating, [], movies));
    }
  }
  return { format: file.format, ratings, ambiguous, unmatched, unrated: file.unrated };
}

/** What neither the model nor its data set names is unknown: its rating would wait for nobody. */
function byId(movies: Catalogue, movieId: number): Match {
  const row = movies.rowOf(movieId);
  return row < 0 ? { kind: 'unmatched' } : { kind: 'matched', row };
}

function noModelToSearch(): MarqueeError {
  return new MarqueeError('no-model', 'the file names films by title, and no model is published to find them in', {
    fix: 'Run npm start once, or publish a model, then import again.',
  });
}

function ownRatings(ratings: readonly ImportedRating[], userId: number): readonly ImportedRating[] {
  if (new Set(ratings.map((rating) => rating.userId)).size <= 1) return ratings;
  const ofUser = ratings.filter((rating) => rating.userId === userId);
  if (ofUser.length > 0) return ofUser;
  throw new MarqueeError('unknown-user', `the file holds several users, and none is ${userId}`, {
    fix: 'Name one of its users, or cut the file down to one.',
  });
}

function unresolved(rating: ImportedRating, rows: readonly number[], movies: Catalogue): Unresolved {
  return {
    line: rating.line,
    ...(rating.movieId !== null && { movieId: rating.movieId }),
    title: rating.titles[0] ?? null,
    year: rating.year,
    candidates: rows.map((row) => ({
      movieId: movies.movieIds[row],
      title: naturalTitle(movies.title(row)),
      year: movies.years[row] || null,
    })),
  };
}
