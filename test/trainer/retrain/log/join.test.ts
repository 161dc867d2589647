import { describe, expect, it } from 'vitest';
import type { LogRow } from '../../../../shared/ratings/tables/rating-log.ts';
import { random, STREAMS } from '../../../../trainer/math/random.ts';
import { joinLog } from '../../../../trainer/retrain/log/join.ts';
import { datasetOf, ratingsOf } from '../../../fixtures/datasets.ts';

const row = (seq: number, userId: number, movieId: number, halfStars: number | null, timestamp: number): LogRow => ({
  seq,
  userId,
  movieId,
  halfStars,
  timestamp,
});

function joined(base: [number, number, number, number][], log: LogRow[]): number[][] {
  const { ratings } = joinLog(datasetOf(ratingsOf(base)), log);
  return Array.from({ length: ratings.count }, (_, i) => [
    ratings.userIds[i],
    ratings.movieIds[i],
    ratings.stars[i],
    ratings.timestamps[i],
  ]);
}

describe('joinLog', () => {
  it.each<[string, [number, number, number, number][], LogRow[], number[][]]>([
    ['nothing', [[1, 2, 3, 10]], [], [[1, 2, 3, 10]]],
    ['a newer opinion', [[1, 2, 3, 10]], [row(1, 1, 2, 9, 11)], [[1, 2, 4.5, 11]]],
    ['an opinion of the same second, which came later', [[1, 2, 3, 10]], [row(1, 1, 2, 9, 10)], [[1, 2, 4.5, 10]]],
    ['an older opinion', [[1, 2, 3, 10]], [row(1, 1, 2, 9, 9)], [[1, 2, 3, 10]]],
    ['a removal', [[1, 2, 3, 10]], [row(1, 1, 2, null, 11)], []],
    ['a removal of nothing', [[1, 2, 3, 10]], [row(1, 1, 3, null, 11)], [[1, 2, 3, 10]]],
    ['a removal and a new opinion', [[1, 2, 3, 10]], [row(1, 1, 2, null, 11), row(2, 1, 2, 2, 12)], [[1, 2, 1, 12]]],
    ['an opinion and its removal in one second', [], [row(1, 7, 2, 4, 11), row(2, 7, 2, null, 11)], []],
    ['rows out of order', [], [row(2, 7, 2, 6, 11), row(1, 7, 2, 4, 11)], [[7, 2, 3, 11]]],
    ['data without times', [[1, 2, 3, 0]], [row(1, 1, 2, 9, 5)], [[1, 2, 4.5, 5]]],
    [
      'a person of the page',
      [[1, 2, 3, 10]],
      [row(1, 1_000_000_001, 2, 10, 5)],
      [
        [1, 2, 3, 10],
        [1_000_000_001, 2, 5, 5],
      ],
    ],
  ])('joins %s', (_, base, log, expected) => {
    expect(joined(base, log)).toEqual(expected);
  });

  it('agrees with a simple model over random logs, and gives the same digest in any order', () => {
    const { below } = random(3, STREAMS.synthetic);
    const base = datasetOf(
      ratingsOf(
        Array.from({ length: 60 }, (_, i) => [1 + (i % 6), 1 + Math.floor(i / 6), 1 + below(5), below(30)] as const),
      ),
    );
    const log = Array.from({ length: 2000 }, (_, j) =>
      row(j + 1, 1 + below(9), 1 + below(15), below(5) === 0 ? null : 1 + below(10), below(40)),
    );
    const latest = new Map<string, { stars: number | null; time: number }>();
    const { userIds, movieIds, stars, timestamps } = base.ratings;
    for (let i = 0; i < 60; i++) latest.set(`${userIds[i]} ${movieIds[i]}`, { stars: stars[i], time: timestamps[i] });
    for (const { userId, movieId, halfStars, timestamp } of log) {
      const key = `${userId} ${movieId}`;
      if ((latest.get(key)?.time ?? -1) > timestamp) continue;
      latest.set(key, { stars: halfStars === null ? null : halfStars / 2, time: timestamp });
    }
    const expected = [...latest]
      .filter(([, { stars: value }]) => value !== null)
      .map(([key, { stars: value, time }]) => `${key} ${value} ${time}`);
    const { ratings, sha256 } = joinLog(base, log);
    const got = Array.from(
      ratings.userIds,
      (userId, i) => `${userId} ${ratings.movieIds[i]} ${ratings.stars[i]} ${ratings.timestamps[i]}`,
    );
    expect(got.sort()).toEqual(expected.sort());
    expect(joinLog(base, log.toReversed()).sha256).toBe(sha256);
    expect(sha256).not.toBe(base.sha256);
  });
});
