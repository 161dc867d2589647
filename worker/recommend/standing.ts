import type { UserVectors } from '../../shared/model/model.ts';
import { passes, type Ranked, type Selection } from '../../shared/model/scorer.ts';

/** A list by what it comes from. */
export interface ScoredList {
  readonly scores: Float32Array; // (M)
  /** (M), not 0: the list has the movie. */
  readonly open: Uint8Array;
  /** Row of the first movie. */
  readonly first?: number;
}

/** A place in a list, 1 the first. */
export interface Placed extends Ranked {
  readonly rank: number;
}

/** A list in which somebody's movie stands. */
export interface AskedStanding {
  readonly user: UserVectors;
  /** Rows of the asked hidden ones that this list has nonetheless. */
  readonly shown: readonly number[];
}

/** Where one movie stands in some lists. */
export interface AskedStandings {
  readonly lists: readonly AskedStanding[];
  readonly blend: number;
  /** How many movies right before it are named. */
  readonly most: number;
  readonly selection: Selection;
  /** Rows that the lists leave out besides. */
  readonly hidden: ArrayLike<number>;
}

/** Where a movie stands among some of a list's movies, of which it need not be one. */
export interface Standing {
  /** How many movies the list has. */
  readonly outOf: number;
  /** How many of them come before it. */
  readonly before: number;
  /** The first of those, and the ones right before it, best first. */
  readonly first: Ranked | undefined;
  readonly nearest: readonly Ranked[];
}

export interface ScoredStanding extends Standing {
  readonly score: number;
}

/**
 * Where a movie stands by its score. Of equal scores the smaller row comes first, as in every list.
 *
 * @param most how many right before it are named
 */
export function standingOf(movie: Ranked, most: number, { scores, open, first: start = 0 }: ScoredList): Standing {
  const nearest: Ranked[] = []; // the nearest last
  let [outOf, before] = [0, 0];
  let first: Ranked | undefined;
  for (let at = 0; at < scores.length; at++) {
    if (open[at] === 0) continue;
    outOf++;
    const [row, score] = [start + at, scores[at]];
    if (!isBefore(row, score, movie)) continue;
    before++;
    if (first === undefined || isBefore(row, score, first)) first = { row, score };
    if (most === 0 || (nearest.length === most && isBefore(row, score, nearest[0]))) continue;
    const place = nearest.findIndex((known) => isBefore(row, score, known));
    nearest.splice(place < 0 ? nearest.length : place, 0, { row, score });
    if (nearest.length > most) nearest.shift();
  }
  return { outOf, before, first, nearest };
}

/** Where a movie stands among all, by where it stands among some each. */
export function joinedStanding(parts: readonly Standing[], most: number): Standing {
  const sum = (of: (part: Standing) => number) => parts.reduce((sum, part) => sum + of(part), 0);
  const inOrder = (ranked: readonly Ranked[]) => [...ranked].sort((a, b) => b.score - a.score || a.row - b.row);
  const nearest = inOrder(parts.flatMap((part) => part.nearest));
  return {
    outOf: sum(({ outOf }) => outOf),
    before: sum(({ before }) => before),
    first: inOrder(parts.flatMap(({ first }) => first ?? []))[0],
    nearest: nearest.slice(Math.max(0, nearest.length - most)),
  };
}

/** The first of the list and the movies right before one, with their ranks. */
export function placesAbove({ before, first, nearest }: Standing): Placed[] {
  const above = nearest.map((ranked, at) => ({ ...ranked, rank: before + 1 - nearest.length + at }));
  return first === undefined || above[0]?.rank === 1 ? above : [{ ...first, rank: 1 }, ...above];
}

/**
 * Makes the movies that each list has, (n), not 0, of n that stand in rows from `first` on. A row before or behind them
 * changes nothing.
 */
export function openIn({ selection, hidden }: Pick<AskedStandings, 'selection' | 'hidden'>, n: number, first = 0) {
  const mayPass = passes(selection);
  const all = Uint8Array.from({ length: n }, (_, at) => (mayPass(first + at) ? 1 : 0));
  const open = all.slice();
  for (let at = 0; at < hidden.length; at++) open[hidden[at] - first] = 0;
  return ({ shown }: Pick<AskedStanding, 'shown'>): Uint8Array => {
    const own = open.slice();
    for (const row of shown) own[row - first] = all[row - first];
    return own;
  };
}

/** Whether one movie comes before another. A score that is not a number comes before none. */
function isBefore(row: number, score: number, other: Ranked): boolean {
  return score > other.score || (score === other.score && row < other.row);
}
