import { expect, it } from 'vitest';
import type { Ratings } from '../../../trainer/data/dataset.ts';
import { parseSplit, splitDataset } from '../../../trainer/data/split.ts';
import { datasetOf, lowRank, ratingsOf } from '../../fixtures/datasets.ts';

const keys = (ratings: Ratings | null) =>
  Array.from({ length: ratings?.count ?? 0 }, (_, i) => `${ratings!.userIds[i]}:${ratings!.movieIds[i]}`);
const ratings = lowRank(40, 30, 0.5);
const dataset = datasetOf(ratings);

it.each(['random:0.1', 'time:0.2', 'last:0.2', 'users:0.25'])(
  'the split %s puts every rating in exactly one part',
  (text) => {
    const { kind, share } = parseSplit(text);
    const { train, test, shown } = splitDataset(dataset, kind, share, 1);
    const all = [...keys(train), ...keys(test), ...keys(shown)];
    expect(all.length).toBe(ratings.count);
    expect(new Set(all)).toEqual(new Set(keys(ratings)));
    expect(test.count).toBeGreaterThan(0);
  },
);

it('the split random tests the given share, by the seed', () => {
  const cut = (seed: number) => splitDataset(dataset, 'random', 0.1, seed).test;
  expect(cut(1).count).toBe(Math.floor(ratings.count * 0.1));
  expect(keys(cut(1))).toEqual(keys(cut(1)));
  expect(keys(cut(1))).not.toEqual(keys(cut(2)));
});

it('the split time tests on nothing older than what it trains on', () => {
  const { train, test } = splitDataset(dataset, 'time', 0.2, 1);
  expect(Math.max(...train.timestamps)).toBeLessThanOrEqual(Math.min(...test.timestamps));
});

it('the split time refuses ratings without timestamps and says what to use instead', () => {
  const untimed = datasetOf(
    ratingsOf([
      [1, 1, 3],
      [1, 2, 4],
    ]),
  );
  expect(() => splitDataset(untimed, 'time', 0.5, 1)).toThrow(/2 of 2 ratings have no timestamp/);
});

it("the split last tests each user's newest ratings", () => {
  const rows = datasetOf(
    ratingsOf([
      [1, 1, 3, 9],
      [1, 2, 3, 1],
      [1, 3, 3, 5],
      [1, 4, 3, 2],
      [1, 5, 3, 3],
    ]),
  );
  expect(keys(splitDataset(rows, 'last', 0.4, 1).test)).toEqual(['1:1', '1:3']);
});

it('the split users keeps unseen users out of training and shows the first 80% of their ratings', () => {
  const { train, test, shown } = splitDataset(dataset, 'users', 0.25, 1);
  const unseen = new Set(test.userIds);
  expect(unseen.size).toBe(10);
  expect([...train.userIds].some((user) => unseen.has(user))).toBe(false);
  for (const user of unseen) {
    const times = (part: Ratings) => [...part.timestamps].filter((_, i) => part.userIds[i] === user);
    const n = times(shown!).length + times(test).length;
    expect(times(shown!).length).toBe(Math.floor(0.8 * n));
    expect(Math.max(...times(shown!))).toBeLessThan(Math.min(...times(test)));
  }
});

it.each(['random', 'random:1.5', 'weekly:0.1', 'last:0'])('--split %s is refused with a list of the forms', (text) => {
  expect(() => parseSplit(text)).toThrow(/expected random:0.1, time:0.1, last:0.2, users:0.1/);
});
