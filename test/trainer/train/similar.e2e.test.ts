import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { topK } from '../../../shared/math/topk.ts';
import type { Model } from '../../../shared/model/model.ts';
import { Similarity } from '../../../shared/model/similarity.ts';
import { openArtifact } from '../../../trainer/artifact/artifact.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { resolveOptions, type TrainingOptions } from '../../../trainer/models/options.ts';
import { train } from '../../../trainer/train/train.ts';
import { SERIES } from '../../fixtures/series.ts';

const ML_1M = fileURLToPath(new URL('../../../../shared/data/ml-1m', import.meta.url));
/** What `/similar` asks for unless told. */
const MIN_RATINGS = 5;

async function modelOf(name: string, options: Partial<TrainingOptions>): Promise<Model> {
  const engine = await openEngine('wasm', { threads: 2 });
  try {
    return openArtifact(await train(engine, await loadDataset(name), resolveOptions(options)));
  } finally {
    await engine.close();
  }
}

/** Films of the golden list that have none of their series among the ten most alike, and how many were asked about. */
function misses({ movies }: Model): { missed: string[]; asked: number } {
  const similarity = new Similarity(movies);
  const scores = new Float32Array(movies.count);
  const known = (movieId: number) => {
    const row = movies.rowOf(movieId);
    return row >= 0 && movies.ratingCounts[row] >= MIN_RATINGS;
  };
  const asked = SERIES.filter(({ movieId, like }) => known(movieId) && like.some(known));
  const missed = asked.filter(({ movieId, like }) => {
    const own = movies.rowOf(movieId);
    similarity.toAll([own], scores);
    const top = topK(scores, 10, (row) => row !== own && movies.ratingCounts[row] >= MIN_RATINGS);
    return !top.some((row) => like.includes(movies.movieIds[row]));
  });
  return { missed: missed.map(({ title }) => title), asked: asked.length };
}

it('finds something of the same series for most well-known films, from 100,000 ratings', async () => {
  const { missed, asked } = misses(await modelOf('ml-latest-small-2016', { sweeps: 12, factors: 31 }));
  expect(asked).toBe(30);
  expect(missed.length, missed.join(', ')).toBeLessThanOrEqual(7);
});

it.skipIf(!existsSync(ML_1M))(
  'finds it for nearly all of them, from ML-1M (skipped where ../shared lacks it)',
  async () => {
    const { missed, asked } = misses(await modelOf('ml-1m', { sweeps: 8, factors: 31, relevanceFactors: 16 }));
    expect(asked).toBe(30);
    expect(missed.length, missed.join(', ')).toBeLessThanOrEqual(3);
  },
);
