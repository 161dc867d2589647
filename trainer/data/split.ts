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
}

/** A `users` split, which tests unseen users. */
export interface UsersSplit extends Split {
  readonly shown: Ratings;
}

export function hasUnseenUsers(split: Split): split is UsersSplit {
  return split.shown !== null;
}

export type SplitKind = 'random' | 'time' | 'last' | 'users';

/** How to cut: the parts of "random:0.1". */
export interface SplitSpec {
  readonly kind: SplitKind;
  readonly share: number;
}

/** Parses "random:0.1". Throws `bad-flag`, which lists the forms. */
export function parseSplit(text: string): SplitSpec {
  const match = /^(random|time|last|users):(0?\.\d+)$/.exec(text);
  const share = Number(match?.[2]);
  if (!match || !(share > 0 && share < 1)) {
    throw new MarqueeError(
      'bad-flag',
      `--split: got "${text}", expected random:0.1, time:0.1, last:0.2, users:0.1 or u1 to u5`,
    );
  }
  return { kind: match[1] as SplitKind, share };
}

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
  };
}

function markNewest({ timestamps, count }: Ratings, share: number, tested: Uint8Array): void {
  const missing = timestamps.filter((t) => !(t > 0)).length;
  if (missing > 0) {
    throw new MarqueeError('bad-data', `--split time: ${missing} of ${count} ratings have no timestamp`, {
      fix: 'Use last:0.2, which goes by the order of each user’s rows.',
    });
  }
  const order = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  for (const i of order.subarray(count - Math.floor(share * count))) tested[i] = 1;
}
