import { type Artifact, openArtifact } from '../../../../trainer/artifact/artifact.ts';
import type { Dataset, Ratings } from '../../../../trainer/data/dataset.ts';
import { takeRatings } from '../../../../trainer/data/ratings.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { resolveOptions, type TrainingOptions } from '../../../../trainer/models/options.ts';
import { predictPairs } from '../../../../trainer/predict/predict.ts';
import { train } from '../../../../trainer/train/train.ts';

/** Trains on the wasm engine, from an earlier model where there is one. */
export async function trained(dataset: Dataset, options: Partial<TrainingOptions>, from?: Artifact): Promise<Artifact> {
  const engine = await openEngine('wasm', { threads: 2 });
  try {
    return await train(engine, dataset, resolveOptions(options), undefined, { from });
  } finally {
    await engine.close();
  }
}

/** Root mean square error on ratings held out, stars. */
export async function rmse(artifact: Artifact, test: Ratings): Promise<number> {
  const { users, ...model } = openArtifact(artifact);
  const predicted = await predictPairs(model, users, test, null);
  const squares = predicted.reduce((sum, value, i) => sum + (value - test.stars[i]) ** 2, 0);
  return Math.sqrt(squares / test.count);
}

/** All but every hundredth rating. */
export const most = (ratings: Ratings) =>
  takeRatings(
    ratings,
    Array.from({ length: ratings.count }, (_, i) => i).filter((i) => i % 100 !== 50),
  );
