import { MarqueeError } from '../errors.ts';
import type { Catalogue } from '../model/model.ts';
import type { NewRating } from '../ratings/new-rating.ts';
import { naturalTitle } from '../title.ts';
import type { ImportedFile, ImportedRating } from './imported-file.ts';
import type { FilmLinks } from './links.ts';
import { type Candidate, type Match, TitleMatcher } from './match-titles.ts';

/** A film of the file that is no movie of the model, or not surely one. */
export interface Unresolved {
  readonly line: number;
  /** The file's id, where it has one: neither the model nor its data set names a film so. */
  readonly movieId?: number;
  readonly title: string | null;
  readonly year: number | null;
  /** What it could be, and why that is not sure. */
  readonly candidates: readonly {
    readonly movieId: number;
    readonly title: string;
    readonly year: number | null;
    readonly why: string;
  }[];
}

/** A file's ratings as this model and user have them. */
export interface ResolvedImport {
  readonly format: ImportedFile['format'];
  readonly ratings: readonly NewRating[];
  readonly ambiguous: readonly Unresolved[];
  readonly unmatched: readonly Unresolved[];
  /** Lines without a rating. */
  readonly unrated: number;
  /** Lines of what is no film. */
  readonly notFilms: number;
  /** Times that were given in milliseconds or microseconds. */
  readonly converted: number;
}

/** Whether a file names films by title, so that resolving it takes the movies of a model. */
export function needsTitles({ ratings }: ImportedFile): boolean {
  return ratings.some(({ movieId }) => movieId === null);
}

const WHY_TWICE = 'another line of the file is this film, with an address of its own';

/**
 * Finds the movies of a file's ratings: by id where the file has ids, else by the ids of IMDb and TMDB where there are
 * links, else by title and year among `movies`. An id of the file that `movies` lacks is unmatched; without `movies` ids are taken as
 * they are, since trainings leave out those that no film file names. What is not sure is ambiguous, also where two lines
 * with different addresses come to one film. A rating without a time, or with one in the future, counts as made `now`.
 * From a file of several users only the user's own
 * ratings are taken.
 *
 * @param now seconds since the epoch
 * @param hidden rows of movies that are named to nobody: a candidate is none of them
 * @throws `unknown-user` when the file holds several users, but not this one; `no-model` when it names films by title
 *   and there are no movies
 */
export function resolveImport(
  file: ImportedFile,
  movies: Catalogue | null,
  userId: number,
  now: number,
  links?: FilmLinks,
  hidden: ReadonlySet<number> = new Set(),
): ResolvedImport {
  const own = ownRatings(file.ratings, userId);
  const found = needsTitles(file) ? findFilms(own, movies, links) : own.map(({ movieId }) => movieId ?? []);
  const isUnknown = (movieId: number | null) => movieId !== null && movies !== null && movies.rowOf(movieId) < 0;
  const ratings: NewRating[] = [];
  const [ambiguous, unmatched]: [Unresolved[], Unresolved[]] = [[], []];
  own.forEach((rating, j) => {
    const film = found[j];
    if (isUnknown(rating.movieId)) {
      unmatched.push(unresolved(rating, [], movies));
    } else if (typeof film === 'number') {
      ratings.push({ movieId: film, rating: rating.stars, timestamp: Math.min(rating.timestamp ?? now, now) });
    } else {
      const named = film.filter(({ row }) => !hidden.has(row));
      (named.length > 0 ? ambiguous : unmatched).push(unresolved(rating, named, movies));
    }
  });
  const converted = own.filter((rating) => rating.converted).length;
  const { format, unrated, notFilms } = file;
  return { format, ratings, ambiguous, unmatched, unrated, notFilms, converted };
}

/** The movie id of each rating, or what it may be. */
function findFilms(
  ratings: readonly ImportedRating[],
  movies: Catalogue | null,
  links: FilmLinks | undefined,
): (number | readonly Candidate[])[] {
  if (!movies) throw noModelToSearch();
  const matcher = new TitleMatcher(movies);
  const byId = ratings.map((rating) => rating.movieId ?? links?.movieIdOf(rating) ?? null);
  const matches = ratings.map((rating, j): Match => {
    if (byId[j] !== null) return { kind: 'unmatched' };
    const admits = (row: number) => !links?.excludes(movies.movieIds[row], rating);
    return matcher.match(rating.titles, rating.year, admits);
  });
  const claims = claimsOf(ratings, byId, matches, movies);
  return matches.map((match, j) => {
    const known = byId[j];
    if (known !== null) return known;
    if (match.kind !== 'matched') return match.kind === 'ambiguous' ? match.candidates : [];
    const movieId = movies.movieIds[match.row];
    const [sure, likely] = claims.get(movieId) ?? [new Set(), new Set()];
    const rivals = match.exact ? sure.size : new Set([...sure, ...likely]).size;
    return rivals > 1 ? [{ row: match.row, why: WHY_TWICE }] : movieId;
  });
}

/** The films of the file, by what tells them apart there, that come to each movie: surely, and likely. */
function claimsOf(
  ratings: readonly ImportedRating[],
  byId: readonly (number | null)[],
  matches: readonly Match[],
  movies: Catalogue,
): Map<number, [sure: Set<string>, likely: Set<string>]> {
  const claims = new Map<number, [Set<string>, Set<string>]>();
  matches.forEach((match, j) => {
    const movieId = byId[j] ?? (match.kind === 'matched' ? movies.movieIds[match.row] : null);
    if (movieId === null) return;
    const [sure, likely] = claims.get(movieId) ?? [new Set(), new Set()];
    const exact = byId[j] !== null || (match.kind === 'matched' && match.exact);
    (exact ? sure : likely).add(filmIn(ratings[j]));
    claims.set(movieId, [sure, likely]);
  });
  return claims;
}

/** What tells a film from the others of its file. */
function filmIn({ address, titles, year }: ImportedRating): string {
  return address || `${titles[0]} (${year})`;
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

/** Letters of a title that an answer repeats: more than any film's has. */
const LONGEST_TITLE = 300;

function unresolved(rating: ImportedRating, found: readonly Candidate[], movies: Catalogue | null): Unresolved {
  return {
    line: rating.line,
    ...(rating.movieId !== null && { movieId: rating.movieId }),
    title: rating.titles[0]?.slice(0, LONGEST_TITLE) ?? null,
    year: rating.year,
    candidates: found.flatMap(({ row, why }) =>
      movies
        ? [
            {
              movieId: movies.movieIds[row],
              title: naturalTitle(movies.title(row)),
              year: movies.years[row] || null,
              why,
            },
          ]
        : [],
    ),
  };
}
