import { describe, expect, it } from 'vitest';
import { DAY } from '../../../../shared/model/time-away.ts';
import { SparseBuilder } from '../../../../trainer/math/sparse.ts';
import { trendOf } from '../../../../trainer/models/relevance/trend.ts';

const NOW = 2_000_000_000;

/** One user's ratings of (row, stars, days ago). */
function timed(columns: number, ratings: readonly (readonly [row: number, stars: number, daysAgo: number])[]) {
  const builder = new SparseBuilder(columns);
  for (const [row, stars] of ratings) builder.add(row, stars);
  builder.endRow();
  return { byUser: builder.take(), times: Uint32Array.from(ratings, ([, , ago]) => NOW - ago * DAY) };
}

const times = (count: number, row: number, ago: number, stars = 5) =>
  Array.from({ length: count }, () => [row, stars, ago] as const);

describe('the trend', () => {
  it('is above 0 for a movie that is liked more of late than on the whole, below 0 for one that was', () => {
    const ratings = [...times(100, 0, 900), ...times(100, 1, 900), ...times(50, 1, 0), ...times(20, 2, 0)];
    const trend = trendOf(timed(4, ratings), Int32Array.of(0, 1, 2), 4);
    expect(trend[0]).toBeLessThan(0);
    expect(trend[1]).toBeGreaterThan(trend[0]);
    expect(trend[2]).toBeGreaterThan(trend[1]);
    expect(trend[0] + trend[1] + trend[2]).toBeCloseTo(0, 12);
    expect(trend[3]).toBe(0); // takes no part
  });

  it('is the logarithm of a ratio of shares, with a tenth of the whole popularity in the recent one', () => {
    // 300 ratings of each of two movies are "lately" by the number of ratings: 30 days fade by e^−1 each.
    const ratings = [...times(300, 0, 30), ...times(300, 1, 0)];
    const trend = trendOf(timed(2, ratings), Int32Array.of(0, 1), 4);
    const late = 1 + Math.exp(-1);
    const [old, recent] = [Math.exp(-1), 1].map((share) => Math.log((share / late) * 2 + 0.1));
    expect(trend[1] - trend[0]).toBeCloseTo(recent - old, 6);
  });

  it('looks further back where fewer ratings came', () => {
    const few = [...times(4, 0, 400), ...times(4, 1, 100)];
    const many = few.flatMap((rating) => Array.from({ length: 100 }, () => rating));
    const core = Int32Array.of(0, 1);
    const [seldom, often] = [few, many].map((ratings) => trendOf(timed(2, ratings), core, 4));
    expect(seldom[1] - seldom[0]).toBeLessThan(often[1] - often[0]);
  });

  it('counts likes alone, and is 0 where no rating has a time or nobody liked anything', () => {
    const core = Int32Array.of(0, 1);
    const disliked = trendOf(timed(2, [...times(9, 0, 0), ...times(9, 1, 0), ...times(90, 1, 0, 1)]), core, 4);
    expect(disliked[1]).toBeCloseTo(disliked[0], 12);
    const untimed = { ...timed(2, times(9, 0, 0)), times: new Uint32Array(9) };
    expect([...trendOf(untimed, core, 4)]).toEqual([0, 0]);
    expect([...trendOf(timed(2, times(9, 0, 0, 1)), core, 4)]).toEqual([0, 0]);
  });
});
