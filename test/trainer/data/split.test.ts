import { expect, it } from 'vitest';
import type { Ratings } from '../../../trainer/data/dataset.ts';
import { splitDataset } from '../../../trainer/data/split.ts';
import { cutDataset, parseSplit } from '../../../trainer/data/split-spec.ts';
import { datasetOf, lowRank, ratingsOf } from '../../fixtures/datasets.ts';

const keys = (ratings: Ratings | null) =>
  Array.from({ length: ratings?.count ?? 0 }, (_, i) => `${ratings!.userIds[i]}:${ratings!.movieIds[i]}`);
const ratings = lowRank(40, 30, 0.5);
const dataset = datasetOf(ratings);

it.each(['random:0.1', 'time:0.2', 'last:0.2', 'users:0.25', 'loo'])(
  'the split %s puts every rating in exactly one part',
  (text) => {
    const { train, test, shown } = cutDataset(dataset, parseSplit(text), 1);
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

it.each([
  'random',
  'random:1.5',
  'weekly:0.1',
  'last:0',
  'loo:0.1',
  'when',
  'when:2',
  'when:2000-02-30',
  'users:2000-01-01',
])('--split %s is refused with a list of the forms', (text) => {
  expect(() => parseSplit(text)).toThrow(
    /expected random:0.1, time:0.1, last:0.2, users:0.1, loo, when:0.1, when:2000-12-01/,
  );
});

const sequences = datasetOf(
  ratingsOf([
    [1, 10, 5, 300],
    [1, 11, 2, 100],
    [1, 12, 3, 300],
    [1, 13, 4, 200],
    [2, 10, 4, 250],
    [3, 11, 4, 400],
    [3, 12, 1, 350],
    [4, 10, 5],
    [4, 13, 5],
  ]),
);

it('the split loo tests the last rating of everybody who has two, of equal times the last in the file', () => {
  const { train, test, isOrdered } = cutDataset(sequences, { kind: 'loo' }, 1);
  expect(keys(test)).toEqual(['1:12', '3:11', '4:13']);
  expect(keys(train)).toEqual(['1:10', '1:11', '1:13', '2:10', '3:12', '4:10']);
  expect(isOrdered).toBe(true);
});

/** People 1 and 2 rate before and after 2000-12-01, person 3 only before, person 4 only after. */
const DECEMBER = Date.parse('2000-12-01T00:00:00Z') / 1000;
const around = datasetOf(
  ratingsOf([
    [1, 10, 5, DECEMBER - 20],
    [1, 11, 4, DECEMBER],
    [2, 10, 3, DECEMBER - 10],
    [2, 12, 4, DECEMBER + 10],
    [2, 11, 4, DECEMBER + 5],
    [3, 10, 4, DECEMBER - 1],
    [4, 10, 4, DECEMBER],
    [4, 11, 4, DECEMBER + 1],
  ]),
);

it('the split when trains on what was before a day (UTC), and leaves out people who first rated after it', () => {
  const { name, train, test, when } = cutDataset(around, parseSplit('when:2000-12-01'), 1);
  expect(name).toBe('when:2000-12-01');
  expect(keys(train)).toEqual(['1:10', '2:10', '3:10']);
  expect(keys(test)).toEqual(['1:11', '2:12', '2:11']);
  expect(when).toEqual({ from: DECEMBER, leftOut: { people: 1, ratings: 2 } });
});

it('the split when with a share cuts at the oldest of the newest ratings: all of one second are on one side', () => {
  // The newest four begin with 1:11; 4:10 is of the same second.
  const { train, test, when } = cutDataset(around, parseSplit('when:0.5'), 1);
  expect(when).toEqual({ from: DECEMBER, leftOut: { people: 1, ratings: 2 } });
  expect(keys(train)).toEqual(['1:10', '2:10', '3:10']);
  expect(keys(test)).toEqual(['1:11', '2:12', '2:11']);
});

it('the split when says what range the ratings have where nobody rated on both sides', () => {
  expect(() => cutDataset(around, parseSplit('when:2016-01-01'), 1)).toThrow(
    /nobody rated both before and from 2016-01-01 on; the ratings are from 2000-11-30 to 2000-12-01/,
  );
  expect(() => cutDataset(sequences, parseSplit('when:0.5'), 1)).toThrow(/2 of 9 ratings have no timestamp/);
});
