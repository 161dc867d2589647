import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FORMAT_VERSION } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { type Artifact, buildArtifact, newVersion, withFile } from '../artifact/artifact.ts';
import type { Dataset } from '../data/dataset.ts';
import { indexRatings, type RatingMatrix, timesByUser } from '../data/rating-matrix.ts';
import { scaleOf } from '../data/scale.ts';
import { titledOnly } from '../data/titled.ts';
import type { Engine } from '../engines/engine.ts';
import { MODELS } from '../models/index.ts';
import { genresOf } from '../models/movie-features.ts';
import { modelNamed, requireOwner, sizedOptions, startsFrom, type TrainingOptions } from '../models/options.ts';
import type { RatingModel } from '../models/rating-model.ts';
import { trainRelevance } from '../models/relevance/train.ts';
import type { TrainingRun, TrainingStep } from '../models/run.ts';
import { columnsOf } from './columns.ts';
import { requireMemory, shapeOf } from './memory.ts';

/** Sweeps of earlier versions that a version which started from them names. */
const MOST_SWEEPS = 100;

/**
 * Trains both blocks on the ratings given, of films that have a title, and builds the artifact in memory. Deterministic but for version,
 * `createdAt` and `seconds`: the same seed, data, start and engine give the same Arrow bytes, gone on from a checkpoint or not.
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
  const { from, checkpoint, signal } = run;
  const scale = scaleOf(dataset.ratings);
  const before = from?.manifest.sweeps?.slice(-MOST_SWEEPS) ?? [];
  const sweeps = [...before];
  const record = (step: TrainingStep) => {
    if (step.step === 'rating') sweeps.push({ sweep: (before.at(-1)?.sweep ?? 0) + step.sweep, tau: step.tau });
    onStep(step);
  };
  const modelRun = { engine, onStep: record, from, checkpoint, signal };
  const learned = await model.train(modelRun, { dataset, matrix, scale }, options);
  const { factorization, range, metrics, epochs, device, files = [] } = learned;
  onStep({ step: 'relevance' });
  const timed = { ...matrix, times: timesByUser(dataset.ratings) };
  const relevance = await trainRelevance(engine, timed, factorization, options, from);
  onStep({ step: 'export' });
  const seconds = (performance.now() - started) / 1000;
  const about: Omit<Manifest, 'files'> = {
    formatVersion: FORMAT_VERSION,
    version: newVersion(),
    createdAt: new Date().toISOString(),
    dataset: describeDataset(dataset, matrix),
    config: {
      ...options,
      ...sizedOptions(dataset.ratings.count, options),
      ...(from && { from: from.manifest.version }),
    },
    scale,
    mean: factorization.mean,
    tau: factorization.tau,
    link: range ? 'sigmoid' : 'identity',
    range,
    factors: options.factors,
    relevanceFactors: options.relevanceFactors,
    historyScales: relevance.prior.history.length,
    blend: options.blend,
    metrics: run.metrics ?? metrics,
    epochs: epochs && [...epochs],
    sweeps: sweeps.length > 0 ? sweeps : undefined,
    engine: engine.name,
    device: device ? `${engine.device}; ${model.name}: ${device}` : engine.device,
    seconds: Math.round(seconds * 1000) / 1000,
  };
  const artifact = buildArtifact(about, columnsOf(matrix, dataset, factorization, relevance));
  return files.reduce((whole, { name, bytes, rows }) => withFile(whole, name, bytes, rows), artifact);
}

/** Refuses an earlier version or a checkpoint's folder that the model has no use for. */
function requireUse(model: RatingModel, { from, checkpoint }: TrainingRun): void {
  if (checkpoint)
    requireOwner(
      model,
      MODELS.filter(({ resumes }) => resumes !== 'never'),
      'checkpoint',
    );
  const may = from ? startsFrom(model, from.manifest) : true;
  if (may !== true)
    throw new MarqueeError('bad-flag', may, { fix: 'Start from another version, or leave --from out.' });
}

function describeDataset({ name, ratings, sha256 }: Dataset, matrix: RatingMatrix): Manifest['dataset'] {
  let newest = 0;
  for (let i = 0; i < ratings.count; i++) newest = Math.max(newest, ratings.timestamps[i]);
  return {
    name,
    ratings: ratings.count,
    users: matrix.userIds.length,
    movies: matrix.movieIds.length,
    cutoff: newest > 0 ? new Date(newest * 1000).toISOString() : null,
    sha256,
  };
}
