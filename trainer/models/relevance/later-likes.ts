import { type AnyRows, rowBlocks } from '../../math/sparse.ts';
import type { Relevance } from './next-watch.ts';

/**
 * Share of a user's ratings before their later ones. What they have not rated by then, a list can still offer. On validation
 * users of ML-1M the last fifth gains twice what the last half does.
 */
const LATER_FROM = 0.8;

/** Added to the users who could have liked a movie, as users who did not. */
const RATE_DAMPING = 5;

/** How many of a user's ratings come before their later ones. */
export function laterFrom(ratings: number): number {
  return Math.floor(LATER_FROM * ratings);
}

/**
 * `later` (E): how likely users like a movie later that they did not rate at first, as an output vector. Popularity counts all
 * likes, but most users rate popular movies early, and those who have not rarely do later. So this is a rate: users who liked
 * the movie among their last fifth, over the users who had not rated it before (the hazard of survival analysis: events over
 * those at risk). Least squares reduce it to the model's factors. It is as long as popularity.
 *
 * @param popular the outputs' products with popularity, the last factor, (E)
 * @param share popularity's weight in the constant
 * @returns null where no user liked anything later
 */
export function laterVector(
  byUser: AnyRows,
  { factors: E, output }: Relevance,
  popular: Float64Array,
  share: number,
  likeFrom: number,
): Float32Array | null {
  const [early, liked] = [new Float64Array(byUser.columns), new Float64Array(byUser.columns)];
  for (const { block } of rowBlocks(byUser)) {
    const { rows, offsets, indices, values } = block;
    for (let u = 0; u < rows; u++) {
      const later = offsets[u] + laterFrom(offsets[u + 1] - offsets[u]);
      for (let k = offsets[u]; k < later; k++) early[indices[k]]++;
      for (let k = later; k < offsets[u + 1]; k++) if (values[k] >= likeFrom) liked[indices[k]]++;
    }
  }
  const along = new Float64Array(E); // outputs · rate
  const totals = new Float64Array(E); // Σ outputs
  for (let row = 0, at = 0; row < byUser.columns; row++, at += E) {
    const rate = liked[row] / (byUser.rows - early[row] + RATE_DAMPING);
    for (let e = 0; e < E; e++) {
      along[e] += rate * output[at + e];
      totals[e] += output[at + e];
    }
  }
  // The other columns are orthonormal, so popularity's coefficient is that of the part which they do not explain.
  const V = E - 1;
  const rest = popular.subarray(0, V).reduce((sum, p) => sum - p * p, popular[V]);
  const without = along.subarray(0, V).reduce((sum, a, e) => sum - a * popular[e], along[V]);
  const last = rest > 1e-9 * popular[V] ? without / rest : 0;
  const later = along.map((a, e) => (e < V ? a - last * popular[e] : last));
  const length = (share * totals[V]) / later.reduce((sum, value, e) => sum + value * totals[e], 0);
  return length > 0 && Number.isFinite(length) ? Float32Array.from(later, (value) => length * value) : null;
}
