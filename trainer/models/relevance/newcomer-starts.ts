import { historyVector } from '../../../shared/model/history.ts';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import { type AnyRows, rowsBetween } from '../../math/sparse.ts';
import type { Relevance } from './next-watch.ts';

/** How many first ratings of a training user stand for a newcomer's. */
const KNOWN_COUNTS = [15, 10, 5, 3, 2, 1];

/** Training users that are used. More change nothing. */
const MOST_USERS = 20000;

/** Least share of a user's ratings that must follow the known ones, to tell about taste. */
const MIN_LATER_SHARE = 0.4;

/** Trial users among them, enough for the few numbers of the shares. */
const SHARE_USERS = 2000;

/** A training user after their first few ratings, who stands for a newcomer. */
interface NewcomerStart {
  /** Half of the users that they belong to, 0 or 1. */
  readonly half: number;
  /** All of their ratings, of which the first `known` are known. */
  readonly rows: Int32Array;
  readonly stars: Float32Array;
  readonly known: number;
}

/** A newcomer start on whom the shares are tried. */
export interface TrialUser extends NewcomerStart {
  /** History of the known ratings, (E). */
  readonly history: Float64Array;
}

/** 0 or 1 without a period (multiples of the golden ratio), because users may alternate in the data. */
function halfOf(k: number): number {
  return Math.imul(k, 0x9e3779b1) >>> 31;
}

/** The starts of training users, several of each.
 *
 * @param every takes one of so many users
 */
export function* newcomerStarts(byUser: AnyRows, every = 1): Generator<NewcomerStart> {
  const step = Math.max(1, byUser.rows / MOST_USERS);
  for (let k = 0; k * step < byUser.rows; k += every) {
    const u = Math.floor(k * step);
    const { indices: rows, values: stars } = rowsBetween(byUser, u, u + 1);
    for (const known of KNOWN_COUNTS) {
      if (rows.length - known >= MIN_LATER_SHARE * rows.length) yield { half: halfOf(k), rows, stars, known };
    }
  }
}

/** The starts of some of the users, with their histories. */
export function* trialUsers(
  byUser: AnyRows,
  { factors: E, history }: Relevance,
  scales: readonly HistoryWeights[],
): Generator<TrialUser> {
  const every = Math.max(1, Math.floor(Math.min(byUser.rows, MOST_USERS) / SHARE_USERS));
  for (const start of newcomerStarts(byUser, every)) {
    const rated = { rows: start.rows.subarray(0, start.known), stars: start.stars.subarray(0, start.known) };
    yield { ...start, history: historyVector({ history, relevanceCount: E }, scales, rated) };
  }
}
