import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FORMAT_VERSION } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { Scale } from '../../shared/ratings/rating.ts';
import { newVersion } from '../artifact/artifact.ts';
import type { Dataset } from '../data/dataset.ts';
import type { AnyMatrix } from '../data/rating-matrix.ts';
import type { Times } from '../data/times.ts';
import type { Engine } from '../engines/engine.ts';
import { MODELS } from '../models/index.ts';
import type { Factorization, Learned, LearnedFile } from '../models/learned.ts';
import { modelNamed, requireOwner, sizedOptions, startsFrom, type TrainingOptions } from '../models/options.ts';
import type { ModelRun, RatingModel } from '../models/rating-model.ts';
import type { RelevanceModel } from '../models/relevance/relevance-model.ts';
import { trainRelevance } from '../models/relevance/train.ts';
import type { TrainingRun, TrainingStep } from '../models/run.ts';

/** Sweeps of earlier versions that a version which started from them names. */
const MOST_SWEEPS = 100;

/** What a training is made with. */
export interface TrainingContext {
  readonly engine: Engine;
  /** `performance.now()` when it began. */
  readonly started: number;
  readonly options: TrainingOptions;
  readonly onStep: (step: TrainingStep) => void;
  readonly run: TrainingRun;
}

/** What it is made on, wherever the ratings are. */
export interface TrainingData extends Pick<Dataset, 'name' | 'sha256'> {
  readonly ratings: { readonly count: number };
  readonly matrix: AnyMatrix;
  readonly scale: Scale;
  /** Time of the newest rating, seconds since 1970; 0 where none has one. */
  readonly newest: number;
  times(): Times;
}

/** Both blocks, and the manifest of what is to be written. */
export interface LearnedBlocks {
  readonly about: Omit<Manifest, 'files'>;
  readonly factorization: Factorization;
  readonly relevance: RelevanceModel;
  readonly files: readonly LearnedFile[];
}

/** Trains both blocks. @param trainModel trains the rating block */
export async function learn(
  context: TrainingContext,
  data: TrainingData,
  trainModel: (run: ModelRun) => Promise<Learned>,
): Promise<LearnedBlocks> {
  const { engine, options, onStep, run } = context;
  const { from, checkpoint, signal } = run;
  const sweeps = from?.manifest.sweeps?.slice(-MOST_SWEEPS) ?? [];
  const last = sweeps.at(-1)?.sweep ?? 0;
  const record = (step: TrainingStep) => {
    if (step.step === 'rating') sweeps.push({ sweep: last + step.sweep, tau: step.tau });
    onStep(step);
  };
  const learned = await trainModel({ engine, onStep: record, from, checkpoint, signal });
  const { factorization, files = [] } = learned;
  onStep({ step: 'relevance' });
  const relevance = await trainRelevance(engine, { ...data.matrix, times: data.times() }, factorization, options, from);
  onStep({ step: 'chosen', ...relevance.chosen });
  onStep({ step: 'export' });
  return { about: describe(context, data, learned, relevance, sweeps), factorization, relevance, files };
}

/** The manifest of a training that has just ended. */
function describe(
  { engine, started, options, run }: TrainingContext,
  { name, sha256, ratings, matrix, scale, newest }: TrainingData,
  { factorization, range, metrics, epochs, device }: Learned,
  relevance: RelevanceModel,
  sweeps: NonNullable<Manifest['sweeps']>,
): Omit<Manifest, 'files'> {
  const seconds = (performance.now() - started) / 1000;
  return {
    formatVersion: FORMAT_VERSION,
    version: newVersion(),
    createdAt: new Date().toISOString(),
    dataset: {
      name,
      ratings: ratings.count,
      users: matrix.userIds.length,
      movies: matrix.movieIds.length,
      cutoff: newest > 0 ? new Date(newest * 1000).toISOString() : null,
      sha256,
    },
    config: {
      ...options,
      ...sizedOptions(ratings.count, options),
      ...relevance.chosen,
      ...(run.from && { from: run.from.manifest.version }),
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
    device: device ? `${engine.device}; ${modelNamed(options.model).name}: ${device}` : engine.device,
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

/** Refuses an earlier version or a checkpoint's folder that the model has no use for. */
export function requireUse(model: RatingModel, { from, checkpoint }: TrainingRun): void {
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
