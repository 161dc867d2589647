import type { Manifest } from '../../shared/artifact/manifest.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { daysSince } from '../../shared/model/time-away.ts';
import { type Artifact, openArtifact } from '../artifact/artifact.ts';
import { forEachUser } from '../data/by-user.ts';
import type { Dataset, Ratings } from '../data/dataset.ts';
import { withRatings } from '../data/ratings.ts';
import { hasUnseenUsers, type Split, type SplitTime } from '../data/split.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingOptions } from '../models/options.ts';
import type { TrainingStep } from '../models/run.ts';
import { train } from '../train/train.ts';
import { biasBaseline, popularity, RECENT_DAYS, recentPopularity } from './baselines.ts';
import { type ColdStartPoint, coldStartCurve } from './cold-start.ts';
import { type Elicitation, elicit } from './elicitation.ts';
import type { ListOrder } from './list-orders.ts';
import { comesBack, type Measured, Measurement, type MeasurementPlan } from './measurement.ts';
import { testUsers } from './test-users.ts';

/** An evaluation as the manifest states it. */
export function manifestMetrics({ split, protocol, metrics, baselines }: Evaluation): Manifest['metrics'] {
  return { protocol: `${split}; ${protocol}`, ...metrics, baselines };
}

/** What `npm run evaluate` reports. */
export interface Evaluation extends Measured {
  readonly dataset: string;
  readonly split: string;
  readonly protocol: string;
  readonly trainRatings: number;
  readonly testRatings: number;
  /** What the lists are ordered by. */
  readonly by: ListOrder;
  /** `when` splits only: ISO time of the cut, and who is left out since they first rated after it. */
  readonly when?: { readonly from: string; readonly leftOut: SplitTime['leftOut'] };
  /** `users` splits only. */
  readonly coldStart: readonly ColdStartPoint[];
  /** `users` splits only: the same, of people who begin by naming films that they loved. */
  readonly favourites: readonly ColdStartPoint[];
  /** Only with `EvaluationExtras.elicit`. */
  readonly elicitation?: Elicitation;
  readonly engine: string;
  readonly device: string;
  readonly seconds: { readonly train: number; readonly evaluate: number };
  readonly config: Readonly<Record<string, unknown>>;
}

/** Optional parts of `measure`. */
export interface MeasureExtras extends Pick<MeasurementPlan, 'by' | 'diversity' | 'popularity'> {
  /** Also asks for every tested film in turn, with all earlier ones folded in: splits with an order only, and slow. */
  readonly successive?: boolean;
}

/** Optional parts of an evaluation. */
export interface EvaluationExtras extends MeasureExtras {
  /** Measures which questions teach most about unseen users: `users` splits only. */
  readonly elicit?: boolean;
}

/**
 * Trains on a split's training part and measures the artifact as it would be served, beside the baselines. Predictions are
 * clipped to the scale. Lists rank every movie that the user has not rated before, by the default blend unless `by` says
 * otherwise. Where the split cuts everybody at one time, people are asked when they come back
 * (`RatedMovies.days`). Where it has an order, the next film is asked for too (`ListQuality.next`, `Measured.byNext`). Users of the
 * training part have their stored vectors; unseen users are folded in from their shown ratings.
 *
 * @throws `bad-data` when a part of the split is empty
 */
export async function evaluate(
  engine: Engine,
  dataset: Dataset,
  split: Split,
  options: TrainingOptions,
  onStep?: (step: TrainingStep) => void,
  extras?: EvaluationExtras,
): Promise<Evaluation> {
  return (await trainAndEvaluate(engine, dataset, split, options, onStep, extras)).evaluation;
}

/** `evaluate`, which also returns the trained artifact. */
export async function trainAndEvaluate(
  engine: Engine,
  dataset: Dataset,
  split: Split,
  options: TrainingOptions,
  onStep?: (step: TrainingStep) => void,
  { elicit: asksQuestions, by = 'blend', ...extras }: EvaluationExtras = {},
): Promise<{ readonly artifact: Artifact; readonly evaluation: Evaluation }> {
  if (split.test.count === 0 || split.train.count === 0) {
    throw new MarqueeError(
      'bad-data',
      `${dataset.name} ${split.name}: nothing to ${split.test.count ? 'train on' : 'test'}`,
      {
        fix: 'Take a larger share, or more ratings.',
      },
    );
  }
  const artifact = await train(engine, withRatings(dataset, split.train), options, onStep);
  const started = performance.now();
  const measured = await measure(artifact, split, { ...extras, by });
  const model = openArtifact(artifact);
  const evaluation: Evaluation = {
    dataset: dataset.name,
    split: split.name,
    protocol: 'clipped to the scale; full ranking, relevant = asked ratings of 4 or more',
    trainRatings: split.train.count,
    testRatings: split.test.count,
    by,
    ...(split.when && { when: describeWhen(split.when) }),
    ...measured,
    coldStart: coldStartCurve(model, split, 'first', by),
    favourites: coldStartCurve(model, split, 'favourites', by),
    ...(asksQuestions && hasUnseenUsers(split) && { elicitation: elicit(model, split, { seed: options.seed, by }) }),
    engine: engine.name,
    device: engine.device,
    seconds: { train: artifact.manifest.seconds, evaluate: (performance.now() - started) / 1000 },
    config: artifact.manifest.config,
  };
  return { artifact, evaluation };
}

function describeWhen({ from, leftOut }: SplitTime): Evaluation['when'] {
  return { from: new Date(from * 1000).toISOString(), leftOut };
}

/** Measures, as it would be served, an artifact that was trained on the split's training part. */
export async function measure(
  artifact: Artifact,
  split: Split,
  { successive, ...plan }: MeasureExtras = {},
): Promise<Measured> {
  const { users, ...model } = openArtifact(artifact);
  const bias = biasBaseline(split.train, model.manifest.scale);
  const known = await testUsers(model, users, split, bias);
  const likes = popularity(split.train, model.movies.count, model.movies.rowOf);
  const timed = split.cutsTime ? newestTimes(split) : undefined;
  const measurement = new Measurement(model, split.test, likes, {
    ...plan,
    asksNext: split.isOrdered,
    comesBack: split.cutsTime,
    recent: split.when && recentScores(split.train, split.when, likes, model.movies.rowOf),
  });
  forEachUser(split.test, (userId, positions) => {
    const { shownBias, ...knownUser } = known.get(userId)!;
    const askedAt = split.test.timestamps[positions[0]];
    const user = timed ? comesBack(model, knownUser, daysSince(timed.get(userId) ?? 0, askedAt)) : knownUser;
    const biasOf = (movieId: number) =>
      shownBias === null ? bias.predict(userId, movieId) : bias.predictWith(shownBias, movieId);
    measurement.add(positions, user, biasOf);
    if (successive && split.isOrdered) measurement.addSuccessive(positions, user);
  });
  return measurement.result();
}

/** When each person rated last before the test, seconds since the epoch. */
function newestTimes({ train }: Split): Map<number, number> {
  const newest = new Map<number, number>();
  for (let i = 0; i < train.count; i++) {
    newest.set(train.userIds[i], Math.max(newest.get(train.userIds[i]) ?? 0, train.timestamps[i]));
  }
  return newest;
}

/** What was popular shortly before a split's cut, for each of `RECENT_DAYS`. */
function recentScores(
  train: Ratings,
  { from }: SplitTime,
  likes: Float32Array,
  rowOf: (movieId: number) => number,
): MeasurementPlan['recent'] {
  return RECENT_DAYS.map((days) => ({ days, scores: recentPopularity(train, { from, days }, likes, rowOf) }));
}
