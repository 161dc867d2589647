import type { Catalogue, RatedMovies } from './model.ts';

/** Number of imagined ratings at the mean that are added to those of every movie, and of every user. */
export const MOVIE_DAMPING = 5;
export const USER_DAMPING = 10;

/** Number of ratings from which the Bias model has no share of a prediction any more. */
const KNOWN_FROM = 10;

/**
 * The Bias model's share of the predictions for a user with n ratings, 1 to 0. People who rate a movie chose to see it,
 * and so did those whose ratings make its mean. The factors predict for the average user instead, which is less
 * accurate until they know the user. A mixture is never worse than the worse of the two, and mostly better than both.
 */
export function biasShare(n: number): number {
  return Math.max(0, 1 - n / KNOWN_FROM);
}

/** Damped deviation of each movie's mean from μ, stars, (M): n (mean − μ) / (n + 5). */
export function movieDeviations(counts: ArrayLike<number>, means: ArrayLike<number>, mu: number): Float32Array {
  const out = new Float32Array(counts.length);
  for (let row = 0; row < out.length; row++)
    out[row] = (counts[row] * (means[row] - mu)) / (counts[row] + MOVIE_DAMPING);
  return out;
}

/** Damped deviation of a user from the movies' means, stars: Σ (r − μ − deviation) / (n + 10). */
export function userDeviation(
  { deviations }: Pick<Catalogue, 'deviations'>,
  mu: number,
  { rows, stars }: RatedMovies,
): number {
  let sum = 0;
  for (let j = 0; j < rows.length; j++) sum += stars[j] - mu - deviations[rows[j]];
  return sum / (rows.length + USER_DAMPING);
}
