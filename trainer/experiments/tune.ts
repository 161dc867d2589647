import type { Dataset } from '../data/dataset.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingOptions } from '../models/options.ts';
import { relevanceDefaults } from '../models/relevance/settings.ts';
import { ratingDefaults, type VariationalOptions, variationalSettings } from '../models/variational/settings.ts';
import { blendQuality, type Criterion, ratingError, relevanceQuality, validationUsers } from './tuning/criteria.ts';
import { LADDERS, mostSteps, type Tunable } from './tuning/ladders.ts';

/** A value that was tried. */
export interface TuningTrial {
  readonly setting: Tunable;
  readonly value: number;
  readonly metric: Criterion['metric'];
  readonly score: number;
  /** Whether it was the best so far. */
  readonly better: boolean;
}

/** What is ahead: told before a part of the search, once its first training has shown how long one takes. */
export interface TuningPlan {
  readonly metric: Criterion['metric'];
  /** Trainings of this part, if every step improves the result; the first is done. */
  readonly most: number;
  /** Of the first one. */
  readonly seconds: number;
}

/** The least gain for which a value is taken: less is the noise of a hold-out. */
const RMSE_GAIN = 2e-4;
const NDCG_GAIN = 0.005;

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
