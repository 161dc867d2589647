import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FORMAT_VERSION } from '../../shared/artifact/schema.ts';
import { HALF_STARS, type Scale } from '../../shared/ratings/rating.ts';
import { type Artifact, buildArtifact, newVersion } from '../artifact/artifact.ts';
import type { Dataset, Ratings } from '../data/dataset.ts';
import { indexRatings, type RatingMatrix } from '../data/rating-matrix.ts';
import type { Engine } from '../engines/engine.ts';
import { TRAINING_FIT } from '../math/metrics.ts';
import type { DotModel } from '../models/gradient/dot/train.ts';
import type { Epoch } from '../models/gradient/fit.ts';
import { fitRelevance } from '../models/relevance/next-watch.ts';
import type { CheckpointSettings } from '../models/variational/checkpoint.ts';
import { requireFinite } from '../models/variational/factorize.ts';
import { trainRatings } from '../models/variational/train.ts';
import { type WarmStart, warmStart } from '../models/variational/warm-start.ts';
import { historyWeights, ratingDefaults, relevanceDefaults, type TrainingOptions } from '../options/training.ts';
import { tablesOf } from './columns.ts';
import { type MemoryLimits, requireMemory, shapeOf } from './memory.ts';

/** What a training run tells while it works. */
export type TrainingStep =
  | { readonly step: 'rating'; readonly sweep: number; readonly sweeps: number; readonly tau: number }
  | { readonly step: 'resume'; readonly sweep: number; readonly sweeps: number }
  | { readonly step: 'relevance' | 'export' }
  /** Of models that gradients train: what computes them, an epoch done, and where a kept training goes on. */
  | { readonly step: 'backend'; readonly device: string }
  | ({ readonly step: 'epoch'; readonly epochs: number } & Epoch)
  | { readonly step: 'resume-epochs'; readonly epoch: number; readonly epochs: number };

/** What a training run may have beside data and options. */
export interface TrainingRun {
  /** Quality on held-out ratings to state in the manifest; without it, the manifest states the fit to the training ratings. */
  readonly metrics?: Manifest['metrics'];
  /** An earlier model to start from: `WARM_DEFAULTS` are then enough. */
  readonly from?: Artifact;
  /** Where to keep the state of the rating model; what an interrupted run left there is gone on from. */
  readonly checkpoint?: CheckpointSettings;
  /** Ends training after the current sweep, its state kept, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /** How much memory there is; by default what this machine has. */
  readonly memory?: MemoryLimits;
}

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
  const history = historyWeights(options);
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
  const tables = await tablesOf(engine, matrix, dataset.movies, factorization, relevance, { ...options, history });
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

/** The data's own range, on the half-star scale; whole stars where all ratings are whole. */
export function scaleOf({ stars }: Ratings): Scale {
  let [min, max, whole] = [Infinity, -Infinity, true];
  for (let i = 0; i < stars.length; i++) {
    const value = stars[i];
    if (value < min) min = value;
    if (value > max) max = value;
    if (whole && value !== Math.floor(value)) whole = false;
  }
  return stars.length === 0 ? HALF_STARS : { min, max, step: whole ? 1 : HALF_STARS.step };
}
