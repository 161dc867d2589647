import { MarqueeError } from '../../shared/errors.ts';
import { topK } from '../../shared/math/topk.ts';
import type { MovieTable } from '../../shared/model/model.ts';
import { foldTitle } from '../../shared/title.ts';

/**
 * Row of the movie that a title means: one that is it, with or without its year, else one that contains it; of several the
 * most rated. Case, accents and the place of an article do not count.
 *
 * @throws `unknown-movie`
 */
export function findMovie(movies: MovieTable, title: string): number {
  const wanted = foldTitle(title);
  const worth = Float64Array.from(movies.ratingCounts, (ratings, row) => {
    const own = foldTitle(movies.title(row));
    if (own === wanted || `${own} (${movies.years[row]})` === wanted) return 1e9 + ratings;
    return own.includes(wanted) ? ratings : Number.NaN;
  });
  const [row] = topK(worth, 1);
  if (row !== undefined && wanted !== '') return row;
  throw new MarqueeError('unknown-movie', `the model has no movie with "${title}" in its title`, {
    details: { title },
  });
}
