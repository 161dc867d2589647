import { beforeAll, describe, expect, it } from 'vitest';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';
import type { Dataset, Ratings } from '../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { userSequences } from '../../../trainer/data/rating-matrix.ts';
import { takeRatings } from '../../../trainer/data/ratings.ts';
import { DEFAULT_GUARD, guardLog } from '../../../trainer/retrain/guard.ts';
import { ratingsOf } from '../../fixtures/datasets.ts';

const DAY = 86_400;

/** Users 1 to 4 rated movie 7, user 1 movie 8 too. */
const BASE = ratingsOf([...[1, 2, 3, 4].map((user): [number, number, number] => [user, 7, 3]), [1, 8, 4]]);
const GUARD = { flatFrom: 5, movieFloor: 2, movieShare: 1 };

let seq = 0;
function row(userId: number, movieId: number, halfStars: number | null, day = 1, timestamp = day * DAY): LogRow {
  return { seq: ++seq, userId, movieId, halfStars, timestamp, receivedAt: day * DAY };
}

const many = (userId: number, count: number, halfStars: (j: number) => number) =>
  Array.from({ length: count }, (_, j) => row(userId, 100 + j, halfStars(j)));

describe('guardLog', () => {
  it('leaves out newcomers who only ever gave one value, from so many ratings on', () => {
    const [flat, varied, few] = [many(50, 5, () => 10), many(51, 5, (j) => (j === 3 ? 8 : 10)), many(52, 4, () => 10)];
    const loose = { ...GUARD, movieFloor: 10 };
    const { log, leftOut } = guardLog(BASE, [...flat, ...varied, ...few], loose);
    expect(log).toEqual([...varied, ...few]);
    expect(leftOut).toEqual({ flatPeople: 1, flatRatings: 5, pushedRatings: 0, pushedMovies: 0 });
  });

  it('looks at the opinions that hold: a change of mind is variety, a rating taken back is none', () => {
    const changed = [...many(50, 5, () => 10), row(50, 100, 4, 2)];
    expect(guardLog(BASE, changed, GUARD).log).toEqual(changed);
    const back = [...many(50, 5, () => 10), row(50, 200, 4), row(50, 200, null, 2)];
    expect(guardLog(BASE, back, GUARD).log).toEqual([]);
  });

  it('passes people of the data set, whatever they do', () => {
    const own = many(1, 30, () => 10);
    expect(guardLog(BASE, own, GUARD).log).toEqual(own);
  });

  it.each([
    ['no ratings', 99, 2],
    ['one', 8, 3],
    ['four', 7, 6],
  ])(
    'takes up newcomers’ ratings of a movie with %s as far as a day’s share goes, the earliest first',
    (_, movieId, taken) => {
      const push = Array.from({ length: 10 }, (_, j) => row(60 + j, movieId, 10));
      const { log, leftOut } = guardLog(BASE, push.toReversed(), GUARD);
      expect(log.toReversed()).toEqual(push.slice(0, taken));
      expect(leftOut).toMatchObject({ pushedRatings: 10 - taken, pushedMovies: 1 });
    },
  );

  it('lets what people flock to double every day, by the Worker’s clock and not by the date they claim', () => {
    const daily = (day: number, count: number, claimed = day) =>
      Array.from({ length: count }, (_, j) => row(100 * day + j, 8, 10, day, claimed * DAY + j));
    // 1 rating: 3 come in on the first day; 4: 6 on the second; 10: all 9 on the third
    expect(guardLog(BASE, [...daily(1, 9), ...daily(2, 9), ...daily(3, 9)], GUARD).log).toHaveLength(3 + 6 + 9);
    const backdated = [1, 2, 3]
      .flatMap((claimed) => daily(4, 9, claimed))
      .map((push, j) => ({ ...push, userId: 500 + j }));
    expect(guardLog(BASE, backdated, GUARD).log).toHaveLength(3);
  });

  it('leaves nothing of an opinion that is left out, also not what came before it', () => {
    const push = [row(60, 99, 2, 1), ...[61, 62, 63].map((user) => row(user, 99, 10, 2)), row(60, 99, 10, 2)];
    const { log } = guardLog(BASE, push, { ...GUARD, movieShare: 0 });
    expect(log.map(({ userId }) => userId)).toEqual([61, 62]);
  });
});

describe('on the embedded ratings', () => {
  let dataset: Dataset;
  beforeAll(async () => {
    dataset = await loadDataset('ml-latest-small-2016');
  });

  it('touches nobody when the later half of the people come as newcomers, on the days on which they did', () => {
    const { ratings } = dataset;
    const { userIds, offsets, positions } = userSequences(ratings);
    const firsts = Array.from(userIds, (_, u) => ratings.timestamps[positions[offsets[u]]]);
    const middle = firsts.toSorted((a, b) => a - b)[userIds.length >> 1];
    const early = new Set(userIds.filter((_, u) => firsts[u] < middle));
    const at = Array.from({ length: ratings.count }, (_, i) => i);
    const base = takeRatings(
      ratings,
      at.filter((i) => early.has(ratings.userIds[i])),
    );
    const log = at.filter((i) => !early.has(ratings.userIds[i])).map((i) => logRow(ratings, i));
    expect(log.length).toBeGreaterThan(50_000);
    expect(guardLog(base, log, DEFAULT_GUARD).leftOut).toEqual({
      ...{ flatPeople: 0, flatRatings: 0, pushedRatings: 0, pushedMovies: 0 },
    });
  });
});

function logRow({ userIds, movieIds, stars, timestamps }: Ratings, i: number): LogRow {
  return { seq: i + 1, userId: userIds[i], movieId: movieIds[i], halfStars: 2 * stars[i], timestamp: timestamps[i] };
}
