import type { Engine, Tensor } from '../../engines/engine.ts';
import { symmetricEigen } from '../../math/eigen.ts';
import { unpadRows, type WorkingSide } from './side.ts';

/**
 * Principal axes of the factors of both sides together, (K, K): column a is axis a, the one of most energy first. Each side is
 * scaled to energy 1, so that the larger side does not decide alone. The largest component of an axis is positive, so that the
 * answer is unique.
 *
 * @param moments Σ f fᵀ over the rows of each side, (K, K)
 */
export function principalAxes(moments: readonly Float64Array[], K: number): Float64Array {
  const moment = new Float64Array(K * K);
  for (const side of moments) {
    let energy = 0;
    for (let x = 0; x < K; x++) energy += side[x * K + x];
    if (energy > 0) for (let at = 0; at < side.length; at++) moment[at] += side[at] / energy;
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

/** Rows (·, S) whose first K slots are multiplied by the axes; the others stay. */
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

/** R (S, S), which rotates a row f to f R: the axes in the first K slots, the identity in the others. */
function rotationOf(axes: Float64Array, K: number, S: number): Float64Array {
  const rotation = new Float64Array(S * S);
  for (let x = 0; x < S; x++) {
    if (x < K) rotation.set(axes.subarray(x * K, (x + 1) * K), x * S);
    else rotation[x * (S + 1)] = 1;
  }
  return rotation;
}

/** RᵀAR for A (S, S) and the R of `rotationOf`. */
export function rotateSquare(square: ArrayLike<number>, axes: Float64Array, K: number, S: number): Float64Array {
  const half = rotateRows(square, axes, K, S);
  const transposed = Float64Array.from({ length: S * S }, (_, at) => half[(at % S) * S + Math.floor(at / S)]);
  return rotateRows(transposed, axes, K, S);
}

/**
 * Rotates the factors of both sides to their principal axes, and the users' prior with them. Predictions do not change. Of the
 * movies' implicit prior only the weights of the constants and features are rotated, since nothing else of it is kept.
 *
 * @returns both sides, with some new tensors for which old ones were freed, and those weights, (3 + P, D)
 */
export async function rotateSides(
  engine: Engine,
  users: WorkingSide,
  movies: WorkingSide,
  K: number,
): Promise<{ users: WorkingSide; movies: WorkingSide; movieWeights: Float64Array }> {
  const S = users.width;
  const axes = principalAxes([await factorMoment(engine, users, K), await factorMoment(engine, movies, K)], K);
  const values = rotationOf(axes, K, S);
  const rotation = engine.tensor(S * S, values);
  const squares = engine.tensor(
    S * S,
    values.map((value) => value * value),
  );
  const rotated = (rows: Tensor, by: Tensor): Tensor => {
    const out = engine.tensor(rows.length);
    engine.multiply(rows, by, out, rows.length / S, S, S, false);
    engine.free(rows);
    return out;
  };
  const result = {
    users: { ...users, means: rotated(users.means, rotation), weights: rotated(users.weights, rotation) },
    // Diagonals of covariances that were diagonal before the rotation: v′_a = Σ_x R_xa² v_x.
    movies: { ...movies, means: rotated(movies.means, rotation), variances: rotated(movies.variances, squares) },
  };
  engine.free(rotation, squares);
  engine.write(users.precision, rotateSquare(await engine.read(users.precision), axes, K, S));
  engine.project(users.implicitPrior, result.users.weights, users.priorMeans);
  const features = (await engine.read(movies.weights)).subarray(users.rows * S);
  return { ...result, movieWeights: unpadRows(rotateRows(features, axes, K, S), K, S) };
}

/** Σ f fᵀ over a side's factors, (K, K). */
async function factorMoment(engine: Engine, { rows, width: S, means }: WorkingSide, K: number): Promise<Float64Array> {
  const product = engine.tensor(S * S);
  engine.multiply(means, means, product, S, rows, S, true);
  const values = await engine.read(product);
  engine.free(product);
  // Exactly symmetric, as `symmetricEigen` needs it.
  return Float64Array.from({ length: K * K }, (_, at) => {
    const [x, y] = [Math.floor(at / K), at % K];
    return values[Math.max(x, y) * S + Math.min(x, y)];
  });
}
