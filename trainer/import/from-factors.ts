import { factorSymmetric, solveFactored } from '../../shared/math/linalg.ts';
import type { RelevancePrior } from '../../shared/model/model.ts';
import { historySettings, type RelevanceSettings } from '../models/relevance/settings.ts';
import type { LearnedMovies } from '../train/columns.ts';

/** Likes from which taste is read half as surely as it can be. */
const LIKES = 20;

/** What a like says, in stars above what was expected. */
const LIKE = 1;

/**
 * The relevance block where nobody's ratings are known: lists are by the predicted rating. D = K + 1 numbers:
 *   output_i = [q_i, b_i],   a user of the table has [p_u, 1]
 * and each film j that somebody likes adds the mean of a posterior to [0, 1], as if all films were alike:
 *   history_j = (Λ + τ n Q)⁻¹ τ q_j √n · LIKE,   Q = average q qᵀ, n = LIKES
 */
export function relevanceFromFactors(
  { factors: K, tau, userPrecision, movies }: LearnedMovies,
  settings: RelevanceSettings,
): { output: Float32Array; history: Float32Array; prior: RelevancePrior } {
  const D = K + 1;
  const M = movies.rows;
  const normal = new Float64Array(K * K);
  for (let m = 0; m < M; m++) {
    for (let x = 0; x < K; x++) {
      for (let y = 0; y < K; y++)
        normal[x * K + y] += ((tau * LIKES) / M) * movies.means[m * D + x] * movies.means[m * D + y];
    }
  }
  for (let x = 0; x < K; x++) for (let y = 0; y < K; y++) normal[x * K + y] += userPrecision[x * D + y];
  factorSymmetric(normal, K);
  const history = new Float32Array(M * D);
  for (let m = 0; m < M; m++) {
    const step = Float64Array.from(movies.means.subarray(m * D, m * D + K), (q) => tau * q * Math.sqrt(LIKES) * LIKE);
    solveFactored(normal, step, K);
    history.set(step, m * D);
  }
  const constant = Float32Array.from({ length: D }, (_, x) => Number(x === K));
  const newcomer = new Float32Array((D + 1) * D);
  for (let x = 0; x < K; x++) newcomer[x * (D + 1)] = 1;
  newcomer.set(constant, D * D);
  const scale = historySettings(settings);
  return {
    output: Float32Array.from(movies.means),
    history,
    prior: {
      history: [scale],
      base: constant,
      newcomer,
      newcomerDecay: settings.strangerDecay,
      newcomerShares: { later: constant, laterShares: Float64Array.of(0), tasteShares: Float64Array.of(1) },
    },
  };
}
