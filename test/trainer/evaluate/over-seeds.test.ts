import { expect, it } from 'vitest';
import { overSeeds } from '../../../trainer/evaluate/over-seeds.ts';

const run = (ndcg: number, rmse: number) => ({ split: 'users:0.1', metrics: { ndcg }, points: [{ rmse, more: null }] });

it('overSeeds gives the mean and the standard error of every figure in its place, and keeps what is no figure', () => {
  expect(overSeeds([run(0.1, 1), run(0.2, 1), run(0.3, 4)])).toEqual({
    mean: { split: 'users:0.1', metrics: { ndcg: expect.closeTo(0.2, 12) }, points: [{ rmse: 2, more: null }] },
    error: {
      split: 'users:0.1',
      metrics: { ndcg: expect.closeTo(0.1 / Math.sqrt(3), 12) },
      points: [{ rmse: 1, more: null }],
    },
  });
});

it('overSeeds knows no standard error of one run', () => {
  expect(overSeeds([run(0.1, 1)]).error.metrics.ndcg).toBeNull();
});
