import { expect, it } from 'vitest';
import { indexRatings } from '../../../trainer/data/rating-matrix.ts';
import { splitDataset } from '../../../trainer/data/split.ts';
import { biasBaseline } from '../../../trainer/evaluate/baselines.ts';
import { ratingErrors } from '../../../trainer/math/metrics.ts';
import { datasetOf, lowRank } from '../../fixtures/datasets.ts';
import { curveRow, secondsTo } from '../harness/training-rows.ts';
import { openFastai, trainFastai } from './fastai.ts';
import { LearningCurve, problemOf } from './problem.ts';
import { sgdDefaults, trainSgd } from './sgd.ts';

const { train, test } = splitDataset(datasetOf(lowRank(120, 60, 0.7, 2)), 'random', 0.1, 1);
const matrix = indexRatings(train);
const problem = problemOf(train, matrix);
const bias = biasBaseline(train, { min: 0.5, max: 5, step: 0.5 });
const biasOnly = ratingErrors(
  Array.from(test.userIds, (userId, i) => bias.predict(userId, test.movieIds[i])),
  test.stars,
).rmse;

it('SGD finds more than biases where tastes are known, and measures itself after every epoch', () => {
  const curve = new LearningCurve(train, test, matrix);
  trainSgd(problem, { ...sgdDefaults(train.count), factors: 4, epochs: 40, seed: 1 }, curve);
  expect(curve.points).toHaveLength(40);
  expect(curve.points.at(-1)!.rmse).toBeLessThan(0.8 * biasOnly);
  curve.points.forEach(({ seconds }, k) => {
    expect(seconds).toBeGreaterThanOrEqual(k === 0 ? 0 : curve.points[k - 1].seconds);
  });
});

it('the fast.ai recipe finds more than biases where tastes are known', async () => {
  expect(await openFastai()).toMatch(/wasm/);
  const curve = new LearningCurve(train, test, matrix);
  await trainFastai(problem, { factors: 4, epochs: 20, lr: 0.05, wd: 0, seed: 1 }, curve);
  expect(curve.points).toHaveLength(20);
  expect(curve.points.at(-1)!.rmse).toBeLessThan(0.8 * biasOnly);
});

const outcome = (...points: [number, number][]) => ({
  data: 'made up',
  ratings: 1,
  device: 'paper',
  seconds: points.at(-1)![0],
  curve: points.map(([seconds, rmse]) => ({ seconds, rmse })),
  peakMegabytes: 1,
});
/** Sweeps end after 1, 2 and 3 seconds; finishing takes half a second. */
const ours = outcome([1, 0.95], [2, 0.9], [3, 0.88], [3.5, 0.87]);

it('counts the seconds to the first sweep with that error, and what finishing takes', () => {
  expect(secondsTo(0.91, ours)).toBe(2.5);
  expect(secondsTo(0.88, ours)).toBe(3.5);
  expect(secondsTo(0.8, ours)).toBe(Infinity);
});

it('compares a recipe at its best epoch, not its last, and Marquee where it got as far', () => {
  const job = { task: 'curve', method: 'sgd', size: '100k', threads: 1 } as const;
  const recipe = outcome([5, 0.93], [10, 0.9], [15, 0.92]);
  expect(curveRow(job, [recipe], [ours])).toMatchObject({ rmse: 0.9, seconds: 10, marqueeSeconds: 2.5, ratio: 4 });
  expect(curveRow(job, [outcome([5, 0.5])], [ours])).toMatchObject({ seconds: 5, marqueeSeconds: null, ratio: null });
  expect(curveRow(job, [ours], null)).toMatchObject({ rmse: 0.87, seconds: 3.5, ratio: null });
});
