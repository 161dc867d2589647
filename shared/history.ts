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

/**
 * A user's relevance vector, (E): base + e^{−n / strangerDecay} · stranger + Σ_j v_j history_j for n ratings. The
 * contribution of rating j to movie i is v_j history_j · relevance_i.
 */
export function relevanceVector(
  movies: Pick<MovieTable, 'history' | 'relevanceCount'>,
  prior: RelevancePrior,
  rated: RatedMovies,
): Float64Array {
  const E = movies.relevanceCount;
  const strange = Math.exp(-rated.rows.length / prior.strangerDecay);
  const user = Float64Array.from(prior.base, (value, e) => value + strange * prior.stranger[e]);
  const v = historyWeights(rated.stars, prior.history);
  for (let j = 0; j < v.length; j++) {
    const at = rated.rows[j] * E;
    for (let e = 0; e < E; e++) user[e] += v[j] * movies.history[at + e];
  }
  return user;
}
