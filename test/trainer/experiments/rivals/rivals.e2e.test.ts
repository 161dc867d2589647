import { expect, it, onTestFinished } from 'vitest';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { splitDataset } from '../../../../trainer/data/split.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { evaluate } from '../../../../trainer/evaluate/evaluate.ts';
import { measureRivals } from '../../../../trainer/experiments/rivals/index.ts';
import { resolveOptions } from '../../../../trainer/models/options.ts';

it('each rival reaches its known quality for unseen users of the embedded ratings, by the protocol of the baselines', async () => {
  const engine = await openEngine('wasm', { threads: 2 });
  onTestFinished(() => engine.close());
  const dataset = await loadDataset('ml-latest-small-2016');
  const split = splitDataset(dataset, 'users', 0.1, 1);
  const measured: string[] = [];
  const options = resolveOptions({ factors: 7, relevanceFactors: 32, sweeps: 2, minRatings: 10 });
  const rivals = await measureRivals(engine, split, options, ({ name }) => measured.push(name));
  expect(measured).toEqual(['Bias', 'Popularity', 'iALS', 'iALS + recency', 'EASE', 'EASE + recency']);
  const [bias, popularity, ials, , ease, recency] = rivals;
  const { baselines, metrics } = await evaluate(engine, dataset, split, options);
  expect(bias.rmse).toBeCloseTo(baselines.bias.rmse, 6);
  const { 'distance@10': _, reach: __, ...quality } = baselines.popularity;
  expect(popularity).toMatchObject(quality);
  expect(ease.users).toBe(metrics.users);
  for (const ranker of [ials, ease, recency]) {
    expect(ranker['ndcg@10']).toBeGreaterThan(1.25 * popularity['ndcg@10']!);
    expect(ranker['ndcg@10']).toBeLessThan(0.2);
    expect(ranker['recall@20']).toBeGreaterThan(1.25 * popularity['recall@20']!);
    expect(ranker['recall@20']).toBeLessThan(0.25);
  }
});
