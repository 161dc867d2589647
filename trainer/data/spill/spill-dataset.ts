import type { Scale } from '../../../shared/ratings/rating.ts';
import { distinct } from '../../math/ids.ts';
import type { SpillFolder } from '../../math/spill-file.ts';
import type { Dataset } from '../dataset.ts';
import { joinedName, joinMovies, untimedNote } from '../join-file.ts';
import { moviesIn } from '../load.ts';
import { type ResolveOptions, resolveDataset } from '../locate.ts';
import { type DatasetFiles, findFiles } from '../movielens/find.ts';
import type { AnyMatrix } from '../rating-matrix.ts';
import { RatingSummary } from '../review.ts';
import { scaleOf } from '../scale.ts';
import type { Times } from '../times.ts';
import { titledRatings, type Untitled } from '../titled.ts';
import { sortByMovie } from './sort-by-movie.ts';
import { type FileTotals, UserParts } from './sort-by-user.ts';
import { type SpilledSources, spillSources } from './sources.ts';
import { UserRows } from './user-rows.ts';

/** A data set of films that have a title, whose ratings lie on a disk, sorted by user and by movie. */
export interface SpilledDataset extends Pick<Dataset, 'name' | 'movies' | 'sha256'> {
  readonly ratings: { readonly count: number };
  readonly matrix: AnyMatrix;
  readonly times: Times;
  readonly scale: Scale;
  /** Time of the newest rating, seconds since 1970; 0 where none has one. */
  readonly newest: number;
  readonly untitled: Untitled;
  /** The films that `untitled` counts. */
  readonly unknown: ReadonlySet<number>;
  /** What each file added that was joined. */
  readonly joined: readonly JoinedFile[];
}

export interface JoinedFile extends Readonly<FileTotals> {
  readonly path: string;
  /** Movies of it that no movie file names, ascending. */
  readonly untitled: readonly number[];
}

/** How much is in memory at a time. */
export interface SpillSizes {
  /** Ratings that are sorted at a time, about. */
  readonly partRatings: number;
  /** Ratings that are read at a time while a model is trained, about. */
  readonly blockRatings: number;
}

export const SPILL_SIZES: SpillSizes = { partRatings: 1 << 21, blockRatings: 1 << 22 };

/**
 * Reads the data set that `spec` names, and files that are joined to it, as `loadDataset`, `joinFile` and `titledOnly` do,
 * without holding the ratings: they are cut into ranges of users, each range is joined and ordered in memory, and its rows
 * are cut again by movie. Memory holds a few numbers of each user and movie, and a range.
 *
 * @throws what reading the files throws, and `out-of-memory` where the disk is full
 */
export async function spillDataset(
  spill: SpillFolder,
  spec: string,
  extra: readonly string[],
  options: ResolveOptions = {},
  { partRatings, blockRatings }: SpillSizes = SPILL_SIZES,
): Promise<SpilledDataset> {
  const { onNote } = options;
  const base = await resolveDataset(spec, options);
  const files = [base, ...(await Promise.all(extra.map((path) => findFiles(path))))];
  const paths = files.map(({ ratings }) => ratings);
  const sources = await spillSources(spill, paths, onNote);
  const baseMovies = await moviesIn(base.movies, onNote);
  const { movies, untitled } = await moviesOfAll(baseMovies, files, sources);
  const movieIds = distinct(movies.size > 0 ? Int32Array.from(movies.keys()) : together(sources.movieIds));
  const films = new Set(movieIds);
  const parts = new UserParts(spill, sources, movieIds, partRatings);
  const rows = new UserRows(spill, movieIds, parts.movieRows, partRatings);
  const summary = new RatingSummary();
  const unknown = new Set<number>();
  let all = 0;
  for (const part of parts) {
    const titled = titledRatings(part.joined, films);
    for (const movieId of titled.unknown) unknown.add(movieId);
    summary.add(part.base);
    all += part.joined.count;
    rows.write(titled.ratings);
  }
  for (const note of summary.notes(baseMovies)) onNote?.(`${base.ratings}: ${note}`);
  parts.totals.forEach(({ untimed }, at) => {
    if (untimed > 0) onNote?.(untimedNote(paths[at], untimed));
  });
  return {
    name: extra.reduce(joinedName, base.name),
    movies,
    ...sortedRatings(spill, rows, movieIds, blockRatings),
    untitled: { ratings: all - rows.count, movies: unknown.size },
    unknown,
    joined: extra.map((path, at) => ({ path, ...parts.totals[at + 1], untitled: untitled[at] })),
  };
}

/** All ratings whose rows were written, sorted by movie, too. */
export function sortedRatings(
  spill: SpillFolder,
  rows: UserRows,
  movieIds: Int32Array,
  blockRatings: number,
): Pick<SpilledDataset, 'sha256' | 'ratings' | 'matrix' | 'times' | 'scale' | 'newest'> {
  const { userIds, byUser, sha256 } = rows.finish(blockRatings);
  const byMovie = sortByMovie(spill, rows, userIds.length, blockRatings);
  return {
    sha256,
    ratings: { count: rows.count },
    matrix: { userIds, movieIds, byUser, byMovie },
    times: rows.times,
    scale: scaleOf({ stars: Float32Array.from(rows.stars) }),
    newest: rows.newest,
  };
}

/** The movies of the first file with those of the others, and which of each other file nothing names. */
async function moviesOfAll(first: Dataset['movies'], files: readonly DatasetFiles[], { movieIds }: SpilledSources) {
  let movies = first;
  const untitled: (readonly number[])[] = [];
  for (let at = 1; at < files.length; at++) {
    const rated = () => distinct(together(movieIds.slice(0, at)));
    const more = await joinMovies(movies, rated, movieIds[at], files[at].movies);
    movies = more.movies;
    untitled.push(more.untitled);
  }
  return { movies, untitled };
}

function together(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}
