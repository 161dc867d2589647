import type { ErrorSums, SideTensors, Sparse } from '../engine.ts';
import { data, matrixOf } from './tensors.ts';

/** Σ over the entries (r, c, y) of (y − f·g − b_r − b_c)² + v_b + w_b + Σ_x (f_x² w_x + g_x² v_x). */
export async function expectedSquaredError(ratings: Sparse, side: SideTensors, other: SideTensors): Promise<number> {
  const { offsets, indices, values } = matrixOf(ratings);
  const S = side.width;
  const [F, V, G, W] = [side.means, side.variances, other.means, other.variances].map(data);
  let total = 0;
  for (let r = 0; r < side.rows; r++) {
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      const a = r * S;
      const b = indices[k] * S;
      let error = values[k] - F[a + S - 1] - G[b + S - 1];
      let spread = V[a + S - 1] + W[b + S - 1];
      for (let x = 0; x < S - 1; x++) {
        const [f, v, g, w] = [F[a + x], V[a + x], G[b + x], W[b + x]];
        error -= f * g;
        spread += f * f * w + g * g * v;
      }
      total += error * error + spread;
    }
  }
  return total;
}

/** Σ over the entries of squared and of absolute errors, predictions clipped to [low, high]. */
export async function errors(
  ratings: Sparse,
  side: SideTensors,
  other: SideTensors,
  low: number,
  high: number,
): Promise<ErrorSums> {
  const { offsets, indices, values } = matrixOf(ratings);
  const S = side.width;
  const [F, G] = [data(side.means), data(other.means)];
  let [squares, absolutes] = [0, 0];
  for (let r = 0; r < side.rows; r++) {
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      const [a, b] = [r * S, indices[k] * S];
      let prediction = F[a + S - 1] + G[b + S - 1];
      for (let x = 0; x < S - 1; x++) prediction += F[a + x] * G[b + x];
      const error = Math.max(low, Math.min(high, prediction)) - values[k];
      squares += error * error;
      absolutes += Math.abs(error);
    }
  }
  return { squares, absolutes };
}
