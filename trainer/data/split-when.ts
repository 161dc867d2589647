import { MarqueeError } from '../../shared/errors.ts';
import type { Dataset, Ratings } from './dataset.ts';
import { takeRatings } from './ratings.ts';
import { requireTimes, type Split } from './split.ts';

/** Where to cut: at a second since the epoch, or so that this share of the ratings, the newest, is tested. */
export type Cut = { readonly from: number } | { readonly share: number };

/**
 * One cut in time for everybody: training knows what was rated before it, and people are asked what they rated from then
 * on. Unlike `time`, all ratings of one second are on one side, and only people with ratings on both sides are asked: what
 * newcomers rated after the cut is in neither part (`leftOut`).
 *
 * @throws `bad-data` where ratings have no timestamp, or nobody has ratings on both sides
 */
export function splitWhen({ ratings }: Dataset, name: string, cut: Cut): Split {
  const { timestamps, userIds, count } = ratings;
  requireTimes(ratings, 'when');
  const from = 'share' in cut ? timeOfNewest(ratings, cut.share) : cut.from;
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const train = takeRatings(
    ratings,
    all.filter((i) => timestamps[i] < from),
  );
  const known = new Set(train.userIds);
  const after = all.filter((i) => timestamps[i] >= from);
  const test = takeRatings(
    ratings,
    after.filter((i) => known.has(userIds[i])),
  );
  if (test.count === 0) throw nobodyAsked(ratings, name, from);
  const newcomers = new Set(after.map((i) => userIds[i]).filter((userId) => !known.has(userId)));
  const leftOut = { people: newcomers.size, ratings: after.length - test.count };
  return { name, train, test, shown: null, isOrdered: true, cutsTime: true, when: { from, leftOut } };
}

/** When the oldest of that share of the ratings, the newest, was given. */
function timeOfNewest({ timestamps, count }: Ratings, share: number): number {
  return timestamps.toSorted()[count - Math.max(1, Math.floor(share * count))];
}

function nobodyAsked({ timestamps }: Ratings, name: string, from: number): MarqueeError {
  const [first, last] = timestamps.reduce(([a, b], t) => [Math.min(a, t), Math.max(b, t)], [Infinity, 0]);
  const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
  const range = last > 0 ? `; the ratings are from ${day(first)} to ${day(last)}` : '';
  return new MarqueeError('bad-data', `--split ${name}: nobody rated both before and from ${day(from)} on${range}`, {
    fix: 'Take another date, or a larger share.',
  });
}
