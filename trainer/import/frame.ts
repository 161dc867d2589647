import { principalAxes, rotateRows, secondMoment } from '../models/variational/principal-axes.ts';

/**
 * How vectors are written anew: users around their average, whose share goes into the movies' biases, and both sides
 * turned to their principal axes. No score changes:
 *   μ₀ + b_u + b_i + p_u · q_i = μ + (b_u − b̄) + (b_i + p̄ · q_i + b̄ + μ₀ − μ) + (p_u − p̄) · q_i
 */
export interface Frame {
  readonly movies: Float64Array; // (M, D)
  /** μ */
  readonly mean: number;
  /** A user's vector, (D). */
  user(bias: number, factors: Float32Array): Float64Array;
}

/**
 * @param movies (M, D), the bias last
 * @param known 1 for movies that have a vector, (M)
 * @param users some users that stand for all, (n, D)
 * @param given μ₀, what the system adds to its scores
 * @param wanted μ; without it, the average movie's bias is 0
 */
export function frameOf(
  movies: Float64Array,
  known: Int32Array,
  users: Float64Array,
  { given, wanted }: { given: number; wanted?: number },
): Frame {
  const D = movies.length / known.length;
  const K = D - 1;
  const n = users.length / D;
  const average = new Float64Array(D);
  for (let at = 0; at < users.length; at++) average[at % D] += users[at] / n;
  const centred = users.map((value, at) => value - average[at % D]);
  const rows = known.reduce((sum, one) => sum + one, 0);
  const offset = (m: number) => {
    let sum = given + average[K] + movies[m * D + K];
    for (let x = 0; x < K; x++) sum += average[x] * movies[m * D + x];
    return sum;
  };
  const mean = wanted ?? known.reduce((sum, one, m) => sum + (one ? offset(m) / rows : 0), 0);
  const own = movies.slice();
  known.forEach((one, m) => {
    if (one) own[m * D + K] = offset(m) - mean;
  });
  const axes = principalAxes([secondMoment(centred, K, D), secondMoment(own, K, D)], K);
  return {
    movies: rotateRows(own, axes, K, D),
    mean,
    user(bias, factors) {
      const row = new Float64Array(D);
      row[K] = bias - average[K];
      for (let x = 0, at = 0; x < K; x++) {
        const value = factors[x] - average[x];
        for (let a = 0; a < K; a++, at++) row[a] += value * axes[at];
      }
      return row;
    },
  };
}
