import { type WeightedSum, weightedSum } from '../math/weighted-sum.ts';
import {
  type HistoryVectors,
  leftAfter,
  relevanceShares,
  trendShare,
  vectorOfHistory,
  weightsOfScales,
} from './history.ts';
import type { RatedMovies, RelevancePrior, UserVectors } from './model.ts';

/** A weight of this much or less changes no score. */
const NO_WEIGHT = 1e-9;

/** Seconds of a day. */
export const DAY = 86_400;

/** Days between the newest rating and now, 0 where its time is not known. Both in seconds since the epoch. */
export function daysSince(newest: number, now: number): number {
  return newest > 0 ? Math.max(0, now - newest) / DAY : 0;
}

/** From here on, days change nothing any more. */
const LONG_AWAY = 30;

/** Days as they are served: in whole hours, so that an answer changes by the hour. */
export function wholeHours(days: number): number {
  return Math.min(LONG_AWAY, Math.floor(24 * days) / 24);
}

/** How a relevance vector changes while somebody is away, and which ratings that depends on. */
export interface ChangeAway {
  /** Rows of the ratings that fade, the newest ones. */
  readonly rows: Int32Array; // (m)
  /** @param sum over their history vectors, in S parts */
  apply(relevance: ArrayLike<number>, sum: WeightedSum): Float64Array; // (E)
}

/**
 * What a relevance vector that was made right after the newest rating becomes when days have passed since: what the last
 * visit's films added fades, and what is popular of late counts. The same as `relevanceVector` makes of the ratings with
 * their `days`, from the few newest ratings alone.
 */
export function changeAway(prior: RelevancePrior, { rows, stars, days = 0 }: RatedMovies): ChangeAway {
  const { history: scales } = prior;
  const S = scales.length;
  const lost = weightsOfScales(stars, scales).map((v, k) => v * (leftAfter(days, scales[k % S].visitDays) - 1));
  const first = lost.findIndex((v) => Math.abs(v) > NO_WEIGHT);
  const from = first < 0 ? rows.length : Math.floor(first / S);
  return {
    rows: rows.subarray(from),
    apply(relevance, sum) {
      const changed = linearIn(sum(lost.subarray(from * S)), stars, prior);
      for (let e = 0; e < changed.length; e++) changed[e] += relevance[e];
      if (rows.length > 0) changed[changed.length - 1] += trendShare(prior, days);
      return changed;
    },
  };
}

/** A user whose vectors were made right after their newest rating, as they are `rated.days` later. */
export function afterDays<V extends UserVectors>(
  { movies, relevancePrior }: { readonly movies: HistoryVectors; readonly relevancePrior: RelevancePrior },
  user: V,
  rated: RatedMovies,
): V {
  if (!rated.days) return user;
  const { rows, apply } = changeAway(relevancePrior, rated);
  const sum = weightedSum(movies.history, movies.relevanceCount, rows, relevancePrior.history.length);
  return { ...user, relevance: apply(user.relevance, sum) };
}

/** What a history adds to a relevance vector. */
function linearIn(h: Float64Array, stars: RatedMovies['stars'], prior: RelevancePrior): Float64Array {
  const { constant } = relevanceShares(stars.length, 0, prior);
  return vectorOfHistory(h, { stars }, prior).map((value, e) => value - constant[e]);
}
