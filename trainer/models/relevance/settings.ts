import * as z from 'zod';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import { DISLIKE_BELOW, LIKE_FROM } from '../../data/likes.ts';

/** Settings of the relevance model, which every training has. */
export const relevanceSettings = z.object({
  relevanceFactors: z
    .int()
    .min(3)
    .max(256)
    .default(128)
    .describe('relevance factors E, the last two of them popularity and what is popular of late'),
  minRatings: z
    .int()
    .min(1)
    .optional()
    .describe('ratings that a movie needs to take part in the relevance model; default from the number of ratings'),
  relevanceMovies: z
    .int()
    .min(1)
    .default(6000)
    .describe(
      'movies in the relevance model at most, the most rated: memory grows with their square, time with the cube',
    ),
  nextRidge: z
    .number()
    .positive()
    .optional()
    .describe('ridge of the next-watch regression; default from the number of ratings'),
  easeRidge: z.number().positive().optional().describe('ridge of EASE; default from the number of ratings'),
  historyDecay: z.number().positive().default(10).describe("ratings after which a rating's weight has fallen by e"),
  historyFloor: z.number().min(0).max(1).default(0.1).describe('weight that never fades'),
  dislikeWeight: z.number().min(-1).max(1).default(-0.2).describe('weight of a disliked movie in the history'),
  recentDecay: z
    .number()
    .positive()
    .default(3)
    .describe('the same for the second scale of a history, in which every rating counts, liked or not'),
  nextShare: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('how much the very next film counts in what is relevant; default chosen by people held out of a trial'),
  nextFactors: z
    .int()
    .min(1)
    .max(256)
    .default(96)
    .describe('factors of what people watch next, the first of the relevance factors'),
  successors: z
    .int()
    .min(0)
    .max(500)
    .default(96)
    .describe('films that are known as watched right after a film, at most, in each of two scales of time'),
  successorRidge: z
    .number()
    .positive()
    .default(50)
    .describe('training rows in which a film must be the newest before its successors count half'),
  strangerDecay: z
    .number()
    .positive()
    .default(20)
    .describe('ratings that make a stranger known: fewer are read as taste, more as what comes next'),
  strangerRidge: z.number().positive().default(30).describe("ridge of the map from a stranger's few ratings to taste"),
  favouritesShare: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'how much what comes next counts for a stranger who liked all they rated; default from the number of ratings',
    ),
  subspaceSteps: z.int().min(0).max(50).default(3).describe('steps of the subspace iteration'),
});

export type RelevanceSettings = z.infer<typeof relevanceSettings>;

/** How a liked movie counts in a user's history. */
export function historySettings(
  options: Pick<RelevanceSettings, 'historyDecay' | 'historyFloor' | 'dislikeWeight'>,
): HistoryWeights {
  return {
    decay: options.historyDecay,
    floor: options.historyFloor,
    likeFrom: LIKE_FROM,
    dislikeBelow: DISLIKE_BELOW,
    dislikeWeight: options.dislikeWeight,
  };
}

/** A scale of what was just watched, whatever somebody thought of it. @param decay in ratings */
function anything(decay: number): HistoryWeights {
  return { decay, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0, visitDays: VISIT_DAYS };
}

/**
 * Days without a rating after which somebody has come back by 1 − 1/e: what they watched on their last visit stops counting,
 * what is popular of late begins to.
 */
export const VISIT_DAYS = 1;

/** The scales of a user's history: what they liked, and what they just watched. */
export function historyScales(
  options: Parameters<typeof historySettings>[0] & Pick<RelevanceSettings, 'recentDecay'>,
): readonly HistoryWeights[] {
  return [historySettings(options), anything(options.recentDecay)];
}

/** The scales in which successors count: the last film, and the last dozen. */
export const SUCCESSOR_SCALES: readonly HistoryWeights[] = [anything(1), anything(16)];

/** What the relevance model takes from the size of the data where nothing else is asked for. */
interface RelevanceDefaults {
  readonly nextRidge: number;
  readonly easeRidge: number;
  readonly minRatings: number;
  readonly favouritesShare: number;
}

/**
 * Settings of the relevance model for N ratings. EASE's ridge: a power law through what validation users preferred on 100,000
 * and on 1,000,000 ratings (λ₀ 250 and 1500): its Gram matrix gains users. The next-watch ridge is one through λ 280 and 500.
 * Movies below the least number of ratings cost time cubed and were never worth it: at 100,000 ratings NDCG@10 is the
 * same for 3, 5 and 10. The share of favourites: the map that reads a stranger's taste is learned from people, and of few
 * people it knows little. With it favourites of held-out people led to better
 * lists on ml-latest-small-2016, ML-100K and ML-1M; a share that does not shrink made those of ML-1M worse.
 */
export function relevanceDefaults(N: number, options: Partial<RelevanceDefaults>): RelevanceDefaults {
  const size = Math.max(1, N) / 1e5;
  return {
    nextRidge: options.nextRidge ?? 280 * size ** 0.25,
    easeRidge: options.easeRidge ?? 250 * size ** 0.78,
    minRatings: options.minRatings ?? Math.max(2, Math.min(10, Math.floor(Math.sqrt(N) / 30))),
    favouritesShare: options.favouritesShare ?? Math.min(0.9, 0.9 / Math.sqrt(size)),
  };
}
