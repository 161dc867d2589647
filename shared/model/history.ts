import { type WeightedSum, weightedSum } from '../math/weighted-sum.ts';
import type { HistoryWeights, MovieTable, RatedMovies, RelevancePrior } from './model.ts';

/**
 * Weight v_j of each rating in the history vector, oldest first:
 *   v_j = w_j · (1 if liked, dislikeWeight if disliked, else 0) / √Σw,   w_j = floor + (1 − floor) · exp(−age_j / decay)
 * age_j counts the user's own later ratings: recency without timestamps.
 */
export function weightsOfHistory(stars: ArrayLike<number>, weights: HistoryWeights): Float64Array {
  const { likeFrom, dislikeBelow, dislikeWeight } = weights;
  const n = stars.length;
  const v = new Float64Array(n);
  const { byAge, totals } = recency(n, weights);
  const norm = 1 / Math.sqrt(totals[n]);
  for (let j = 0; j < n; j++) {
    const w = byAge[n - 1 - j] * norm;
    const r = stars[j];
    v[j] = r >= likeFrom ? w : r < dislikeBelow ? w * dislikeWeight : 0;
  }
  return v;
}

/** Weights w of ratings of age 0, 1, …, and the sums of the first n of them. */
interface Recency {
  readonly byAge: Float64Array;
  readonly totals: Float64Array;
}

/** `recency` as worked out so far, for all who share the weights. */
const known = new WeakMap<HistoryWeights, Recency>();

/** For n ages or more. */
function recency(n: number, weights: HistoryWeights): Recency {
  const { floor, decay } = weights;
  const before = known.get(weights);
  if (before && before.byAge.length >= n) return before;
  const ages = Math.max(n, 2 * (before?.byAge.length ?? 0));
  const [byAge, totals] = [new Float64Array(ages), new Float64Array(ages + 1)];
  for (let age = 0; age < ages; age++) {
    byAge[age] = floor + (1 - floor) * Math.exp(-age / decay);
    totals[age + 1] = totals[age] + byAge[age];
  }
  const recency = { byAge, totals };
  known.set(weights, recency);
  return recency;
}

/** Movie vectors that take part in a history. */
export type HistoryVectors = Pick<MovieTable, 'history' | 'relevanceCount'>;

/** A user's history, (E): h = Σ_j v_j history_j. @param sum over the history vectors of the rated movies */
export function historyVector(
  movies: HistoryVectors,
  weights: HistoryWeights,
  rated: RatedMovies,
  sum: WeightedSum = weightedSum(movies.history, movies.relevanceCount, rated.rows),
): Float64Array {
  return sum(weightsOfHistory(rated.stars, weights));
}

/** A share below this changes no score. */
export const NO_SHARE = 1e-9;

/**
 * How much of a stranger somebody with n ratings still is, 1 to 0: e^{−(n / strangerDecay)⁴}. Flat where it begins, since a
 * hundredth of the next-watch regression already disturbs what is said of two ratings. Without shares the power is 2.
 */
export function newcomerWeight(n: number, { newcomerDecay, newcomerShares }: RelevancePrior): number {
  return Math.exp(-((n / newcomerDecay) ** (newcomerShares ? 4 : 2)));
}

/** How much the parts of a relevance vector weigh, see `relevanceVector`. */
interface RelevanceShares {
  readonly next: number;
  readonly taste: number;
  /** All that no rating adds. */
  readonly constant: Float64Array; // (E)
}

/** The shares for somebody with n ratings, s their strangeness, a and g entry n of `tasteShares` and `laterShares`. */
export function relevanceShares(n: number, prior: RelevancePrior): RelevanceShares {
  const { base, newcomer, newcomerShares: shares } = prior;
  const E = base.length;
  const s = newcomerWeight(n, prior);
  const at = Math.min(n, (shares?.tasteShares.length ?? 0) - 1);
  const g = shares?.laterShares[at] ?? 0;
  const constant = new Float64Array(E);
  for (let e = 0; e < E; e++) {
    const popular = newcomer[E * E + e];
    const later = shares ? shares.later[e] : popular;
    constant[e] = (1 - s) * base[e] + s * (popular + g * (later - popular));
  }
  return { next: 1 - s, taste: s * (shares?.tasteShares[at] ?? 1), constant };
}

/**
 * A user's relevance vector, (E), from their history h and the number n of their ratings, s their strangeness:
 *   (1 − s) (base + h) + s (a_n h · map + (1 − g_n) popular + g_n later)
 * What somebody watches next follows from a long history (`base`, h); a short one only tells their taste (the map, the
 * first E rows of `stranger`; the last is `popular`), and the less the shorter it is (a_n; g_n: `StrangerShares`). Linear
 * in h, so the contribution of rating j to movie i is v_j ((1 − s) history_j + s a_n history_j · map) · relevance_i.
 */
export function relevanceVector(
  movies: HistoryVectors,
  prior: RelevancePrior,
  rated: RatedMovies,
  sum?: WeightedSum,
): Float64Array {
  return vectorOfHistory(historyVector(movies, prior.history, rated, sum), rated.rows.length, prior);
}

/** `relevanceVector` of somebody whose history h (E) is known, of n ratings. */
export function vectorOfHistory(h: ArrayLike<number>, n: number, prior: RelevancePrior): Float64Array {
  const E = prior.base.length;
  const { next, taste, constant } = relevanceShares(n, prior);
  const user = constant;
  for (let e = 0; e < E; e++) user[e] += next * h[e];
  if (taste < NO_SHARE) return user;
  for (let a = 0; a < E; a++) {
    const weight = taste * h[a];
    for (let e = 0; e < E; e++) user[e] += weight * prior.newcomer[a * E + e];
  }
  return user;
}
