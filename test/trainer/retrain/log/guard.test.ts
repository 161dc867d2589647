import { beforeAll, describe, expect, it } from 'vitest';
import type { LogRow } from '../../../../shared/ratings/tables/rating-log.ts';
import type { Dataset, Ratings } from '../../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { userSequences } from '../../../../trainer/data/rating-matrix.ts';
import { takeRatings } from '../../../../trainer/data/ratings.ts';
import { DEFAULT_GUARD, guardLog } from '../../../../trainer/retrain/log/guard.ts';
import { ratingsOf } from '../../../fixtures/datasets.ts';

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
  it('leaves out newcomers who gave only one value, from the set number of ratings on', () => {
    const [flat, varied, few] = [many(50, 5, () => 10), many(51, 5, (j) => (j === 3 ? 8 : 10)), many(52, 4, () => 10)];
    const loose = { ...GUARD, movieFloor: 10 };
    const { log, leftOut } = guardLog(BASE, [...flat, ...varied, ...few], loose);
    expect(log).toEqual([...varied, ...few]);
    expect(leftOut).toEqual({ flatPeople: 1, flatRatings: 5, pushedRatings: 0, pushedMovies: 0 });
  });

  it('counts a changed rating as variety, and not one that was taken back', () => {
    const changed = [...many(50, 5, () => 10), row(50, 100, 4, 2)];
    expect(guardLog(BASE, changed, GUARD).log).toEqual(changed);
    const back = [...many(50, 5, () => 10), row(50, 200, 4), row(50, 200, null, 2)];
    expect(guardLog(BASE, back, GUARD).log).toEqual([]);
  });

  it('passes all ratings of people of the data set', () => {
    const rows = many(1, 30, () => 10);
    expect(guardLog(BASE, rows, GUARD).log).toEqual(rows);
  });

  it.each([
    ['no ratings before', 99, 2],
    ['one rating before', 8, 3],
    ['four ratings before', 7, 6],
  ])('passes the earliest newcomers’ ratings of a movie with %s, up to its daily allowance', (_, movieId, taken) => {
    const push = Array.from({ length: 10 }, (_, j) => row(60 + j, movieId, 10));
    const { log, leftOut } = guardLog(BASE, push.toReversed(), GUARD);
    expect(log.toReversed()).toEqual(push.slice(0, taken));
    expect(leftOut).toMatchObject({ pushedRatings: 10 - taken, pushedMovies: 1 });
  });

  it('lets a popular movie double every day by the Worker’s clock, not by the claimed date', () => {
    const daily = (day: number, count: number, claimed = day) =>
      Array.from({ length: count }, (_, j) => row(100 * day + j, 8, 10, day, claimed * DAY + j));
    // 1 rating: 3 come in on the first day; 4: 6 on the second; 10: all 9 on the third
    expect(guardLog(BASE, [...daily(1, 9), ...daily(2, 9), ...daily(3, 9)], GUARD).log).toHaveLength(3 + 6 + 9);
    const backdated = [1, 2, 3]
      .flatMap((claimed) => daily(4, 9, claimed))
      .map((push, j) => ({ ...push, userId: 500 + j }));
    expect(guardLog(BASE, backdated, GUARD).log).toHaveLength(3);
  });

  it('leaves out the earlier ratings of a pair together with its latest one', () => {
    const push = [row(60, 99, 2, 1), ...[61, 62, 63].map((user) => row(user, 99, 10, 2)), row(60, 99, 10, 2)];
    const { log } = guardLog(BASE, push, { ...GUARD, movieShare: 0 });
    expect(log.map(({ userId }) => userId)).toEqual([61, 62]);
  });
});

describe('the guard on the embedded ratings', () => {
  let dataset: Dataset;
  beforeAll(async () => {
    dataset = await loadDataset('ml-latest-small-2016');
  });

  it('leaves nothing out when the later half of the people come as newcomers on their actual days', () => {
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
      flatPeople: 0,
      flatRatings: 0,
      pushedRatings: 0,
      pushedMovies: 0,
    });
  });
});

function logRow({ userIds, movieIds, stars, timestamps }: Ratings, i: number): LogRow {
  return { seq: i + 1, userId: userIds[i], movieId: movieIds[i], halfStars: 2 * stars[i], timestamp: timestamps[i] };
}
