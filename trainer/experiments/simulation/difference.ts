import type { Model } from '../../../shared/model/model.ts';

/** A top ten that HTTP answered otherwise than it was computed here. */
export interface ListDifference {
  readonly userId: number;
  /** The first place that differs, from 1. */
  readonly rank: number;
  /** Movie ids there; null where a list has ended. */
  readonly computed: number | null;
  readonly served: number | null;
  /** By how much the two movies' scores differ here; null where one of them has none. */
  readonly gap: number | null;
  readonly why: 'a tie' | 'unexplained';
}

/** A top ten as it was computed here. */
export interface ComputedList {
  readonly movieIds: readonly number[];
  /** Of all movies, (M). */
  readonly scores: Float32Array;
}

/**
 * Two scores that are closer, as a share of the larger, may change places: the Worker adds up the same products in another
 * order, in 32 bits.
 */
const TIE = 1e-5;

/** Where and why two lists differ first; null where they are the same. */
export function differenceOf(
  model: Model,
  userId: number,
  { movieIds, scores }: ComputedList,
  answered: readonly number[],
): ListDifference | null {
  const length = Math.max(movieIds.length, answered.length);
  const at = Array.from({ length }, (_, place) => place).find((place) => movieIds[place] !== answered[place]);
  if (at === undefined) return null;
  const [computed, served] = [movieIds[at] ?? null, answered[at] ?? null];
  const scoreOf = (movieId: number | null) => (movieId === null ? undefined : scores[model.movies.rowOf(movieId)]);
  const [mine, theirs] = [scoreOf(computed), scoreOf(served)];
  const gap = mine === undefined || theirs === undefined ? null : Math.abs(mine - theirs);
  const isTie = gap !== null && gap <= TIE * Math.max(Math.abs(mine!), Math.abs(theirs!));
  return { userId, rank: at + 1, computed, served, gap, why: isTie ? 'a tie' : 'unexplained' };
}
