import { topK } from '../math/topk.ts';
import type { Explanation } from './explain.ts';
import type { HistoryWeights } from './model.ts';

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

/** Why a rating counts: the user liked the movie, or watched it just before, whatever they thought of it. */
export type Why = (typeof WHY)[number];
export const WHY = ['liked', 'just-watched'] as const;

/**
 * Why rating j matters to the movie, by the scale of the history that does most of its contribution. Undefined where
 * none does any: it comes from the rating model, or from a movie that was disliked.
 */
export function whyOf(
  { contributions, byScale }: Explanation,
  { j, stars }: { readonly j: number; readonly stars: number },
  scales: readonly HistoryWeights[],
): Why | undefined {
  const sign = Math.sign(contributions[j]);
  const parts = scales.map(({ likeFrom }, s) => (stars >= likeFrom ? sign * byScale[j * scales.length + s] : 0));
  const [most] = topK(parts, 1, (s) => parts[s] > 0);
  if (most === undefined) return undefined;
  return scales[most].likeFrom > 0 ? 'liked' : 'just-watched';
}

function sizeOf({ contributions, popularity, base, common }: Explanation): number {
  let ratings = 0;
  for (const value of contributions) ratings += value;
  return Math.abs(ratings) + Math.abs(popularity) + Math.abs(base - common);
}
