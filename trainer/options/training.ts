import * as z from 'zod';
import { MarqueeError } from '../../shared/errors.ts';
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
