import { historyVector } from '../shared/history.ts';
import { cholesky, solveLower, solveLowerTransposed } from '../shared/linalg.ts';
import type { HistoryWeights } from '../shared/model.ts';
import { addGram } from './blocks.ts';
import type { SparseRows } from './matrix.ts';
import type { Relevance } from './relevance.ts';

export interface StrangerOptions {
  readonly history: HistoryWeights;
  /** Ridge of the map, in standard errors of a history's mean energy. */
  readonly strangerRidge: number;
}

/** First ratings of a training user that stand for a stranger's, the most first: what is liked later adds up. */
const SHOWN = [15, 10, 5, 3, 2, 1];
/** Training users looked at: more change nothing. */
const MOST_USERS = 20_000;
/** Share of a user's ratings that must come later for them to tell about taste. */
const MIN_LATER_SHARE = 0.4;
/** Of them whose moments are summed at once. */
const BLOCK = 256;

/**
 * The map of strangers, (E + 1, E): ridge regression over training users from the history h of their first few ratings and
 * a constant to all that they liked later,
 *   T = argmin Σ ‖y − V Tᵀ[h, 1]‖² + λ ‖T‖²,   y = liked later, over √count,   V (M, E) orthonormal columns.
 * The next-watch regression asks what comes right after a long history; asked about somebody with three ratings it
 * continues these three. The later taste of people who began like that is the better answer.
 */
export function fitStranger(byUser: SparseRows, relevance: Relevance, options: StrangerOptions): Float32Array {
  const E = relevance.factors;
  const D = E + 1;
  const width = D + E;
  const block = new Float64Array(BLOCK * width); // rows [h, 1, y]
  const sums = new Float64Array(width * width); // their second moments, upper triangle
  let count = 0;
  for (const { history, liked } of strangers(byUser, relevance, options.history)) {
    const row = (count++ % BLOCK) * width;
    block.set(history, row);
    block[row + E] = 1;
    block.set(liked, row + D);
    if (count % BLOCK === 0) addGram(sums, block, block, BLOCK, width);
  }
  addGram(sums, block, block, count % BLOCK, width);
  const stranger = new Float32Array(D * E);
  if (count === 0) return knownFromTheStart(stranger, relevance);
  let energy = 0;
  for (let a = 0; a < E; a++) energy += sums[a * width + a] / E;
  const ridge = (options.strangerRidge * energy) / Math.sqrt(count) + Number.MIN_VALUE;
  for (let a = 0; a < E; a++) sums[a * width + a] += ridge;
  const normal = new Float64Array(D * D);
  for (let a = 0; a < D; a++) for (let b = 0; b <= a; b++) normal[a * D + b] = sums[b * width + a];
  if (!cholesky(normal, D)) return knownFromTheStart(stranger, relevance);
  for (let e = 0; e < E; e++) {
    const column = Float64Array.from({ length: D }, (_, a) => sums[a * width + D + e]);
    solveLower(normal, column, D);
    solveLowerTransposed(normal, column, D);
    for (let a = 0; a < D; a++) stranger[a * E + e] = column[a];
  }
  return stranger;
}

/** Training users after each of `SHOWN` ratings: their history h, and Vᵀy of what they liked later, both (E). */
function* strangers(byUser: SparseRows, { factors: E, history, output }: Relevance, weights: HistoryWeights) {
  const movies = { history, relevanceCount: E };
  const step = Math.max(1, byUser.rows / MOST_USERS);
  const [sum, liked] = [new Float64Array(E), new Float64Array(E)];
  for (let at = 0; at < byUser.rows; at += step) {
    const [from, to] = [byUser.offsets[Math.floor(at)], byUser.offsets[Math.floor(at) + 1]];
    const rows = byUser.indices.subarray(from, to);
    const stars = byUser.values.subarray(from, to);
    sum.fill(0);
    let first = rows.length;
    for (const shown of SHOWN) {
      const later = rows.length - shown;
      if (later < MIN_LATER_SHARE * rows.length) continue;
      while (first > shown) {
        if (stars[--first] < weights.likeFrom) continue;
        for (let e = 0, v = rows[first] * E; e < E; e++) sum[e] += output[v + e];
      }
      for (let e = 0; e < E; e++) liked[e] = sum[e] / Math.sqrt(later);
      const rated = { rows: rows.subarray(0, shown), stars: stars.subarray(0, shown) };
      yield { history: historyVector(movies, weights, rated), liked };
    }
  }
}

/** The map that makes no difference, where there is nothing to learn from: T = I, and the regression's constant. */
function knownFromTheStart(stranger: Float32Array, { factors: E, base }: Relevance): Float32Array {
  for (let e = 0; e < E; e++) stranger[e * E + e] = 1;
  stranger.set(base, E * E);
  return stranger;
}
