import { expect, it } from 'vitest';
import { topK } from '../../../shared/math/topk.ts';
import { NextMean, placeOf, RankingMean, ratingErrors, standardError } from '../../../trainer/math/metrics.ts';

it('ratingErrors averages squared and absolute errors', () => {
  expect(ratingErrors([1, 2, 5], [1, 4, 4])).toEqual({ rmse: Math.sqrt(5 / 3), mae: 1 });
});

it('RankingMean scores hits at ranks 1 and 3 of three relevant movies as computed by hand', () => {
  const mean = new RankingMean();
  mean.add([7, 8, 9], new Set([7, 9, 1]));
  const ideal = 1 + 1 / Math.log2(3) + 1 / 2;
  expect(mean.quality()).toEqual({ 'recall@20': 2 / 3, 'ndcg@10': (1 + 1 / 2) / ideal, users: 1 });
});

it('RankingMean counts recall to rank 20 and NDCG to rank 10', () => {
  const list = Array.from({ length: 25 }, (_, i) => i);
  const mean = new RankingMean();
  mean.add(list, new Set([15]));
  mean.add(list, new Set([22]));
  expect(mean.quality()).toEqual({ 'recall@20': 0.5, 'ndcg@10': 0, users: 2 });
});

it('RankingMean leaves out users with nothing relevant', () => {
  const mean = new RankingMean();
  mean.add([1, 2], new Set());
  expect(mean.quality().users).toBe(0);
});

it('NextMean counts a movie among the first ten as a hit, worth less the later it comes', () => {
  const mean = new NextMean();
  for (const place of [0, 2, 9, 10, Number.POSITIVE_INFINITY]) mean.add(place);
  expect(mean.quality()).toEqual({ 'hr@10': 3 / 5, 'ndcg@10': (1 + 1 / 2 + 1 / Math.log2(11)) / 5, asked: 5 });
});

it('placeOf puts equal scores in the order of their rows, as a list does', () => {
  const scores = [1, 3, 2, 2, 2, 5];
  const places = scores.map((_, row) => placeOf(scores, row, () => true));
  expect(places).toEqual([5, 1, 2, 3, 4, 0]);
  expect(Array.from(topK(scores, 6), (row) => places[row])).toEqual([0, 1, 2, 3, 4, 5]);
});

it('placeOf passes over rows that are not ranked, and has no place for one that is not', () => {
  const scores = [1, 3, Number.NaN, 2];
  expect(placeOf(scores, 0, (row) => row !== 1)).toBe(1);
  for (const row of [1, 2, 4, -1]) expect(placeOf(scores, row, (row) => row !== 1)).toBe(Number.POSITIVE_INFINITY);
});

it('standardError is the sample deviation over the root of the number, and unknown for one value', () => {
  expect(standardError([1, 2, 3, 6])).toBeCloseTo(Math.sqrt((4 + 1 + 0 + 9) / 3 / 4), 12);
  expect(standardError([1])).toBeNull();
});
