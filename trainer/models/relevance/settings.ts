import type { HistoryWeights } from '../../../shared/model/model.ts';
import { DISLIKE_BELOW, LIKE_FROM } from '../../data/likes.ts';
import type { TrainingOptions } from '../../options/training.ts';

/** How a rating counts in a user's history. */
export function historySettings(options: TrainingOptions): HistoryWeights {
  return {
    decay: options.historyDecay,
    floor: options.historyFloor,
    likeFrom: LIKE_FROM,
    dislikeBelow: DISLIKE_BELOW,
    dislikeWeight: options.dislikeWeight,
  };
}

/** What the relevance model takes from the size of the data where nothing else is asked for. */
interface RelevanceDefaults {
  readonly nextRidge: number;
  readonly easeRidge: number;
  readonly minRatings: number;
}

/**
 * Settings of the relevance model for N ratings. Ridges: power laws through what validation users preferred on 100,000
 * and on 1,000,000 ratings (λ 100 and 30; λ₀ 250 and 1500): the regression gains rows, EASE's Gram matrix gains users.
 * Movies below the least number of ratings cost time cubed and were never worth it: at 100,000 ratings NDCG@10 is the
 * same for 3, 5 and 10.
 */
export function relevanceDefaults(N: number, options: TrainingOptions): RelevanceDefaults {
  const size = Math.max(1, N) / 1e5;
  return {
    nextRidge: options.nextRidge ?? 100 * size ** -0.52,
    easeRidge: options.easeRidge ?? 250 * size ** 0.78,
    minRatings: options.minRatings ?? Math.max(2, Math.min(10, Math.floor(Math.sqrt(N) / 30))),
  };
}
