/**
 * One run of one method in a process of its own, so that its peak memory is its own: `node contender.ts '<job>'` prints
 * one JSON object. Clocks run from ratings in memory to the trained model; reading and measuring are off them.
 */

import { MarqueeError } from '../../../shared/errors.ts';
import { indexRatings } from '../../../trainer/data/rating-matrix.ts';
import { withRatings } from '../../../trainer/data/ratings.ts';
import { splitDataset } from '../../../trainer/data/split.ts';
import { type Engine, paddedWidth } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { movieFeatures } from '../../../trainer/models/movie-features.ts';
import { factorize } from '../../../trainer/models/variational/factorize.ts';
import { ratingDefaults, type VariationalOptions } from '../../../trainer/models/variational/settings.ts';
import { train } from '../../../trainer/train/train.ts';
import { variationalOptions } from '../../fixtures/options.ts';
import { type BenchSet, benchSet } from '../harness/data-sets.ts';
import { openFastai, trainFastai } from './fastai.ts';
import { type CurvePoint, LearningCurve, type Predict, problemOf } from './problem.ts';
import { sgdDefaults, trainSgd } from './sgd.ts';

/** What to run. */
export interface Job {
  /**
   * `training`: both models and the artifact, as `npm run train` does it, without writing it; `sweeps`: a few sweeps of the
   * rating model; `curve`: the rating model on 90% of the ratings, measured on the rest after each sweep or epoch.
   */
  readonly task: 'training' | 'sweeps' | 'curve';
  /** An engine, or `sgd` or `fastai`, which have curves only. */
  readonly method: string;
  readonly size: string;
  readonly threads: number;
  readonly factors?: number;
  /** Of the engines; `epochs` of the others. */
  readonly sweeps?: number;
  readonly epochs?: number;
}

export interface Outcome {
  readonly data: string;
  readonly ratings: number;
  readonly device: string;
  readonly seconds: number;
  /** Of the rating model. */
  readonly sweepSeconds?: readonly number[];
  /** `training` only. */
  readonly relevanceSeconds?: number;
  /** `curve` only. */
  readonly curve?: readonly CurvePoint[];
  /** Highest resident memory of the process, data and the runtime included. */
  readonly peakMegabytes: number;
}

const SEED = 42;
const HELD_OUT = 0.1;

async function run(job: Job): Promise<Outcome> {
  const set = await benchSet(job.size);
  if (job.task === 'curve' && set.synthetic) {
    throw new MarqueeError('bad-data', 'errors on synthetic ratings mean nothing');
  }
  const given = { factors: job.factors, sweeps: job.sweeps, seed: SEED };
  const measured = await (job.method === 'sgd' || job.method === 'fastai'
    ? rival(job, set)
    : withEngine(job, (engine) => engineTask(engine, job, set, variationalOptions(given))));
  return {
    data: set.dataset.name,
    ratings: set.dataset.ratings.count,
    ...measured,
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

type Measured = Omit<Outcome, 'data' | 'ratings' | 'peakMegabytes'>;
type Timed = Omit<Measured, 'device'>;

async function withEngine(job: Job, work: (engine: Engine) => Promise<Timed>): Promise<Measured> {
  const engine = await openEngine(job.method, { threads: job.threads });
  try {
    return { ...(await work(engine)), device: `${engine.name}, ${engine.device}` };
  } finally {
    await engine.close();
  }
}

function engineTask(engine: Engine, job: Job, set: BenchSet, options: VariationalOptions): Promise<Timed> {
  if (job.task === 'training') return training(engine, set, options);
  if (job.task === 'sweeps') return sweeps(engine, set, options);
  return engineCurve(engine, set, options);
}

async function training(engine: Engine, { dataset }: BenchSet, options: VariationalOptions) {
  const laps = new Laps();
  const steps = new Map<string, number>();
  await train(engine, dataset, options, ({ step }) => {
    if (step === 'rating') laps.lap();
    else steps.set(step, performance.now());
  });
  const seconds = laps.sinceStart();
  const relevanceSeconds = (steps.get('export')! - steps.get('relevance')!) / 1000;
  return { seconds, sweepSeconds: laps.all, relevanceSeconds };
}

async function sweeps(engine: Engine, { dataset }: BenchSet, options: VariationalOptions) {
  const laps = new Laps();
  const matrix = indexRatings(dataset.ratings, dataset.movies);
  await factorizeAll(engine, matrix, dataset, options, () => laps.lap());
  return { seconds: laps.sinceStart(), sweepSeconds: laps.all };
}

/** Points after each sweep, then one of the finished model. */
async function engineCurve(engine: Engine, { dataset }: BenchSet, options: VariationalOptions) {
  const { train, test } = splitDataset(dataset, 'random', HELD_OUT, SEED);
  const matrix = indexRatings(train, dataset.movies);
  const { mean } = problemOf(train, matrix);
  const curve = new LearningCurve(train, test, matrix);
  const result = await factorizeAll(engine, matrix, withRatings(dataset, train), options, async (_, state) => {
    curve.stop();
    const { users, movies } = await state();
    curve.measure(predictor(users.means!, movies.means!, mean, paddedWidth(options.factors + 1)));
    curve.restart();
  });
  curve.stop();
  curve.measure(predictor(result.users.means, result.movies.means, mean, options.factors + 1));
  return { seconds: curve.seconds, curve: curve.points };
}

function factorizeAll(
  engine: Engine,
  matrix: ReturnType<typeof indexRatings>,
  { movies, ratings }: BenchSet['dataset'],
  options: VariationalOptions,
  onSweep: NonNullable<NonNullable<Parameters<typeof factorize>[4]>['onSweep']>,
) {
  const features = movieFeatures(matrix.movieIds, movies);
  return factorize(engine, matrix, features, { ...options, ...ratingDefaults(ratings.count, options) }, { onSweep });
}

/** μ + b_u + b_i + p·q of rows whose bias stands in the last slot. */
function predictor(users: ArrayLike<number>, movies: ArrayLike<number>, mean: number, width: number): Predict {
  return (u, m) => {
    const [at, to] = [u * width, m * width];
    let sum = mean + users[at + width - 1] + movies[to + width - 1];
    for (let x = 0; x < width - 1; x++) sum += users[at + x] * movies[to + x];
    return sum;
  };
}

async function rival({ method, epochs }: Job, { dataset }: BenchSet): Promise<Measured> {
  const { train, test } = splitDataset(dataset, 'random', HELD_OUT, SEED);
  const matrix = indexRatings(train, dataset.movies);
  const problem = problemOf(train, matrix);
  const device = method === 'fastai' ? await openFastai() : 'plain JavaScript, 1 thread';
  const curve = new LearningCurve(train, test, matrix);
  const given = { seed: SEED, ...(epochs === undefined ? {} : { epochs }) };
  if (method === 'fastai') await trainFastai(problem, given, curve);
  else trainSgd(problem, { ...sgdDefaults(train.count), ...given }, curve);
  return { device, seconds: curve.seconds, curve: curve.points };
}

/** Seconds between calls of `lap`. */
class Laps {
  readonly all: number[] = [];
  readonly #start = performance.now();
  #last = this.#start;

  lap(): void {
    const now = performance.now();
    this.all.push((now - this.#last) / 1000);
    this.#last = now;
  }
  sinceStart(): number {
    return (performance.now() - this.#start) / 1000;
  }
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2]))));
