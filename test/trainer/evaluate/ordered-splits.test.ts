import { expect, it } from 'vitest';
import type { Dataset } from '../../../trainer/data/dataset.ts';
import { cutDataset, parseSplit } from '../../../trainer/data/split-spec.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { type EvaluationExtras, evaluate } from '../../../trainer/evaluate/evaluate.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import { datasetOf, ratingsOf } from '../../fixtures/datasets.ts';

const options = resolveOptions({ factors: 2, relevanceFactors: 3, sweeps: 2, minRatings: 1 });
const evaluated = (dataset: Dataset, split: string, extras?: EvaluationExtras) =>
  evaluate(jsEngine(), dataset, cutDataset(dataset, parseSplit(split), 1), options, undefined, extras);

it('leave one out asks everybody with two ratings for the last film, among all that others rated and they did not', async () => {
  // Person p likes the films 100 + p down to 101, so that everybody's last is 101. In training one person likes 101,
  // and 14 − k people like film 100 + k.
  const rows = Array.from({ length: 13 }, (_, i) => i + 1).flatMap((p) =>
    Array.from({ length: p }, (_, j) => [p, 100 + p - j, 5, 1 + j] as const),
  );
  const { metrics, baselines, testRatings, trainRatings } = await evaluated(datasetOf(ratingsOf(rows)), 'loo');
  expect([trainRatings, testRatings]).toEqual([rows.length - 12, 12]);
  // Before 101 come the unseen films with two likes or more: 10 for person 2, 9 for person 3, … none for 12 and 13.
  // Film 113 has one like too, and the larger id.
  const gains = Array.from({ length: 10 }, (_, place) => 1 / Math.log2(place + 2));
  expect(baselines.popularity.next).toEqual({
    'hr@10': 11 / 12,
    'ndcg@10': expect.closeTo((gains.reduce((sum, gain) => sum + gain, 0) + 1) / 12, 12),
    asked: 12,
  });
  expect(metrics.next!.asked).toBe(12);
});

const DAY = 86_400;
const CUT = Date.parse('2000-12-01T00:00:00Z') / 1000;

it('one cut in time asks those who rated before it, beside what was popular at all and lately', async () => {
  const dataset = datasetOf(
    ratingsOf([
      ...[1, 2, 3, 4, 5].map((person) => [person, 10, 5, CUT - 100 * DAY] as const),
      ...[1, 2, 3].map((person) => [person, 20, 4, CUT - 8 * DAY] as const),
      ...[4, 5].map((person) => [person, 30, 4, CUT - 7 * DAY] as const),
      [9, 40, 3, CUT - 2],
      [9, 20, 5, CUT + 2],
      [9, 30, 4, CUT + 1],
      [8, 10, 4, CUT],
      [8, 20, 4, CUT + 5],
    ]),
  );
  const { when, baselines, metrics, testRatings } = await evaluated(dataset, 'when:2000-12-01', {
    successive: true,
  });
  expect(when).toEqual({ from: '2000-12-01T00:00:00.000Z', leftOut: { people: 1, ratings: 2 } });
  expect(testRatings).toBe(2);
  expect(metrics.next!.asked).toBe(1);
  // Person 9 rates film 30 next, and likes 30 and 20. At all the order is 10, 20, 30; of the last week 30, 10, 20; of the
  // last month 20, 30, 10.
  const ideal = 1 + 1 / Math.log2(3);
  const third = 1 / 2;
  const second = 1 / Math.log2(3);
  // In turn, film 30 is asked for with 10, 20 and itself, then film 20 with 10.
  const list = (ndcg: number, next: number, then: number) => ({
    'ndcg@10': expect.closeTo(ndcg / ideal, 12),
    'recall@20': 1,
    users: 1,
    next: { 'hr@10': 1, 'ndcg@10': expect.closeTo(next, 12), asked: 1 },
    successive: { 'hr@10': 1, 'ndcg@10': expect.closeTo((next + then) / 2, 12), asked: 2 },
  });
  expect(baselines.popularity).toMatchObject(list(second + third, third, second));
  expect(baselines.recent).toMatchObject([
    { days: 7, ...list(1 + third, 1, second) },
    { days: 30, ...list(1 + second, second, 1) },
  ]);
});
