import type { Artifact } from '../artifact/artifact.ts';
import type { Dataset, Ratings } from '../data/dataset.ts';
import { indexRatings, type RatingMatrix } from '../data/rating-matrix.ts';
import { withRatings } from '../data/ratings.ts';
import { type Split, splitDataset } from '../data/split.ts';
import type { Engine } from '../engines/engine.ts';
import { measure } from '../evaluate/evaluate.ts';
import type { SparseRows } from '../math/sparse.ts';
import { movieFeatures } from '../models/movie-features.ts';
import type { TrainingOptions } from '../models/options.ts';
import type { RatingModel } from '../models/rating-model.ts';
import { relevanceDefaults } from '../models/relevance/settings.ts';
import { modelsWith } from '../models/setting-fields.ts';
import { factorize } from '../models/variational/factorize.ts';
import { ratingDefaults, type VariationalOptions, variationalSettings } from '../models/variational/settings.ts';
import { train } from '../train/train.ts';

/** A value that was tried. */
export interface TuningTrial {
  readonly setting: Tunable;
  readonly value: number;
  readonly metric: 'RMSE' | 'NDCG@10';
  readonly score: number;
  /** Whether it was the best so far. */
  readonly better: boolean;
}

/** What is ahead: told before a part of the search, once its first training has shown how long one takes. */
export interface TuningPlan {
  readonly metric: TuningTrial['metric'];
  /** Trainings of this part, if every step improves the result; the first is done. */
  readonly most: number;
  /** Of the first one. */
  readonly seconds: number;
}

type Tunable =
  | ('factors' | 'userRidge' | 'movieRidge')
  | ('nextRidge' | 'easeRidge' | 'historyDecay' | 'historyFloor')
  | 'blend';

/** The steps up and down from a value, and their bounds. */
interface Ladder {
  readonly up: (value: number) => number;
  readonly down: (value: number) => number;
  readonly min: number;
  readonly max: number;
}

const times = (factor: number, min: number, max: number): Ladder => ({
  min,
  max,
  up: (value) => value * factor,
  down: (value) => value / factor,
});

const LADDERS: Readonly<Record<Tunable, Ladder>> = {
  // K + 1 fills whole vectors: 7, 15, 31, 63, 95, 127
  factors: {
    min: 7,
    max: 127,
    up: (value) => (value < 31 ? 2 * value + 1 : value + 32),
    down: (value) => (value > 31 ? value - 32 : Math.floor(value / 2)),
  },
  userRidge: times(2, 1e-3, 1e3),
  movieRidge: times(2, 1e-3, 1e3),
  nextRidge: times(3, 1e-2, 1e5),
  easeRidge: times(3, 1, 1e6),
  historyDecay: times(2, 1, 1000),
  historyFloor: times(2, 0.01, 1),
  blend: {
    min: 0,
    max: 1,
    up: (value) => Math.round(10 * value + 1) / 10,
    down: (value) => Math.round(10 * value - 1) / 10,
  },
};

/** Whether `tune` knows a model's settings. */
export function isTunable(model: RatingModel): boolean {
  return [...Object.keys(LADDERS), 'sweeps'].every((setting) => modelsWith(setting).includes(model));
}

/** The least gain for which a value is taken: less is the noise of a hold-out. */
const RMSE_GAIN = 2e-4;
const NDCG_GAIN = 0.005;

/** The best number of sweeps is searched up to here. */
const MOST_SWEEPS = 40;
const HOLD_OUT = 0.1;

/** So many users' lists suffice to tell one setting from another. */
const VALIDATION_USERS = 600;

/**
 * Chooses settings on held-out parts of the ratings: factors, ridges and sweeps of the rating model by RMSE on a random
 * tenth; ridges and recency of the relevance model, then the blend, by NDCG@10 of users that training did not see. One
 * setting after another goes up or down its ladder as long as that improves the result.
 *
 * @param dataset ratings to train on, without those that the result will be measured on
 * @param fixed names of settings that keep their values
 */
export async function tune(
  engine: Engine,
  dataset: Dataset,
  options: TrainingOptions,
  fixed: ReadonlySet<string> = new Set(),
  onTrial: (trial: TuningTrial) => void = () => {},
  onPlan: (plan: TuningPlan) => void = () => {},
): Promise<TrainingOptions> {
  const own = variationalSettings.parse(options);
  const { easeRidge, nextRidge } = relevanceDefaults(dataset.ratings.count, options);
  const { userRidge } = ratingDefaults(dataset.ratings.count, own);
  const users = validationUsers(dataset, options.seed);
  const open = (settings: readonly Tunable[]) => settings.filter((setting) => !fixed.has(setting));
  const rated = await climb(
    { ...options, ...own, userRidge, easeRidge, nextRidge },
    open(['factors', 'userRidge', 'movieRidge']),
    ratingError(engine, dataset, options.seed, fixed.has('sweeps')),
    onTrial,
    onPlan,
  );
  const listed = await climb(
    rated,
    open(['nextRidge', 'easeRidge', 'historyDecay', 'historyFloor']),
    relevanceQuality(engine, dataset, users),
    onTrial,
    onPlan,
  );
  return fixed.has('blend')
    ? listed
    : climb(listed, ['blend'], blendQuality(engine, dataset, users, listed), onTrial, onPlan);
}

/** Measures a candidate; returns its settings too, with the best number of sweeps where that was found. */
interface Criterion {
  readonly metric: TuningTrial['metric'];
  measure(candidate: VariationalOptions): Promise<{ score: number; options: VariationalOptions }>;
}

