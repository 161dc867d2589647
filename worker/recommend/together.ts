/** How the scores of several people become one: the least of them, or their mean. */
export const TOGETHER = ['least', 'mean'] as const;
export type Together = (typeof TOGETHER)[number];

/** Scores of every movie for several people, and those that a list for all of them is ordered by. */
export interface JointScores {
  readonly each: readonly Float32Array[]; // (P, M)
  readonly joint: Float32Array; // (M)
}

/**
 * One score a movie. The least is the "least misery" of O'Connor et al., "PolyLens: a recommender system for groups of
 * users", ECSCW 2001: a list is as good as the one finds it who likes it least.
 *
 * @param each scores of one person each, (P, M), on one scale
 */
export function jointScores(each: readonly Float32Array[], together: Together): JointScores {
  const joint = new Float32Array(each[0].length);
  const scores = new Float64Array(each.length);
  for (let row = 0; row < joint.length; row++) {
    for (let p = 0; p < scores.length; p++) scores[p] = each[p][row];
    joint[row] = combine(scores, together);
  }
  return { each, joint };
}

/** One number of several people's. */
export function combine(values: ArrayLike<number>, together: Together): number {
  let [least, sum] = [Number.POSITIVE_INFINITY, 0];
  for (let p = 0; p < values.length; p++) {
    least = Math.min(least, values[p]);
    sum += values[p];
  }
  return together === 'least' ? least : sum / values.length;
}

/**
 * Factors that bring people's relevance to one scale: the more a person rated, and the narrower their taste, the
 * further their scores spread, so that the least score of a movie would nearly always be the same person's. Afterwards
 * everybody's root mean square over all movies is the mean of what it was. A movie of which relevance says nothing
 * scores 0 for everybody, before and after. People who are equal keep their scores.
 *
 * @param each relevance of one person each, (P, M)
 */
export function scaleFactors(each: readonly ArrayLike<number>[]): number[] {
  const spreads = each.map(rootMeanSquare);
  const mean = spreads.reduce((sum, spread) => sum + spread, 0) / spreads.length;
  return spreads.map((spread) => (spread > 0 ? mean / spread : 1));
}

function rootMeanSquare(scores: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] * scores[i];
  return Math.sqrt(sum / scores.length);
}
