import { type Artifact, buildArtifact, withFile } from '../artifact/artifact.ts';
import type { Dataset } from '../data/dataset.ts';
import { indexRatings, timesByUser } from '../data/rating-matrix.ts';
import { scaleOf } from '../data/scale.ts';
import { titledOnly } from '../data/titled.ts';
import type { Engine } from '../engines/engine.ts';
import { genresOf } from '../models/movie-features.ts';
import { modelNamed, type TrainingOptions } from '../models/options.ts';
import type { TrainingRun, TrainingStep } from '../models/run.ts';
import { columnsOf } from './columns.ts';
import { learn, requireUse } from './learn.ts';
import { requireMemory, shapeOf } from './memory.ts';

/**
 * Trains both blocks on the ratings given, of films that have a title, and builds the artifact in memory. Deterministic
 * but for version, `createdAt` and `seconds`: the same seed, data, start and engine give the same Arrow bytes, gone on
 * from a checkpoint or not.
 *
 * @throws `bad-flag` for a start or checkpoint that the model has no use for, `out-of-memory` before it starts, and what
 * the model throws
 */
export async function train(
  engine: Engine,
  given: Dataset,
  options: TrainingOptions,
  onStep: (step: TrainingStep) => void = () => {},
  run: TrainingRun = {},
): Promise<Artifact> {
  const started = performance.now();
  const model = modelNamed(options.model);
  requireUse(model, run);
  const { dataset } = titledOnly(given);
  const matrix = indexRatings(dataset.ratings, dataset.movies);
  const shape = { ...shapeOf(matrix), genres: genresOf(dataset.movies).length };
  requireMemory(engine.name, shape, options, run.checkpoint !== undefined, run.memory);
  const scale = scaleOf(dataset.ratings);
  const { about, factorization, relevance, files } = await learn(
    { engine, started, options, onStep, run },
    { ...dataset, matrix, scale, newest: newestOf(dataset), times: () => timesByUser(dataset.ratings) },
    (modelRun) => model.train(modelRun, { dataset, matrix, scale }, options),
  );
  const artifact = buildArtifact(about, columnsOf(matrix, dataset, factorization, relevance));
  return files.reduce((whole, { name, bytes, rows }) => withFile(whole, name, bytes, rows), artifact);
}

function newestOf({ ratings }: Dataset): number {
  let newest = 0;
  for (let i = 0; i < ratings.count; i++) newest = Math.max(newest, ratings.timestamps[i]);
  return newest;
}
