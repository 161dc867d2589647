import * as z from 'zod';
import { MarqueeError } from '../../shared/errors.ts';
import type { HistoryWeights } from '../../shared/model/model.ts';
import type { WholeCovariances } from '../models/variational/factorize.ts';
import { type GradientOptions, gradientSchema } from './gradient.ts';

/** Models of ratings: variational factorisation, and those that gradients train. */
export const MODELS = ['vb', 'dot', 'neural'] as const;
export type ModelName = (typeof MODELS)[number];

/** Every setting of a training run, with its default and bound. What it resolved to stands in the manifest. */
export const trainingSchema = z.strictObject({
  model: z.enum(MODELS).default('vb').describe('vb (variational), dot or neural (both trained by gradients)'),
  /** What gradients train, and how; of `dot` and `neural` alone. */
  gradient: gradientSchema.optional(),
  factors: z.int().min(1).max(127).default(63).describe('rating factors K, the bias not counted'),
  relevanceFactors: z.int().min(2).max(256).default(64).describe('relevance factors E, the last of them popularity'),
  sweeps: z.int().min(1).max(1000).default(25).describe('sweeps over both sides of the rating model'),
  seed: z.int().min(0).max(0xffffffff).default(42).describe('seed of every random number'),
  userRidge: z
    .number()
    .positive()
    .optional()
    .describe('ridge of the link from what users rated to their prior; default from the number of ratings'),
  movieRidge: z.number().positive().default(0.7).describe('ridge of the link from who rated a movie to its prior'),
  linkSteps: z.int().min(1).max(50).default(3).describe('conjugate gradient steps on each link a sweep'),
  tau: z.number().positive().default(1.4).describe('precision of a rating to start from, 1/stars²'),
  learnTauFrom: z.int().min(1).default(2).describe('first sweep after which the precision is learned'),
  fullCovarianceUpTo: z
    .int()
    .min(0)
    .default(300_000)
    .describe(
      'ratings up to which whole posterior covariances are kept instead of their diagonals: better, slower; up to six times as many, in the last fifth of the sweeps',
    ),
  linkPenalty: z
    .number()
    .min(0)
    .optional()
    .describe('share of the ridges that the links pay in the priors’ precision; default from the number of ratings'),
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
  strangerDecay: z
    .number()
    .positive()
    .default(20)
    .describe('ratings that make a stranger known: fewer are read as taste, more as what comes next'),
  strangerRidge: z.number().positive().default(30).describe("ridge of the map from a stranger's few ratings to taste"),
  subspaceSteps: z.int().min(0).max(50).default(3).describe('steps of the subspace iteration'),
  blend: z.number().min(0).max(1).default(0).describe('default weight of the rating block when ranking'),
});

export type TrainingOptions = z.infer<typeof trainingSchema>;

/** Settings that only the variational factorisation has. */
export const OF_VARIATIONAL = [
  ...(['sweeps', 'userRidge', 'movieRidge', 'linkPenalty', 'linkSteps'] as const),
  ...(['tau', 'learnTauFrom', 'fullCovarianceUpTo'] as const),
] satisfies (keyof TrainingOptions)[];

/** Models that have a setting. */
export function modelsWith(setting: string): readonly ModelName[] {
  if (setting === 'bias') return ['dot'];
  if (setting === 'layers' || setting === 'dropout') return ['neural'];
  if (setting in gradientSchema.shape) return ['dot', 'neural'];
  return OF_VARIATIONAL.some((name) => name === setting) ? ['vb', 'neural'] : MODELS;
}

/** Default factors of the dot product, as in the posts that it follows. */
const DOT_FACTORS = 50;

/** Stars from which a movie counts as liked, and below which as disliked: the data's meaning, not a setting. */
export const LIKE_FROM = 4;
export const DISLIKE_BELOW = 3;

/** What may be asked for: the rest are defaults. */
export type GivenOptions = Partial<Omit<TrainingOptions, 'gradient'>> & { gradient?: Partial<GradientOptions> };

/** Fills in defaults and checks bounds. Throws `bad-flag` naming each setting that is off. */
export function resolveOptions(given: GivenOptions = {}): TrainingOptions {
  const ofModel = {
    vb: {},
    dot: { factors: DOT_FACTORS, gradient: {} },
    neural: { gradient: {} },
  }[given.model ?? 'vb'];
  const parsed = trainingSchema.safeParse({ ...ofModel, ...given });
  if (!parsed.success) throw new MarqueeError('bad-flag', z.prettifyError(parsed.error));
  return parsed.data;
}

/** How a rating counts in a user's history. */
export function historyWeights(options: TrainingOptions): HistoryWeights {
  return {
    decay: options.historyDecay,
    floor: options.historyFloor,
    likeFrom: LIKE_FROM,
    dislikeBelow: DISLIKE_BELOW,
    dislikeWeight: options.dislikeWeight,
  };
}

/** What the rating model takes from the size of the data. */
export interface RatingDefaults {
  readonly covariances: WholeCovariances;
  readonly userRidge: number;
  readonly linkPenalty: number;
}

/** How many times as many ratings as in every sweep may have whole covariances in the late ones, at a fifth of the price. */
const LATE_TIMES = 6;

/** When whole covariances are kept. */
export function wholeCovariances(N: number, { fullCovarianceUpTo }: TrainingOptions): WholeCovariances {
  return N <= fullCovarianceUpTo ? 'always' : N <= LATE_TIMES * fullCovarianceUpTo ? 'late' : 'never';
}

/**
 * Settings of the rating model for N ratings, where nothing else is asked for. The users' ridge is a power law through what
 * held-out ratings preferred on 100,000 (2) and on 1,000,000 (3 to 4).
 *
 * Λ is learned from the scatter of rows about what a link says of them, but the link was fitted to these same rows, so it
 * comes out too sure. With a Gaussian prior of precision ridge · Λ on the link's weights W and their posterior, ridge · WᵀW
 * joins the scatter (the matrix normal prior; Rossi, Allenby & McCulloch, "Bayesian statistics and marketing", §2.8). Half
 * of it is best on ML-100K, where 63 factors then beat 31 instead of losing to them; on a million ratings, next to none.
 */
export function ratingDefaults(N: number, options: TrainingOptions): RatingDefaults {
  return {
    covariances: wholeCovariances(N, options),
    userRidge: options.userRidge ?? 2 * (Math.max(1, N) / 1e5) ** 0.25,
    linkPenalty: options.linkPenalty ?? Math.min(1, 5e4 / Math.max(1, N)),
  };
}

/** What the relevance model takes from the size of the data where nothing else is asked for. */
export interface RelevanceDefaults {
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
