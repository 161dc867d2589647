import { MarqueeError } from '../../shared/errors.ts';
import { random, STREAMS, shuffled } from '../math/random.ts';
import type { Dataset, Ratings } from './dataset.ts';
import { userSequences } from './rating-matrix.ts';
import { takeRatings } from './ratings.ts';

/** A data set cut in two, or in three by `users`, for evaluation. */
export interface Split {
  readonly name: string;
  readonly train: Ratings;
  readonly test: Ratings;
  /** Of `users` only: earlier ratings of the unseen users, from which they are folded in. */
  readonly shown: Ratings | null;
  /** Each person's tested ratings come after all their others: the first of them is the next film that they rated. */
  readonly isOrdered?: boolean;
  /** One cut in time for everybody: training ends where the test begins. */
  readonly cutsTime?: boolean;
  /** Of `when` only. */
  readonly when?: SplitTime;
}

/** Where a `when` split cuts, and whom it cannot ask. */
export interface SplitTime {
  /** Training ends before this second since the epoch, the test begins with it. */
  readonly from: number;
  /** People without a rating before the cut, and their ratings after it, which are in neither part. */
  readonly leftOut: { readonly people: number; readonly ratings: number };
}

/** A `users` split, which tests unseen users. */
export interface UsersSplit extends Split {
  readonly shown: Ratings;
}

export function hasUnseenUsers(split: Split): split is UsersSplit {
  return split.shown !== null;
}

/** Splits that test a share of the ratings or of the users. */
export type SplitKind = 'random' | 'time' | 'last' | 'users';

/** Share of an unseen user's ratings that is shown; the rest is tested. */
const SHOWN_SHARE = 0.8;

/**
 * Cuts a data set. `random` tests that share of all ratings, `time` the newest ratings, `last` the newest of each user.
 * `users` keeps that share of the users out of training, shows the first 80% of their ratings and tests the rest.
 */
export function splitDataset(dataset: Dataset, kind: SplitKind, share: number, seed: number): Split {
  const { ratings } = dataset;
  const tested = new Uint8Array(ratings.count);
  const shown = new Uint8Array(ratings.count);
  if (kind === 'random') {
    const order = shuffled(ratings.count, random(seed, STREAMS.split));
    for (const i of order.subarray(0, Math.floor(share * ratings.count))) tested[i] = 1;
  } else if (kind === 'time') {
    markNewest(ratings, share, tested);
  } else {
    const { userIds, offsets, positions } = userSequences(ratings);
    const unseen = new Uint8Array(userIds.length).fill(kind === 'last' ? 1 : 0);
    if (kind === 'users') {
      const order = shuffled(userIds.length, random(seed, STREAMS.split));
      for (const u of order.subarray(0, Math.round(share * userIds.length))) unseen[u] = 1;
    }
    for (let u = 0; u < userIds.length; u++) {
      if (!unseen[u]) continue;
      const sequence = positions.subarray(offsets[u], offsets[u + 1]);
      const keep = Math.floor((kind === 'last' ? 1 - share : SHOWN_SHARE) * sequence.length);
      for (const i of sequence.subarray(keep)) tested[i] = 1;
      if (kind === 'users') for (const i of sequence.subarray(0, keep)) shown[i] = 1;
    }
  }
  const pick = (wanted: (i: number) => boolean) =>
    takeRatings(ratings, Array.from({ length: ratings.count }, (_, i) => i).filter(wanted));
  return {
    name: `${kind}:${share}`,
    train: pick((i) => !tested[i] && !shown[i]),
    test: pick((i) => tested[i] === 1),
    shown: kind === 'users' ? pick((i) => shown[i] === 1) : null,
    isOrdered: kind !== 'random',
    cutsTime: kind === 'time',
  };
}

function markNewest(ratings: Ratings, share: number, tested: Uint8Array): void {
  const { timestamps, count } = ratings;
  requireTimes(ratings, 'time');
  const order = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  for (const i of order.subarray(count - Math.floor(share * count))) tested[i] = 1;
}

/** Throws `bad-data` where a rating has no timestamp. */
export function requireTimes({ timestamps, count }: Ratings, kind: string): void {
  const missing = timestamps.filter((t) => !(t > 0)).length;
  if (missing === 0) return;
  throw new MarqueeError('bad-data', `--split ${kind}: ${missing} of ${count} ratings have no timestamp`, {
    fix: 'Use last:0.2, which goes by the order of each user’s rows.',
  });
}
