import { topK } from '../math/topk.ts';
import type { Explanation } from './explain.ts';

/** Share of a score from which a rating matters. */
const LEAST_SHARE = 0.05;

/**
 * The ratings that put a movie where it stands, as indices of `contributions`: at most `most`, the largest first. A
 * rating counts when it
 * - makes at least 5% of the score, without what all movies have in common: of |Σ contributions| + |popularity| +
 *   |base − common|, since parts may be negative and the score of any size;
 * - adds more to this movie than to the next one of the list. Where it adds less, taking it away would widen the lead:
 *   something else put this movie first.
 *
 * @param next the movie behind it in the list, where there is one
 */
export function reasonsOf(explanation: Explanation, next: Explanation | undefined, most: number): Int32Array {
  const { contributions } = explanation;
  const least = LEAST_SHARE * sizeOf(explanation);
  return topK(contributions, most, (j) => {
    const value = contributions[j];
    return value > 0 && value >= least && (next === undefined || value > next.contributions[j]);
  });
}

function sizeOf({ contributions, popularity, base, common }: Explanation): number {
  let ratings = 0;
  for (const value of contributions) ratings += value;
  return Math.abs(ratings) + Math.abs(popularity) + Math.abs(base - common);
}
