import { MarqueeError } from '../../shared/errors.ts';
import { topK } from '../../shared/math/topk.ts';
import type { MovieTable } from '../../shared/model/model.ts';
import { foldTitle } from '../../shared/title.ts';

/**
 * Row of the movie that a title names: one whose title equals it, with or without the year, else one whose title contains
 * it; of several, the most rated. Case, accents and the place of an article do not matter.
 *
 * @throws `unknown-movie`
 */
export function findMovie(movies: MovieTable, title: string): number {
  const wanted = foldTitle(title);
  const worth = Float64Array.from(movies.ratingCounts, (ratings, row) => {
    const folded = foldTitle(movies.title(row));
    if (folded === wanted || `${folded} (${movies.years[row]})` === wanted) return 1e9 + ratings;
    return folded.includes(wanted) ? ratings : Number.NaN;
  });
  const [row] = topK(worth, 1);
  if (row !== undefined && wanted !== '') return row;
  throw new MarqueeError('unknown-movie', `the model has no movie with "${title}" in its title`, {
    details: { title },
  });
}
