import { relevanceVector, vectorOfHistory, weightsOfScales } from '../../../shared/model/history.ts';
import type { HistoryWeights, RelevancePrior } from '../../../shared/model/model.ts';
import { type Engine, paddedWidth } from '../../engines/engine.ts';
import { userBlocks } from '../../engines/history-moments.ts';
import { rowDots, withColumns } from '../../math/dense.ts';
import { type AnyRows, rowsBetween, type SparseRows } from '../../math/sparse.ts';
import { biasesOf, type Factorization, factorsOf } from '../learned.ts';
import type { Relevance } from './next-watch.ts';

/** Users over whom the two blocks' scales are compared. */
const SCALE_USERS = 64;

/**
 * The output vectors, scaled so that over movies both blocks' scores vary as much, for the average user: a blend of a half
 * then means a half.
 */
export function scaledToRatings(
  byUser: AnyRows,
  { factors: K, users, movies }: Factorization,
  { factors: E, output, history }: Relevance,
  prior: RelevancePrior,
): Float32Array {
  const [factors, biases] = [factorsOf(movies.means, K), biasesOf(movies, K)];
  const every = Int32Array.from(biases.keys());
  const scores = new Float64Array(every.length);
  const step = Math.max(1, Math.floor(users.rows / SCALE_USERS));
  let [rating, relevance] = [0, 0];
  for (let u = 0; u < users.rows; u += step) {
    const p = Float64Array.from(users.means.subarray(u * (K + 1), u * (K + 1) + K));
    rowDots(p, factors, K, every, scores);
    for (let i = 0; i < scores.length; i++) scores[i] += biases[i];
    rating += variance(scores);
    rowDots(relevanceOf(byUser, u, history, prior), output, E, every, scores);
    relevance += variance(scores);
  }
  const scale = rating > 0 && relevance > 0 ? Math.sqrt(rating / relevance) : 1;
  return output.map((value) => value * scale);
}

export function variance(values: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] * values[i];
  }
  return squares / values.length - (sum / values.length) ** 2;
}

/** Relevance vector of a training user. */
function relevanceOf(byUser: AnyRows, u: number, history: Float32Array, prior: RelevancePrior): Float64Array {
  const { indices: rows, values: stars } = rowsBetween(byUser, u, u + 1);
  const rated = { rows, stars };
  return relevanceVector({ history, relevanceCount: prior.base.length }, prior, rated);
}

/** Ratings and users whose histories are summed at once. */
const BLOCK_RATINGS = 1 << 20;

/** Relevance vectors of all training users, (U, E). */
export async function userRelevance(
  engine: Engine,
  byUser: AnyRows,
  history: Float32Array,
  prior: RelevancePrior,
): Promise<Float32Array> {
  const E = prior.base.length;
  const S = paddedWidth(E);
  const relevance = new Float32Array(byUser.rows * E);
  const table = engine.tensor((history.length / E) * S, withColumns(history, E, S));
  for (const { from, to } of userBlocks(byUser.offsets, BLOCK_RATINGS)) {
    const own = rowsBetween(byUser, from, to);
    const sums = engine.tensor(own.rows * S);
    engine.multiplySparse(weighedScales(own, prior.history), table, sums, S);
    const histories = await engine.read(sums);
    engine.free(sums);
    for (let u = 0, at = from * E; u < own.rows; u++) {
      const stars = own.values.subarray(own.offsets[u], own.offsets[u + 1]);
      const vector = vectorOfHistory(histories.subarray(u * S, u * S + E), { stars }, prior);
      for (let e = 0; e < E; e++) relevance[at++] = vector[e];
    }
  }
  engine.free(table);
  return relevance;
}

/** How each rating weighs in its user's history: (rows, S · columns), a column for each scale of a movie. */
function weighedScales({ rows, columns, offsets, indices, values }: SparseRows, scales: readonly HistoryWeights[]) {
  const count = scales.length;
  const weighed = {
    rows,
    columns: count * columns,
    offsets: offsets.map((offset) => count * offset),
    indices: new Int32Array(count * indices.length),
    values: new Float32Array(count * values.length),
  };
  for (let k = 0, at = 0; k < indices.length; k++) {
    for (let s = 0; s < count; s++) weighed.indices[at++] = indices[k] * count + s;
  }
  for (let u = 0; u < rows; u++) {
    const stars = values.subarray(offsets[u], offsets[u + 1]);
    weighed.values.set(weightsOfScales(stars, scales), weighed.offsets[u]);
  }
  return weighed;
}
