import { type AnyRows, rowBlocks } from '../../math/sparse.ts';
import type { Relevance } from './next-watch.ts';

/**
 * Length of the popularity column beside the others, which are orthonormal: so short that it does not matter in similarities of
 * movies.
 */
const POPULARITY_LENGTH = 0.1;

/**
 * The relevance model with popularity as its last factor: how many users liked each movie that the model knows. No history has
 * a part in it, in any scale. Only the newcomers' map uses it: users without ratings get exactly that order.
 */
export function withPopularity(byUser: AnyRows, relevance: Relevance, likeFrom: number): Relevance {
  const [V, E] = [relevance.factors, relevance.factors + 1];
  const likes = new Float64Array(byUser.columns);
  for (const { block } of rowBlocks(byUser)) {
    const { indices, values } = block;
    for (let k = 0; k < indices.length; k++) if (values[k] >= likeFrom) likes[indices[k]]++;
  }
  const known = (row: number) => relevance.output.subarray(row * V, (row + 1) * V).some((value) => value !== 0);
  const popular = likes.map((count, row) => (known(row) ? count : 0));
  const scale = POPULARITY_LENGTH / Math.max(1, Math.sqrt(popular.reduce((sum, count) => sum + count * count, 0)));
  /** (rows, V) → (rows, E); of histories, each scale of a movie is such a row. */
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

/** Dot products of every output column with the last, popularity, (E). */
export function againstPopularity({ factors: E, output }: Relevance): Float64Array {
  const products = new Float64Array(E);
  for (let at = 0; at < output.length; at += E) {
    for (let e = 0; e < E; e++) products[e] += output[at + e] * output[at + E - 1];
  }
  return products;
}
