import type { StoredFilm } from '../../shared/ratings/tables/film.ts';
import type { LogRow } from '../../shared/ratings/tables/rating-log.ts';
import type { Dataset, Ratings } from '../data/dataset.ts';
import { namedMovies } from '../data/join-file.ts';
import { ratingBlocks, rewrite } from '../data/spill/rewrite.ts';
import { filmsOf, titledOnly, type Untitled } from '../data/titled.ts';
import type { TrainingOptions } from '../models/options.ts';
import type { RetrainTools } from './contract.ts';
import type { RememberedLog } from './log/deletions.ts';
import { type GuardSettings, guardAgainst, guardLog, type LeftOut, NOTHING_LEFT_OUT } from './log/guard.ts';
import { joinLog, joinRows, withoutPeople, withoutTheirs } from './log/join.ts';
import { heldRatings, type NightRatings, type NightSpill, spilledRatings } from './night-ratings.ts';
import { numbersOf, withToldFilms } from './told-films.ts';

/** Data set and log as one, and what is not in it. */
export interface JoinedNight {
  readonly data: NightRatings;
  /** Ratings of the data set, deleted people's not among them. */
  readonly base: number;
  readonly untitled: Untitled;
  readonly leftOut: LeftOut;
}

/** The data set of a night with the films that D1 was told of, in memory or on a disk. */
export interface LoadedNight {
  /** Its ratings only where they are held. */
  readonly dataset: Dataset;
  join(log: RememberedLog, guard: GuardSettings | null): JoinedNight;
}

export async function loadNight(
  { loadDataset, spillDataset }: Pick<RetrainTools, 'loadDataset' | 'spillDataset'>,
  name: string,
  options: TrainingOptions,
  told: readonly StoredFilm[],
): Promise<LoadedNight> {
  const spilled = await spillDataset?.(name, options);
  if (!spilled) {
    const dataset = withToldFilms(await loadDataset(name, numbersOf(told)), told);
    return { dataset, join: (log, guard) => joinHeld(dataset, log, guard) };
  }
  const rated = { ...NO_RATINGS, movieIds: spilled.dataset.matrix.movieIds };
  const dataset = withToldFilms({ ...spilled.dataset, ratings: rated }, told);
  const named = { ...spilled, dataset: { ...spilled.dataset, movies: namedMovies(dataset) } };
  return { dataset, join: (log, guard) => joinSpilled(named, log, guard) };
}

/** Joins a data set in memory with the log. Ratings of films that no film file names wait. */
function joinHeld(loaded: Dataset, { log, deleted }: RememberedLog, guard: GuardSettings | null): JoinedNight {
  const base = withoutPeople(loaded, deleted);
  const films = filmsOf(base);
  const { known, unknown } = byFilms(log, films);
  const guarded = guard ? guardLog(base.ratings, known, guard) : { log: known, leftOut: NOTHING_LEFT_OUT };
  const { dataset, untitled } = titledOnly(joinLog(base, [...guarded.log, ...unknown]), films);
  return { data: heldRatings(dataset), base: base.ratings.count, untitled, leftOut: guarded.leftOut };
}

/**
 * The same for a data set on a disk, which is written again where its ratings change. The log stays in memory. Ratings of
 * the data set that have no title yet were left out when it was read; those of deleted people are counted among them.
 */
function joinSpilled(loaded: NightSpill, { log, deleted }: RememberedLog, guard: GuardSettings | null): JoinedNight {
  const base = withoutSpilled(loaded, deleted);
  const { untitled, unknown: untitledMovies, ratings } = base.dataset;
  const { known, unknown } = byFilms(log, new Set(base.dataset.movies.keys()));
  const guarded = guard ? guardAgainst(knownOf(base), known, guard) : { log: known, leftOut: NOTHING_LEFT_OUT };
  const waiting = joinRows(NO_RATINGS, unknown);
  const isWhole = guarded.log.length === 0 && base.dataset.matrix.movieIds.length === base.dataset.movies.size;
  return {
    data: spilledRatings(isWhole ? base : rewritten(base, joinBlocks(blocksOf(base), guarded.log))),
    base: ratings.count + untitled.ratings,
    untitled: {
      ratings: untitled.ratings + waiting.count,
      movies: new Set([...untitledMovies, ...waiting.movieIds]).size,
    },
    leftOut: guarded.leftOut,
  };
}

const NO_RATINGS: Ratings = {
  count: 0,
  userIds: new Int32Array(0),
  movieIds: new Int32Array(0),
  stars: new Float32Array(0),
  timestamps: new Float64Array(0),
};

function byFilms(log: readonly LogRow[], films: ReadonlySet<number>) {
  const [known, unknown] = [true, false].map((is) => log.filter(({ movieId }) => films.has(movieId) === is));
  return { known, unknown };
}

function blocksOf({ dataset, sizes }: NightSpill): Iterable<Ratings> {
  return ratingBlocks(dataset, sizes.partRatings);
}

function rewritten({ dataset, spill, sizes }: NightSpill, blocks: Iterable<Ratings>): NightSpill {
  return { dataset: rewrite(spill, dataset, blocks, dataset.movies, sizes), spill, sizes };
}

function withoutSpilled(base: NightSpill, people: ReadonlySet<number>): NightSpill {
  if (!base.dataset.matrix.userIds.some((userId) => people.has(userId))) return base;
  function* rest() {
    for (const block of blocksOf(base)) yield withoutTheirs(block, people);
  }
  return rewritten(base, rest());
}

function knownOf({ dataset: { matrix } }: NightSpill) {
  const { userIds, movieIds, byMovie } = matrix;
  const { offsets } = byMovie;
  return {
    people: userIds,
    counts: new Map(Array.from(movieIds, (movieId, row) => [movieId, offsets[row + 1] - offsets[row]])),
  };
}

/** Joins each block with the rows of its users, and of those between it and the block before. */
function* joinBlocks(blocks: Iterable<Ratings>, log: readonly LogRow[]): Generator<Ratings> {
  const rows = [...log].sort((a, b) => a.userId - b.userId);
  let taken = 0;
  for (const block of blocks) {
    const last = block.userIds[block.count - 1];
    let end = taken;
    while (end < rows.length && rows[end].userId <= last) end++;
    yield end > taken ? joinRows(block, rows.slice(taken, end)) : block;
    taken = end;
  }
  yield joinRows(NO_RATINGS, rows.slice(taken));
}
