import type { HistoryWeights, MovieTable, RatedMovies, RelevancePrior } from './model.ts';

/**
 * Weight v_j of each rating in the history vector, oldest first:
 *   v_j = w_j · (1 if liked, dislikeWeight if disliked, else 0) / √Σw,   w_j = floor + (1 − floor) · exp(−age_j / decay)
 * age_j counts the user's own later ratings: recency without timestamps.
 */
export function historyWeights(stars: ArrayLike<number>, weights: HistoryWeights): Float64Array {
  const n = stars.length;
  const v = new Float64Array(n);
  let total = 0;
  for (let j = 0; j < n; j++) {
    const w = weights.floor + (1 - weights.floor) * Math.exp(-(n - 1 - j) / weights.decay);
    total += w;
    const r = stars[j];
    v[j] = r >= weights.likeFrom ? w : r < weights.dislikeBelow ? w * weights.dislikeWeight : 0;
  }
  const norm = 1 / Math.sqrt(total);
  for (let j = 0; j < n; j++) v[j] *= norm;
  return v;
}

/** Movie vectors that take part in a history. */
export type HistoryVectors = Pick<MovieTable, 'history' | 'relevanceCount'>;

/** A user's history, (E): h = Σ_j v_j history_j. */
export function historyVector(
  { relevanceCount: E, history }: HistoryVectors,
  weights: HistoryWeights,
  rated: RatedMovies,
): Float64Array {
  const h = new Float64Array(E);
  const v = historyWeights(rated.stars, weights);
  for (let j = 0; j < v.length; j++) {
    const at = rated.rows[j] * E;
    for (let e = 0; e < E; e++) h[e] += v[j] * history[at + e];
  }
  return h;
}

/** How much of a stranger somebody with n ratings still is, 1 to 0: e^{−(n / strangerDecay)²}. */
export function strangeness(n: number, { strangerDecay }: Pick<RelevancePrior, 'strangerDecay'>): number {
  return Math.exp(-((n / strangerDecay) ** 2));
}

/**
 * A user's relevance vector, (E), from their history h: (1 − s) (base + h) + s [h, 1] · stranger, s the strangeness of
 * n ratings. What somebody watches next follows from a long history; a short one only tells their taste. Linear in h,
 * so the contribution of rating j to movie i is v_j ((1 − s) history_j + s history_j · stranger) · relevance_i.
 */
export function relevanceVector(movies: HistoryVectors, prior: RelevancePrior, rated: RatedMovies): Float64Array {
  const E = movies.relevanceCount;
  const h = historyVector(movies, prior.history, rated);
  const s = strangeness(rated.rows.length, prior);
  const { base, stranger } = prior;
  const user = h.map((value, e) => (1 - s) * (base[e] + value) + s * stranger[E * E + e]);
  if (s < 1e-9) return user;
  for (let a = 0; a < E; a++) {
    const weight = s * h[a];
    for (let e = 0; e < E; e++) user[e] += weight * stranger[a * E + e];
  }
  return user;
}
