import { expect, it } from 'vitest';
import { RankingMean, ratingErrors } from '../../../trainer/math/metrics.ts';

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
