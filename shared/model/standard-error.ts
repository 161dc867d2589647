import { MOVIE_DAMPING } from './bias.ts';
import type { UserPrior } from './model.ts';

/**
 * Standard error of what all users have in common about a movie with n training ratings, in units of the score:
 * perStar / √(τ (n + 5)). It is the posterior deviation of a mean of n ratings of precision τ each, under a prior that
 * counts as `MOVIE_DAMPING` of them, as it does in the mean itself (`bias.ts`).
 */
export function standardError(ratingCount: number, { tau, response }: Pick<UserPrior, 'tau' | 'response'>): number {
  return response.perStar / Math.sqrt(tau * (ratingCount + MOVIE_DAMPING));
}
