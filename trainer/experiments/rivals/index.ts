import { weightsOfHistory as weightsOf } from '../../../shared/model/history.ts';
import type { Split } from '../../data/split.ts';
import type { Engine } from '../../engines/engine.ts';
import type { NextQuality } from '../../math/metrics.ts';
import type { TrainingOptions } from '../../models/options.ts';
import { historySettings, relevanceDefaults } from '../../models/relevance/settings.ts';
import { biasErrors } from './bias.ts';
import { historiesOf, liked, popularityRanker, type Ranker, rankedMovies, type Weigh, weighed } from './core.ts';
import { fitEase } from './ease.ts';
import { fitIals } from './ials.ts';
import { measureRanker } from './ranking.ts';

/** Quality of another method on the same split: errors where it predicts ratings, else the quality of its lists. */
export interface RivalFigures {
  readonly name: string;
  readonly rmse?: number;
  readonly mae?: number;
  readonly 'ndcg@10'?: number;
  readonly 'recall@20'?: number;
  /** Users whose lists count. */
  readonly users?: number;
  /** How high the next film stands among those that are ranked; absent where the split has no order. */
  readonly next?: NextQuality;
  /** Of fitting, and of ranking or predicting for all users of the test part. */
  readonly seconds: number;
}

/**
 * The best of α₀ 0.05, 0.1, 0.3 and λ 0.003, 0.01, 0.03, 0.1 for users of ML-1M and of the embedded ratings alike, on
 * other seeds than any published figure's.
 */
const IALS = { unobserved: 0.3, ridge: 0.01, sweeps: 12 };

/**
 * Fits other methods to a split's training part and measures them as `evaluate` measures Marquee: full ranking without
 * seen movies; unseen users are known by their shown ratings, others by their training ratings. Rankers learn from likes
 * over the movies with enough ratings. `+ recency` weighs a user's history as Marquee's relevance model does.
 *
 * @param onRival called with each method's figures
 */
export async function measureRivals(
  engine: Engine,
  split: Split,
  options: TrainingOptions,
  onRival: (figures: RivalFigures) => void = () => {},
): Promise<readonly RivalFigures[]> {
  const { easeRidge, minRatings } = relevanceDefaults(split.train.count, options);
  const core = rankedMovies(split.train, { ...options, minRatings });
  const train = historiesOf(split.train, core);
  const known = split.shown ? historiesOf(split.shown, core) : train;
  const likes = weighed(train.ratings, liked);
  const weights = historySettings(options);
  const recent: Weigh = (stars) => weightsOf(stars, weights);
  const methods: Method[] = [{ name: 'Popularity', open: () => popularityRanker(core), weighings: [liked] }];
  if (core.movieIds.length > 0) {
    const ials = { ...IALS, factors: options.relevanceFactors, seed: options.seed };
    methods.push({ name: 'iALS', open: () => fitIals(engine, likes, ials), weighings: [liked, recent] });
    methods.push({ name: 'EASE', open: () => fitEase(engine, likes, easeRidge), weighings: [liked, recent] });
  }

  const clock = stopwatch();
  const figures: RivalFigures[] = [{ name: 'Bias', ...biasErrors(split), seconds: clock() }];
  onRival(figures[0]);
  for (const { name, open, weighings } of methods) {
    const fitting = stopwatch();
    const ranker = await open();
    const fitted = fitting();
    for (const weigh of weighings) {
      const ranking = stopwatch();
      const quality = await measureRanker(ranker, weigh, core, known, split);
      const seconds = fitted + ranking();
      figures.push({ name: weigh === recent ? `${name} + recency` : name, ...quality, seconds });
      onRival(figures.at(-1)!);
    }
    ranker.close();
  }
  return figures;
}

interface Method {
  readonly name: string;
  readonly open: () => Ranker | Promise<Ranker>;
  readonly weighings: readonly Weigh[];
}

/** Seconds since this was called, to the millisecond. */
function stopwatch(): () => number {
  const started = performance.now();
  return () => Math.round(performance.now() - started) / 1000;
}
