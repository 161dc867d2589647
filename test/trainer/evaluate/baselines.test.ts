import { expect, it } from 'vitest';
import { topK } from '../../../shared/math/topk.ts';
import { popularity, recentPopularity } from '../../../trainer/evaluate/baselines.ts';
import { ratingsOf } from '../../fixtures/datasets.ts';

const DAY = 86_400;
const NOW = 1_000 * DAY;
const rowOf = (movieId: number) => movieId / 10 - 1;

/** Movie 10 was liked most long ago, 30 most in the last week, 20 most in the last month; 40 was rated but not liked. */
const train = ratingsOf([
  ...[1, 2, 3, 4, 5].map((user) => [user, 10, 5, NOW - 100 * DAY] as const),
  ...[1, 2, 3].map((user) => [user, 20, 4, NOW - 8 * DAY] as const),
  [1, 30, 4.5, NOW - 7 * DAY],
  [2, 30, 4, NOW - 1],
  [3, 30, 4, NOW - 31 * DAY],
  ...[1, 2, 3, 4].map((user) => [user, 40, 3.5, NOW - DAY] as const),
]);
const likes = popularity(train, 5, rowOf);
const listOf = (days: number) => [...topK(recentPopularity(train, { from: NOW, days }, likes, rowOf), 5)];

it('popularity counts who gave a movie four stars or more', () => {
  expect([...likes]).toEqual([5, 3, 3, 0, 0]);
});

it('recent popularity counts likes of the last days, the oldest second of them included', () => {
  expect(listOf(7)).toEqual([2, 0, 1, 3, 4]);
  expect(listOf(30)).toEqual([1, 2, 0, 3, 4]);
});

it('recent popularity orders movies without recent likes by all likes, then by row', () => {
  expect(listOf(0)).toEqual([0, 1, 2, 3, 4]);
});
