import { historyVector } from '../../../shared/model/history.ts';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import type { SparseRows } from '../../math/sparse.ts';
import type { Relevance } from './next-watch.ts';

/** First ratings of a training user that stand for a stranger's. */
const SHOWN = [15, 10, 5, 3, 2, 1];

/** Training users looked at: more change nothing. */
const MOST_USERS = 20000;

/** Share of a user's ratings that must come later for them to tell about taste. */
const MIN_LATER_SHARE = 0.4;

/** Of them on whom the shares are learned, which are few numbers. */
const SHARE_USERS = 2000;

/** A training user after their first few ratings. */
interface NewcomerStart {
  /** Which half of the users they belong to, 0 or 1. */
  readonly half: number;
  /** All of their ratings, of which the first `shown` are known. */
  readonly rows: Int32Array;
  readonly stars: Float32Array;
  readonly shown: number;
}

/** One by whom the shares are judged. */
export interface TrialUser extends NewcomerStart {
  /** Of the known ratings, (E). */
  readonly history: Float64Array;
}

/** 0 or 1 by turns that follow no period (multiples of the golden ratio), since users may alternate in the data. */
function halfOf(k: number): number {
  return Math.imul(k, 0x9e3779b1) >>> 31;
}

/** @param every takes one user of so many */
export function* newcomerStarts(byUser: SparseRows, every = 1): Generator<NewcomerStart> {
  const step = Math.max(1, byUser.rows / MOST_USERS);
  for (let k = 0; k * step < byUser.rows; k += every) {
    const u = Math.floor(k * step);
    const [from, to] = [byUser.offsets[u], byUser.offsets[u + 1]];
    const rows = byUser.indices.subarray(from, to);
    const stars = byUser.values.subarray(from, to);
    for (const shown of SHOWN) {
      if (rows.length - shown >= MIN_LATER_SHARE * rows.length) yield { half: halfOf(k), rows, stars, shown };
    }
  }
}

export function* trialUsers(
  byUser: SparseRows,
  { factors: E, history }: Relevance,
  weights: HistoryWeights,
): Generator<TrialUser> {
  const every = Math.max(1, Math.floor(Math.min(byUser.rows, MOST_USERS) / SHARE_USERS));
  for (const start of newcomerStarts(byUser, every)) {
    const rated = { rows: start.rows.subarray(0, start.shown), stars: start.stars.subarray(0, start.shown) };
    yield { ...start, history: historyVector({ history, relevanceCount: E }, weights, rated) };
  }
}
