import { symmetricEigen } from './eigen.ts';

/**
 * Principal axes of the factors of both sides together, (K, K): column a of the answer is axis a, the most energy
 * first. Each side counts by its share of energy, so that the larger side does not decide alone. Each axis points
 * where its largest component is positive, so that the answer is unique.
 *
 * @param moments of each side: Σ f fᵀ over its rows, (K, K)
 */
export function principalAxes(moments: readonly Float64Array[], K: number): Float64Array {
  const moment = new Float64Array(K * K);
  for (const own of moments) {
    let energy = 0;
    for (let x = 0; x < K; x++) energy += own[x * K + x];
    if (energy > 0) for (let at = 0; at < own.length; at++) moment[at] += own[at] / energy;
  }
  const { vectors } = symmetricEigen(moment, K);
  for (let a = 0; a < K; a++) {
    let peak = 0;
    for (let x = 0; x < K; x++) if (Math.abs(vectors[x * K + a]) > Math.abs(peak)) peak = vectors[x * K + a];
    if (peak < 0) for (let x = 0; x < K; x++) vectors[x * K + a] = -vectors[x * K + a];
  }
  return vectors;
}

/** Σ f fᵀ over rows of width S, factors in the first K slots, (K, K). */
export function secondMoment(rows: ArrayLike<number>, K: number, S: number): Float64Array {
  const moment = new Float64Array(K * K);
  for (let at = 0; at < rows.length; at += S) {
    for (let x = 0; x < K; x++) for (let y = 0; y <= x; y++) moment[x * K + y] += rows[at + x] * rows[at + y];
  }
  for (let x = 0; x < K; x++) for (let y = 0; y < x; y++) moment[y * K + x] = moment[x * K + y];
  return moment;
}

/** Each row's first K slots times the axes; the rest stays. */
export function rotateRows(rows: ArrayLike<number>, axes: Float64Array, K: number, S: number): Float64Array {
  const out = Float64Array.from(rows);
  for (let at = 0; at < rows.length; at += S) {
    out.fill(0, at, at + K);
    for (let x = 0; x < K; x++) {
      const value = rows[at + x];
      for (let a = 0; a < K; a++) out[at + a] += value * axes[x * K + a];
    }
  }
  return out;
}

/** R (S, S), so that f R is the row f turned: the axes in the first K slots, the identity in the others. */
export function turnOf(axes: Float64Array, K: number, S: number): Float64Array {
  const turn = new Float64Array(S * S);
  for (let x = 0; x < S; x++) {
    if (x < K) turn.set(axes.subarray(x * K, (x + 1) * K), x * S);
    else turn[x * (S + 1)] = 1;
  }
  return turn;
}

/** RᵀAR for A (S, S) and the R of `turnOf`. */
export function rotateSquare(square: ArrayLike<number>, axes: Float64Array, K: number, S: number): Float64Array {
  const half = rotateRows(square, axes, K, S);
  const transposed = Float64Array.from({ length: S * S }, (_, at) => half[(at % S) * S + Math.floor(at / S)]);
  return rotateRows(transposed, axes, K, S);
}
