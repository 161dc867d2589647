import * as z from 'zod';
import type { CommonSettings } from '../settings.ts';

/** Settings of the variational factorisation, beside the common ones. */
export const variationalSettings = z.object({
  sweeps: z.int().min(1).max(1000).default(25).describe('sweeps over both sides of the rating model'),
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
});

export type VariationalSettings = z.infer<typeof variationalSettings>;
export type VariationalOptions = CommonSettings & VariationalSettings;

/** What `factorize` is told. */
export interface FactorizationOptions {
  readonly factors: number; // K
  readonly sweeps: number;
  readonly seed: number;
  /** Ridge of the link from implicit features to users' priors, and to movies'. */
  readonly userRidge: number;
  readonly movieRidge: number;
  /** Conjugate gradient steps on each link a sweep, warm-started. */
  readonly linkSteps: number;
  /** When whole posterior covariances are kept instead of their diagonals, never by default. */
  readonly covariances?: WholeCovariances;
  /** Without late sweeps every sweep is like the one before, whatever their number. */
  readonly noLateSweeps?: boolean;
  /** Share of the links' ridges that their weights add to what Λ is learned from, 0 by default. */
  readonly linkPenalty?: number;
  /** τ to start from, and the first sweep after which it is learned; more than `sweeps` keeps it. */
  readonly tau: number;
  readonly learnTauFrom: number;
}

/** In every sweep, in the late ones, or in none. */
type WholeCovariances = 'always' | 'late' | 'never';

/** What the rating model takes from the size of the data. */
interface RatingDefaults {
  readonly covariances: WholeCovariances;
  readonly userRidge: number;
  readonly linkPenalty: number;
}

/** How many times as many ratings as in every sweep may have whole covariances in the late ones, at a fifth of the price. */
const LATE_TIMES = 6;

/** When whole covariances are kept. */
export function wholeCovariances(
  N: number,
  { fullCovarianceUpTo }: Pick<VariationalSettings, 'fullCovarianceUpTo'>,
): WholeCovariances {
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
export function ratingDefaults(
  N: number,
  options: Pick<VariationalSettings, 'fullCovarianceUpTo' | 'userRidge' | 'linkPenalty'>,
): RatingDefaults {
  return {
    covariances: wholeCovariances(N, options),
    userRidge: options.userRidge ?? 2 * (Math.max(1, N) / 1e5) ** 0.25,
    linkPenalty: options.linkPenalty ?? Math.min(1, 5e4 / Math.max(1, N)),
  };
}
