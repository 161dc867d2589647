import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FORMAT_VERSION } from '../../shared/artifact/schema.ts';
import type { Scale } from '../../shared/ratings/rating.ts';
import { type Artifact, buildArtifact, newVersion } from '../artifact/artifact.ts';
import type { Dataset } from '../data/dataset.ts';
import { indexRatings, type RatingMatrix } from '../data/rating-matrix.ts';
import { scaleOf } from '../data/scale.ts';
import type { Engine } from '../engines/engine.ts';
import { TRAINING_FIT } from '../math/metrics.ts';
import type { DotModel } from '../models/learned.ts';
import { requireFinite } from '../models/learned.ts';
import { fitRelevance } from '../models/relevance/next-watch.ts';
import { historySettings, relevanceDefaults } from '../models/relevance/settings.ts';
import type { TrainingRun, TrainingStep } from '../models/run.ts';
import { ratingDefaults } from '../models/variational/settings.ts';
import { trainRatings } from '../models/variational/train.ts';
import { type WarmStart, warmStart } from '../models/variational/warm-start.ts';
import type { TrainingOptions } from '../options/training.ts';
import { columnsOf } from './columns.ts';
import { requireMemory, shapeOf } from './memory.ts';

/**
 * Trains both blocks on all of the ratings given and builds the artifact in memory. Deterministic but for version,
 * `createdAt` and `seconds`: the same seed, data, start and engine give the same Arrow bytes, gone on from a checkpoint or not.
 *
 * @throws `out-of-memory` before it starts, `training-diverged`, and what `warmStart` and `readCheckpoint` throw
 */
export async function train(
  engine: Engine,
  dataset: Dataset,
  options: TrainingOptions,
  onStep: (step: TrainingStep) => void = () => {},
  run: TrainingRun = {},
): Promise<Artifact> {
  const started = performance.now();
  const matrix = indexRatings(dataset.ratings, dataset.movies);
  requireMemory(engine.name, shapeOf(matrix), options, run.checkpoint !== undefined, run.memory);
  const start = run.from && warmStart(run.from, matrix.movieIds, options);
  const defaults = relevanceDefaults(dataset.ratings.count, options);
  const { userRidge, linkPenalty } = ratingDefaults(dataset.ratings.count, options);
  const scale = scaleOf(dataset.ratings);
  const sweeps: NonNullable<Manifest['sweeps']> = [];
  const record = (step: TrainingStep) => {
    if (step.step === 'rating') sweeps.push({ sweep: step.sweep, tau: step.tau });
    onStep(step);
  };
  const { factorization, ...learned } = await learnRatings(engine, dataset, matrix, options, scale, record, {
    ...run,
    start,
  });
  onStep({ step: 'relevance' });
  const history = historySettings(options);
  const relevance = await fitRelevance(engine, matrix.byUser, {
    ...options,
    ...defaults,
    relevanceFactors: options.relevanceFactors - 1, // the last is popularity
    history,
    start: start?.relevance.factors === options.relevanceFactors ? start.relevance.output : undefined,
    rows: { first: 5, step: 10, window: 20, windowShare: 0.25 },
  });
  for (const vectors of [relevance.output, relevance.history]) requireFinite('the relevance vectors', vectors);
  onStep({ step: 'export' });
  const seconds = (performance.now() - started) / 1000;
  const about: Omit<Manifest, 'files'> = {
    formatVersion: FORMAT_VERSION,
    version: newVersion(),
    createdAt: new Date().toISOString(),
    dataset: describeDataset(dataset, matrix),
    config: { ...options, ...defaults, userRidge, linkPenalty, ...(start && { from: start.version }) },
    scale,
    mean: factorization.mean,
    tau: factorization.tau,
    link: learned.range ? 'sigmoid' : 'identity',
    range: learned.range,
    factors: options.factors,
    relevanceFactors: options.relevanceFactors,
    blend: options.blend,
    metrics: run.metrics ?? learned.metrics,
    epochs: learned.epochs && [...learned.epochs],
    sweeps: sweeps.length > 0 ? sweeps : undefined,
    engine: engine.name,
    device: learned.device ? `${engine.device}; ${options.model}: ${learned.device}` : engine.device,
    seconds: Math.round(seconds * 1000) / 1000,
  };
  const tables = await columnsOf(engine, matrix, dataset.movies, factorization, relevance, { ...options, history });
  const artifact = buildArtifact(about, tables);
  if (options.model !== 'neural') return artifact;
  const { withNeural } = await import('../models/gradient/neural/train.ts');
  return withNeural(artifact, dataset, options, scale, onStep, run);
}

/** The rating block of the artifact, by the model that the options name. TensorFlow.js is loaded only where it is used. */
async function learnRatings(
  engine: Engine,
  dataset: Dataset,
  matrix: RatingMatrix,
  options: TrainingOptions,
  scale: Scale,
  onStep: (step: TrainingStep) => void,
  run: TrainingRun & { readonly start?: WarmStart },
): Promise<Pick<DotModel, 'factorization' | 'metrics'> & Partial<DotModel>> {
  if (options.model !== 'dot') {
    const { fit, ...factorization } = await trainRatings(engine, dataset, matrix, options, onStep, run);
    return { factorization, metrics: { protocol: TRAINING_FIT, ...fit } };
  }
  const { trainDot } = await import('../models/gradient/dot/train.ts');
  return trainDot(dataset, matrix, options, scale, onStep, run);
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
