import type { Rated } from './api.ts';

/** The ratings after one was given, changed or, with null, taken back. A changed one keeps its place; a new one goes last. */
export function withRating(ratings: readonly Rated[], movieId: number, rated: Rated | null): readonly Rated[] {
  if (!rated) return ratings.filter((rating) => rating.movieId !== movieId);
  const known = ratings.some((rating) => rating.movieId === movieId);
  return known ? ratings.map((rating) => (rating.movieId === movieId ? rated : rating)) : [...ratings, rated];
}
