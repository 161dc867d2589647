import type { Catalogue, RatedMovies } from './model.ts';

/** Ratings at the mean that every movie, and every user, is given on top of their own. */
export const MOVIE_DAMPING = 5;
export const USER_DAMPING = 10;

/** Ratings from which on nothing of a prediction is left to the Bias model. */
const KNOWN_FROM = 10;

/**
 * The Bias model's share of the predictions for somebody with n ratings, 1 to 0. Whoever is asked for a rating chose to
 * see the movie, as those did who made its mean; the factors know what the average user would think of it, which is less
 * right until they know the user. A mixture is never worse than the worse of the two, and mostly better than both.
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
