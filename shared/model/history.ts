import { type WeightedSum, weightedSum } from '../math/weighted-sum.ts';
import type { HistoryWeights, MovieTable, RatedMovies, RelevancePrior } from './model.ts';

/**
 * Weight v_j of each rating in one scale of the history vector, oldest first:
 *   v_j = w_j · (1 if liked, dislikeWeight if disliked, else 0) / √Σw,   w_j = floor + (1 − floor) · exp(−age_j / decay)
 * age_j counts the user's own later ratings: recency without timestamps. A scale of visits is multiplied by
 * e^{−days / visitDays}.
 *
 * @param days since the newest rating
 */
export function weightsOfHistory(stars: ArrayLike<number>, weights: HistoryWeights, days = 0): Float64Array {
  const { likeFrom, dislikeBelow, dislikeWeight } = weights;
  const n = stars.length;
  const v = new Float64Array(n);
  const { byAge, totals } = recency(n, weights);
  const norm = leftAfter(days, weights.visitDays) / Math.sqrt(totals[n]);
  for (let j = 0; j < n; j++) {
    const w = byAge[n - 1 - j] * norm;
    const r = stars[j];
    v[j] = r >= likeFrom ? w : r < dislikeBelow ? w * dislikeWeight : 0;
  }
  return v;
}

/** What is left after days of what falls by e in `fade` of them; all of it where nothing fades. */
export function leftAfter(days: number, fade = Number.POSITIVE_INFINITY): number {
  return Math.exp(-days / fade);
}

/** `weightsOfHistory` of each scale, (n, S). */
export function weightsOfScales(stars: ArrayLike<number>, scales: readonly HistoryWeights[], days = 0): Float64Array {
  const S = scales.length;
  if (S === 1) return weightsOfHistory(stars, scales[0], days);
  const v = new Float64Array(stars.length * S);
  for (let s = 0; s < S; s++) {
    const own = weightsOfHistory(stars, scales[s], days);
    for (let j = 0; j < own.length; j++) v[j * S + s] = own[j];
  }
  return v;
}

/** Stars from which a movie counts as liked: the scales that count more than that do not tell likes from the rest. */
export function likedFrom(scales: readonly HistoryWeights[]): number {
  return Math.max(...scales.map(({ likeFrom }) => likeFrom));
}

/** Weights w of ratings of age 0, 1, …, and the sums of the first n of them. */
interface Recency {
  readonly byAge: Float64Array;
  readonly totals: Float64Array;
}

/** `recency` as computed so far, for each weights object. */
const known = new WeakMap<HistoryWeights, Recency>();

/** The recency of at least n ages. */
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

/** The columns of the movie table that a history needs. */
export type HistoryVectors = Pick<MovieTable, 'history' | 'relevanceCount'>;

/**
 * A user's history, (E): h = Σ_j Σ_s v_js history_js.
 *
 * @param sum over the history vectors of the rated movies, in S parts
 */
export function historyVector(
  movies: HistoryVectors,
  scales: readonly HistoryWeights[],
  rated: RatedMovies,
  sum: WeightedSum = weightedSum(movies.history, movies.relevanceCount, rated.rows, scales.length),
): Float64Array {
  return sum(weightsOfScales(rated.stars, scales, rated.days));
}

/** A share below this changes no score. */
export const NO_SHARE = 1e-9;

/**
 * Weight of the newcomer's part in the relevance vector of a user with n ratings, 1 to 0: e^{−(n / newcomerDecay)⁴}. It
 * is flat at the start, since a hundredth of the next-watch regression already disturbs the lists of users with two
 * ratings. In models without newcomer shares the power is 2.
 */
function newcomerWeight(n: number, { newcomerDecay, newcomerShares }: RelevancePrior): number {
  return Math.exp(-((n / newcomerDecay) ** (newcomerShares ? 4 : 2)));
}

/** Weights of the parts of a relevance vector, see `relevanceVector`. */
interface RelevanceShares {
  readonly next: number;
  readonly taste: number;
  /** The part that depends on n alone. */
  readonly constant: Float64Array; // (E)
}

/**
 * The shares of a user with n ratings: s = `newcomerWeight`, a and g are entry n of `tasteShares` and `laterShares`. Of
 * somebody who rated before, what is popular of late is a part of the constant.
 *
 * @param liked `likedShare` of the ratings
 * @param days since the newest rating
 */
export function relevanceShares(n: number, liked: number, prior: RelevancePrior, days = 0): RelevanceShares {
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
  if (n > 0) constant[E - 1] += trendShare(prior, days);
  const chosen = (shares?.favouritesShare ?? 0) * liked ** LIKED_POWER;
  return { next: 1 - s + s * chosen, taste: s * (shares?.tasteShares[at] ?? 1), constant };
}

/**
 * Who names five films that they loved has chosen them, and says more than who answers five questions, whose answers are
 * liked and disliked ones. The power keeps the two apart: of people's first ten
 * ratings 52% (ml-latest-small-2016) to 61% (ML-1M) are likes.
 */
const LIKED_POWER = 4;

/** The share of ratings that are likes, with one more that is none: one like alone proves little. */
export function likedShare(stars: ArrayLike<number>, scales: readonly HistoryWeights[]): number {
  const from = likedFrom(scales);
  let likes = 0;
  for (let j = 0; j < stars.length; j++) if (stars[j] >= from) likes++;
  return likes / (stars.length + 1);
}

/** The weight of what is popular of late for somebody who comes back after days. */
export function trendShare({ trend }: RelevancePrior, days: number, weight = trend?.weight ?? 0): number {
  return trend ? weight * (1 - leftAfter(days, trend.days)) : 0;
}

/**
 * A user's relevance vector, (E), from their history h and the number n of their ratings, with ν = `newcomerWeight`:
 *   (1 − ν) (base + h) + ν (φ ℓ⁴ h + a_n h · map + (1 − g_n) popular + g_n later)
 * A long history says what the user watches next (`base`, h). A short one tells their taste, through the map (the first
 * E rows of `newcomer`; its last row is `popular`), and the shorter it is the less (a_n, g_n: `NewcomerShares`). Where
 * all of it are favourites, it says what they watch next, too: φ = `favouritesShare`, ℓ = `likedShare`.
 * The vector is linear in h: with h_j = Σ_s v_js history_js, rating j contributes ((1 − ν + ν φ ℓ⁴) h_j +
 * ν a_n h_j · map) · relevance_i to movie i.
 */
export function relevanceVector(
  movies: HistoryVectors,
  prior: RelevancePrior,
  rated: RatedMovies,
  sum?: WeightedSum,
): Float64Array {
  return vectorOfHistory(historyVector(movies, prior.history, rated, sum), rated, prior);
}

/** `relevanceVector` from a known history h (E) of these ratings. */
export function vectorOfHistory(
  h: ArrayLike<number>,
  { stars, days }: Pick<RatedMovies, 'stars' | 'days'>,
  prior: RelevancePrior,
): Float64Array {
  const E = prior.base.length;
  const { next, taste, constant: user } = relevanceShares(stars.length, likedShare(stars, prior.history), prior, days);
  for (let e = 0; e < E; e++) user[e] += next * h[e];
  if (taste < NO_SHARE) return user;
  for (let a = 0; a < E; a++) {
    const weight = taste * h[a];
    for (let e = 0; e < E; e++) user[e] += weight * prior.newcomer[a * E + e];
  }
  return user;
}
