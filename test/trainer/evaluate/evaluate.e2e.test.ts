import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { withRatings } from '../../../trainer/data/ratings.ts';
import { splitDataset } from '../../../trainer/data/split.ts';
import { cutDataset, parseSplit } from '../../../trainer/data/split-spec.ts';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { evaluate, measure as measureArtifact } from '../../../trainer/evaluate/evaluate.ts';
import { mean } from '../../../trainer/math/metrics.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import { train } from '../../../trainer/train/train.ts';
import { checkerboard, datasetOf } from '../../fixtures/datasets.ts';

let engine: Engine;
let embedded: Dataset;
beforeAll(async () => {
  engine = await openEngine('wasm', { threads: 2 });
  embedded = await loadDataset('ml-latest-small-2016');
});
afterAll(() => engine.close());

async function measure(dataset: Dataset, split: string, given: Parameters<typeof resolveOptions>[0]) {
  return evaluate(engine, dataset, cutDataset(dataset, parseSplit(split), 1), resolveOptions(given));
}

describe('evaluation of the embedded ratings', () => {
  const options = { factors: 15, relevanceFactors: 32, sweeps: 8, minRatings: 30 };

  it('predicts a random fifth with an RMSE in the known band, well below that of Bias', async () => {
    const { metrics, baselines, coldStart } = await measure(embedded, 'random:0.2', options);
    expect(metrics.rmse).toBeGreaterThan(0.82);
    expect(metrics.rmse).toBeLessThan(0.85);
    expect(metrics.mae).toBeLessThan(0.65);
    expect(baselines.bias.rmse).toBeGreaterThan(metrics.rmse + 0.03);
    expect(coldStart).toEqual([]);
  });

  it('ranks better than Popularity for unseen users, and improves with every shown rating', async () => {
    const { metrics, baselines, coldStart } = await measure(embedded, 'users:0.1', options);
    expect(metrics['ndcg@10']).toBeGreaterThan(1.3 * baselines.popularity['ndcg@10']);
    expect(metrics['recall@20']).toBeGreaterThan(1.2 * baselines.popularity['recall@20']);
    expect(metrics.rmse).toBeLessThan(baselines.bias.rmse - 0.02);
    expect(coldStart.map(({ shown }) => shown)).toEqual([0, 1, 2, 3, 5, 10, 15]);
    expect(coldStart[6].metrics.rmse).toBeLessThan(coldStart[0].metrics.rmse - 0.03);
    expect(coldStart[0].metrics.users).toBe(metrics.users);
    // Nobody in particular gets what is popular, in that order.
    expect(coldStart[0].lead).toEqual({ value: 0, error: 0 });
    expect(coldStart[0].metrics['recall@20']).toBe(coldStart[0].baselines.popularity['recall@20']);
    // Whoever gave a rating is read better than by popularity: nowhere clearly worse, on the whole clearly better.
    const leads = coldStart.slice(1).map(({ lead }) => lead);
    for (const { value, error } of leads) expect(value).toBeGreaterThan(-error);
    expect(mean(leads.map(({ value }) => value))).toBeGreaterThan(0.003);
  });

  it('names the next film of everybody more often than Popularity, and shows more of the catalogue', async () => {
    const { metrics, baselines, testRatings } = await measure(embedded, 'loo', options);
    const { popularity } = baselines;
    expect([testRatings, metrics.next!.asked, popularity.next!.asked]).toEqual([671, 671, 671]);
    expect(metrics.next!['hr@10']).toBeGreaterThan(1.3 * popularity.next!['hr@10']);
    expect(metrics.next!['hr@10']).toBeLessThan(0.3);
    expect(metrics.reach.coverage).toBeGreaterThan(1.5 * popularity.reach.coverage);
    expect(metrics.reach.popularity).toBeLessThan(popularity.reach.popularity);
    expect(metrics.reach.novelty).toBeGreaterThan(popularity.reach.novelty);
  });

  it('asks unseen users fewer questions than popularity does for the same number of answers', async () => {
    const split = splitDataset(embedded, 'users', 0.1, 1);
    const asked = await evaluate(engine, embedded, split, resolveOptions(options), undefined, { elicit: true });
    const { users, candidates, orders } = asked.elicitation!;
    expect([users, candidates]).toEqual([67, 300]);
    expect(orders.map(({ name }) => name)).toEqual([
      ...['Marquee', 'popularity', 'log pop × entropy', 'entropy0', 'random'],
    ]);
    const [marquee, popularity, , , random] = orders.map(({ points }) => points);
    marquee.forEach((point, at) => {
      expect(point.asked).toBeLessThan(1.05 * popularity[at].asked);
      expect(point.asked).toBeLessThan(0.8 * random[at].asked);
      // Whoever runs out of films has been asked about all of them, whatever the order.
      for (const { points } of orders) expect(points[at].meanAnswered).toBe(point.meanAnswered);
    });
    const questions = (points: typeof marquee) => mean(points.map(({ asked }) => asked));
    expect(questions(marquee)).toBeLessThan(0.98 * questions(popularity));
    expect(marquee[2].rmse).toBeLessThan(marquee[0].rmse);
    expect(popularity[1].rmseGain!.value).toBeCloseTo(popularity[1].rmse - marquee[1].rmse, 12);
    expect(popularity[1].rmseGain!.error).toBeGreaterThan(0);
  });

  it('measures what variety costs: movies of a list lie further apart and fewer of them are liked', async () => {
    const split = splitDataset(embedded, 'users', 0.1, 1);
    const artifact = await train(engine, withRatings(embedded, split.train), resolveOptions(options));
    const at = async (diversity?: number) => measureArtifact(artifact, split, { diversity });
    const [plain, none, some, much] = [await at(), await at(0), await at(0.5), await at(0.9)];
    expect(plain.diverse).toBeUndefined();
    // The next film is asked for in the order of the model's own scores.
    const { rmse, mae, next, ...lists } = plain.metrics;
    expect(next!.asked).toBe(67);
    expect(none.diverse).toEqual({ diversity: 0, ...lists });
    expect(some.metrics).toEqual(plain.metrics);
    expect(some.diverse!['distance@10']).toBeGreaterThan(plain.metrics['distance@10'] + 0.04);
    expect(much.diverse!['distance@10']).toBeGreaterThan(some.diverse!['distance@10'] + 0.1);
    expect(some.diverse!['ndcg@10']).toBeGreaterThan(0.8 * plain.metrics['ndcg@10']);
    expect(much.diverse!['ndcg@10']).toBeLessThan(0.8 * plain.metrics['ndcg@10']);
  });
});

it('predicts unseen users of a checkerboard from their first few ratings', async () => {
  const { metrics, baselines } = await measure(datasetOf(checkerboard(60, 40, 0.7).rated), 'users:0.2', {
    factors: 4,
    relevanceFactors: 4,
    sweeps: 10,
    minRatings: 1,
  });
  expect(metrics.rmse).toBeLessThan(0.4);
  expect(baselines.bias.rmse).toBeGreaterThan(1.5);
});

it('refuses a split without test ratings', async () => {
  const one = datasetOf(checkerboard(1, 3, 1).rated);
  await expect(measure(one, 'random:0.1', {})).rejects.toThrow(/nothing to test/);
});