/** Coordinate search from `start`. */
async function climb(
  start: VariationalOptions,
  settings: readonly Tunable[],
  { metric, measure }: Criterion,
  onTrial: (trial: TuningTrial) => void,
  onPlan: (plan: TuningPlan) => void,
): Promise<VariationalOptions> {
  const began = performance.now();
  let standing = await measure(start);
  const most = 1 + settings.reduce((sum, setting) => sum + mostSteps(setting, start[setting]!), 0);
  onPlan({ metric, most, seconds: (performance.now() - began) / 1000 });
  const gains = (score: number) =>
    metric === 'RMSE' ? score < standing.score - RMSE_GAIN : score > standing.score * (1 + NDCG_GAIN);
  for (const setting of settings) {
    const { up, down, min, max } = LADDERS[setting];
    for (const next of [up, down]) {
      const before = standing;
      let value = next(standing.options[setting]!);
      while (value >= min && value <= max) {
        const trial = await measure({ ...standing.options, [setting]: value });
        const better = gains(trial.score);
        onTrial({ setting, value, metric, score: trial.score, better });
        if (!better) break;
        standing = trial;
        value = next(value);
      }
      if (standing !== before) break; // it came from the other direction
    }
  }
  return standing.options;
}

/** Values that the search tries of a setting at most: all steps up, or one up in vain and all down. */
export function mostSteps(setting: Tunable, start: number): number {
  const { up, down, min, max } = LADDERS[setting];
  const stepsOf = (next: (value: number) => number) => {
    let steps = 0;
    for (let value = next(start); value >= min && value <= max; value = next(value)) steps++;
    return steps;
  };
  const [ups, downs] = [stepsOf(up), stepsOf(down)];
  return Math.max(ups, Math.min(ups, 1) + downs);
}

/** RMSE on a random tenth after the best number of sweeps, or after the fixed one. */
function ratingError(engine: Engine, dataset: Dataset, seed: number, fixedSweeps: boolean): Criterion {
  const split = splitDataset(dataset, 'random', HOLD_OUT, seed);
  const matrix = indexRatings(split.train, dataset.movies);
  const heldOut = restOf(split.test, matrix);
  const features = movieFeatures(matrix.movieIds, dataset.movies);
  return {
    metric: 'RMSE',
    measure: async (candidate) => {
      const errors: number[] = [];
      const sweeps = fixedSweeps ? candidate.sweeps : MOST_SWEEPS;
      const defaults = ratingDefaults(split.train.count, candidate);
      await factorize(
        engine,
        matrix,
        features,
        { ...candidate, ...defaults, sweeps, noLateSweeps: true },
        {
          heldOut,
          onSweep: ({ heldOutError = Number.NaN }) => void errors.push(heldOutError),
        },
      );
      const best = fixedSweeps ? sweeps - 1 : errors.indexOf(Math.min(...errors));
      return { score: errors[best], options: { ...candidate, sweeps: best + 1 } };
    },
  };
}

/** NDCG@10 of unseen users by relevance alone; the rating model is as small as possible. */
function relevanceQuality(engine: Engine, dataset: Dataset, users: Split): Criterion {
  return {
    metric: 'NDCG@10',
    measure: async (candidate) => {
      const bare = { ...candidate, factors: 1, sweeps: 1, fullCovarianceUpTo: 0, blend: 0 };
      const artifact = await train(engine, withRatings(dataset, users.train), bare);
      return { score: await quality(artifact, users), options: candidate };
    },
  };
}

/** NDCG@10 of unseen users by blend: the settings are trained once. */
function blendQuality(engine: Engine, dataset: Dataset, users: Split, settings: VariationalOptions): Criterion {
  let trained: Promise<Artifact> | undefined;
  return {
    metric: 'NDCG@10',
    measure: async (candidate) => {
      trained ??= train(engine, withRatings(dataset, users.train), settings);
      const { manifest, files } = await trained;
      const blended = { files, manifest: { ...manifest, blend: candidate.blend } };
      return { score: await quality(blended, users), options: candidate };
    },
  };
}

async function quality(artifact: Artifact, users: Split): Promise<number> {
  return (await measure(artifact, users)).metrics['ndcg@10'];
}

/** Unseen users: a tenth of all, or up to three tenths where a tenth is too few. */
function validationUsers(dataset: Dataset, seed: number): Split {
  const users = new Set(dataset.ratings.userIds).size;
  const share = Math.min(3 * HOLD_OUT, Math.max(HOLD_OUT, VALIDATION_USERS / users));
  return splitDataset(dataset, 'users', share, seed);
}

/** Held-out ratings as rows and columns of a matrix; users and movies that it lacks are left out. */
function restOf(test: Ratings, { userIds, movieIds, byUser }: RatingMatrix): SparseRows {
  const rowOf = new Map(Array.from(userIds, (userId, row) => [userId, row]));
  const columnOf = new Map(Array.from(movieIds, (movieId, column) => [movieId, column]));
  const byRow: number[][] = Array.from(userIds, () => []);
  for (let i = 0; i < test.count; i++) {
    if (columnOf.has(test.movieIds[i])) byRow[rowOf.get(test.userIds[i]) ?? -1]?.push(i);
  }
  const order = byRow.flat();
  const offsets = new Int32Array(userIds.length + 1);
  byRow.forEach((positions, u) => {
    offsets[u + 1] = offsets[u] + positions.length;
  });
  return {
    rows: byUser.rows,
    columns: byUser.columns,
    offsets,
    indices: Int32Array.from(order, (i) => columnOf.get(test.movieIds[i])!),
    values: Float32Array.from(order, (i) => test.stars[i]),
  };
}
