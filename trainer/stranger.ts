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
 * Length of the popularity column beside the others, which are orthonormal: so short that it does not count in what films
 * are like.
 */
const POPULARITY_LENGTH = 0.1;

/**
 * Popularity as one more relevance factor, the last, which no history feeds: how many people liked each movie that the
 * relevance model knows. Only the map of strangers uses it; whoever has rated nothing gets exactly that order.
 */
export function withPopularity(byUser: SparseRows, relevance: Relevance, { likeFrom }: HistoryWeights): Relevance {
  const [V, E] = [relevance.factors, relevance.factors + 1];
  const likes = new Float64Array(byUser.columns);
  for (let k = 0; k < byUser.indices.length; k++) if (byUser.values[k] >= likeFrom) likes[byUser.indices[k]]++;
  const known = (row: number) => relevance.output.subarray(row * V, (row + 1) * V).some((value) => value !== 0);
  const popular = likes.map((count, row) => (known(row) ? count : 0));
  const scale = POPULARITY_LENGTH / Math.max(1, Math.sqrt(popular.reduce((sum, count) => sum + count * count, 0)));
  const widened = (rows: Float32Array, last: (row: number) => number) => {
    const out = new Float32Array((rows.length / Math.max(1, V)) * E);
    for (let row = 0; row < out.length / E; row++) {
      out.set(rows.subarray(row * V, (row + 1) * V), row * E);
      out[row * E + V] = last(row);
    }
    return out;
  };
  return {
    factors: E,
    output: widened(relevance.output, (row) => scale * popular[row]),
    history: widened(relevance.history, () => 0),
    base: Float32Array.from([...relevance.base, 0]),
  };
}

/**
 * The map of strangers, (E + 1, E): from the history h of their first few ratings, and a constant, to what they will like
 * at all. The constant is popularity p alone, the last factor, and the rest a ridge regression over training users from h
 * to what popularity does not say of all that they liked later:
 *   c = argmin Σ ‖y − c p‖²,   T = argmin Σ ‖y − c p − V Tᵀh‖² + λ ‖T‖²,   y = liked later, over √count,
 * V (M, E − 1) the other factors, orthonormal columns. The next-watch regression asks what comes right after a long history;
 * asked about somebody with three ratings it continues these three. The later taste of people who began like that is the
 * better answer.
 *
 * @param relevance with popularity as its last factor (`withPopularity`)
 */
export function fitStranger(byUser: SparseRows, relevance: Relevance, options: StrangerOptions): Float32Array {
  const E = relevance.factors;
  const V = E - 1;
  const width = V + E;
  const block = new Float64Array(BLOCK * width); // rows [h, output · y]
  const sums = new Float64Array(width * width); // their second moments, upper triangle, rows of h alone
  const [inputs, targets] = [new Float64Array(V), new Float64Array(E)]; // Σ h, Σ output · y
  let count = 0;
  for (const { history, liked } of strangers(byUser, relevance, options.history)) {
    const row = (count++ % BLOCK) * width;
    block.set(history.subarray(0, V), row);
    block.set(liked, row + V);
    for (let a = 0; a < V; a++) inputs[a] += history[a];
    for (let e = 0; e < E; e++) targets[e] += liked[e];
    if (count % BLOCK === 0) addGram(sums, block, block, BLOCK, width, V);
  }
  addGram(sums, block, block, count % BLOCK, width, V);
  const stranger = new Float32Array((E + 1) * E);
  for (let e = 0; e < V; e++) stranger[e * E + e] = 1; // no different, where there is nothing to learn from
  stranger[E * E + V] = 1;
  if (count === 0) return stranger;
  const popular = againstPopularity(relevance);
  const share = popular[V] > 0 ? targets[V] / (count * popular[V]) : 0; // c
  if (share > 0) stranger[E * E + V] = share;
  let energy = 0;
  for (let a = 0; a < V; a++) energy += sums[a * width + a] / V;
  const ridge = (options.strangerRidge * energy) / Math.sqrt(count) + Number.MIN_VALUE;
  for (let a = 0; a < V; a++) sums[a * width + a] += ridge;
  const normal = new Float64Array(V * V);
  for (let a = 0; a < V; a++) for (let b = 0; b <= a; b++) normal[a * V + b] = sums[b * width + a];
  if (!cholesky(normal, V)) return stranger;
  for (let e = 0; e < V; e++) {
    const column = Float64Array.from({ length: V }, (_, a) => sums[a * width + V + e] - share * popular[e] * inputs[a]);
    solveLower(normal, column, V);
    solveLowerTransposed(normal, column, V);
    for (let a = 0; a < V; a++) stranger[a * E + e] = column[a];
  }
  return stranger;
}

/** Products of every output column with the last, (E). */
function againstPopularity({ factors: E, output }: Relevance): Float64Array {
  const products = new Float64Array(E);
  for (let at = 0; at < output.length; at += E) {
    for (let e = 0; e < E; e++) products[e] += output[at + e] * output[at + E - 1];
  }
  return products;
}

/** Training users after each of `SHOWN` ratings: their history h, and the output columns' products with y, both (E). */
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
