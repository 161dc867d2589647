import { MarqueeError } from '../errors.ts';
import type { Catalogue } from '../model/model.ts';
import type { NewRating } from '../ratings/new-rating.ts';
import { naturalTitle } from '../title.ts';
import type { ImportedFile, ImportedFilm, ImportedMark, ImportedPart, ImportedRating } from './imported-file.ts';
import { filmIn } from './join-files.ts';
import type { FilmLinks } from './links.ts';
import { type Candidate, type Match, TitleMatcher } from './match-titles.ts';

/** A film of the file that is no movie of the model, or not surely one. */
export interface Unresolved {
  /** The file in a ZIP of several. */
  readonly file?: string;
  readonly line: number;
  /** Stars, or what else the line says of the film. */
  readonly rating?: number;
  readonly mark?: ImportedMark['mark'];
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

/** A mark of a movie, as the store of marks takes it. */
export interface ResolvedMark {
  readonly movieId: number;
  readonly mark: ImportedMark['mark'];
  /** Whole seconds since the epoch. */
  readonly timestamp: number;
}

/** A file's ratings and marks as this model and user have them. */
export interface ResolvedImport {
  /** The site, or several with "and" between them. */
  readonly format: string;
  readonly parts: readonly ImportedPart[];
  readonly ratings: readonly NewRating[];
  readonly marks: readonly ResolvedMark[];
  readonly ambiguous: readonly Unresolved[];
  readonly unmatched: readonly Unresolved[];
  /** Lines that say nothing of their film. */
  readonly unrated: number;
  /** Lines of what is no film. */
  readonly notFilms: number;
  /** Times that were given in milliseconds or microseconds. */
  readonly converted: number;
}

/** The movies that a person chose for lines of a file, by `placeOf`. */
export type Choices = ReadonlyMap<string, number>;

/** What names a line among all files of an export. */
export function placeOf({ file = '', line }: { readonly file?: string; readonly line: number }): string {
  return `${file}:${line}`;
}

/** Whether a file names films by title, so that resolving it takes the movies of a model. */
export function needsTitles({ ratings, marks }: ImportedFile): boolean {
  return marks.length > 0 || ratings.some(({ movieId }) => movieId === null);
}

const WHY_TWICE = 'another line of the file is this film, too, with another title or address';

/**
 * Finds the movies of a file's ratings: by id where the file has ids, else by the ids of IMDb and TMDB where there are
 * links, else by title and year among `movies`. An id of the file that `movies` lacks is unmatched; without `movies`
 * ids are taken as they are, since trainings leave out those that no film file names. What is not sure is ambiguous,
 * also where two lines with different addresses come to one film. A rating without a time, or with one in the future,
 * counts as made `now`. From a file of several users only the user's own ratings are taken.
 *
 * @param now seconds since the epoch
 * @param hidden rows of movies that are named to nobody: a candidate is none of them
 * @param choices what a person made of lines that are not sure
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
  choices: Choices = new Map(),
): ResolvedImport {
  const own: readonly (ImportedRating | ImportedMark)[] = [...ownRatings(file.ratings, userId), ...file.marks];
  const found = needsTitles(file) ? findFilms(own, movies, links) : own.map(({ movieId }) => movieId ?? []);
  const isUnknown = (movieId: number | null) => movieId !== null && movies !== null && movies.rowOf(movieId) < 0;
  const [ratings, marks]: [NewRating[], ResolvedMark[]] = [[], []];
  const [ambiguous, unmatched]: [Unresolved[], Unresolved[]] = [[], []];
  own.forEach((line, j) => {
    const chosen = choices.get(placeOf(line));
    const film = chosen ?? found[j];
    if (chosen === undefined && isUnknown(line.movieId)) {
      unmatched.push(unresolved(line, [], movies));
    } else if (typeof film === 'number') {
      const timestamp = Math.min(line.timestamp ?? now, now);
      if ('mark' in line) marks.push({ movieId: film, mark: line.mark, timestamp });
      else ratings.push({ movieId: film, rating: line.stars, timestamp });
    } else {
      const named = film.filter(({ row }) => !hidden.has(row));
      (named.length > 0 ? ambiguous : unmatched).push(unresolved(line, named, movies));
    }
  });
  const converted = own.filter((line) => line.converted).length;
  const { format, parts, unrated, notFilms } = file;
  return {
    format,
    parts,
    ratings,
    marks: unratedOnly(marks, ratings),
    ambiguous,
    unmatched,
    unrated,
    notFilms,
    converted,
  };
}

/** The marks of movies that the file does not rate under another title. */
export function unratedOnly(marks: readonly ResolvedMark[], ratings: readonly NewRating[]): ResolvedMark[] {
  const rated = new Set(ratings.map(({ movieId }) => movieId));
  return marks.filter(({ movieId }) => !rated.has(movieId));
}

/** The movie id of each line, or what it may be. */
function findFilms(
  films: readonly ImportedFilm[],
  movies: Catalogue | null,
  links: FilmLinks | undefined,
): (number | readonly Candidate[])[] {
  if (!movies) throw noModelToSearch();
  const matcher = new TitleMatcher(movies);
  const byId = films.map((film) => film.movieId ?? links?.movieIdOf(film) ?? null);
  const matches = films.map((film, j): Match => {
    if (byId[j] !== null) return { kind: 'unmatched' };
    const admits = (row: number) => !links?.excludes(movies.movieIds[row], film);
    return hinted(matcher.match(film.titles, film.year, admits), film.hint, movies);
  });
  const claims = claimsOf(films, byId, matches, movies);
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

/** The match, or among several films of one title and year the one whose id stands beside them. */
function hinted(match: Match, hint: number | null, movies: Catalogue): Match {
  if (match.kind !== 'ambiguous' || hint === null) return match;
  const row = match.candidates.find((candidate) => movies.movieIds[candidate.row] === hint)?.row;
  return row === undefined ? match : { kind: 'matched', row, exact: true };
}

/** The films of the file, by what tells them apart there, that come to each movie: surely, and likely. */
function claimsOf(
  films: readonly ImportedFilm[],
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
    (exact ? sure : likely).add(filmIn(films[j]));
    claims.set(movieId, [sure, likely]);
  });
  return claims;
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
  const whose = userId < 0 ? 'and you are none of them' : `and none is ${userId}`;
  throw new MarqueeError('unknown-user', `the file holds several users, ${whose}`, {
    fix: 'Name one of its users, or cut the file down to one.',
  });
}

/** Letters of a title that an answer repeats: more than any film's has. */
const LONGEST_TITLE = 300;

function unresolved(
  line: ImportedRating | ImportedMark,
  found: readonly Candidate[],
  movies: Catalogue | null,
): Unresolved {
  const candidate = ({ row, why }: Candidate, { movieIds, title, years }: Catalogue) => {
    return { movieId: movieIds[row], title: naturalTitle(title(row)), year: years[row] || null, why };
  };
  return {
    ...(line.file !== '' && { file: line.file }),
    line: line.line,
    ...('mark' in line ? { mark: line.mark } : { rating: line.stars }),
    ...(line.movieId !== null && { movieId: line.movieId }),
    title: line.titles[0]?.slice(0, LONGEST_TITLE) ?? null,
    year: line.year,
    candidates: movies ? found.map((each) => candidate(each, movies)) : [],
  };
}
