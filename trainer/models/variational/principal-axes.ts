import type { Engine, Tensor } from '../../engines/engine.ts';
import { symmetricEigen } from '../../math/eigen.ts';
import { unpadRows, type WorkingSide } from './side.ts';

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
function turnOf(axes: Float64Array, K: number, S: number): Float64Array {
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

/**
 * Turns every factor column of both sides, and the users' prior with them; predictions do not change. Of the movies' link
 * only what the constants and features add is turned: nothing else of it is kept.
 *
 * @returns both sides, some of whose tensors are new and the old ones freed, and that part, (3 + P, D)
 */
export async function rotateSides(
  engine: Engine,
  users: WorkingSide,
  movies: WorkingSide,
  K: number,
): Promise<{ users: WorkingSide; movies: WorkingSide; movieLink: Float64Array }> {
  const S = users.width;
  const axes = principalAxes([await factorMoment(engine, users, K), await factorMoment(engine, movies, K)], K);
  const turn = turnOf(axes, K, S);
  const [turning, squares] = [
    engine.tensor(S * S, turn),
    engine.tensor(
      S * S,
      turn.map((value) => value * value),
    ),
  ];
  const turned = (rows: Tensor, by: Tensor): Tensor => {
    const out = engine.tensor(rows.length);
    engine.multiply(rows, by, out, rows.length / S, S, S, false);
    engine.free(rows);
    return out;
  };
  const result = {
    users: { ...users, means: turned(users.means, turning), weights: turned(users.weights, turning) },
    // Diagonals of covariances that were diagonal before the turn: v′_a = Σ_x R_xa² v_x.
    movies: { ...movies, means: turned(movies.means, turning), variances: turned(movies.variances, squares) },
  };
  engine.free(turning, squares);
  engine.write(users.precision, rotateSquare(await engine.read(users.precision), axes, K, S));
  engine.project(users.implicitPrior, result.users.weights, users.priorMeans);
  const features = (await engine.read(movies.weights)).subarray(users.rows * S);
  return { ...result, movieLink: unpadRows(rotateRows(features, axes, K, S), K, S) };
}

/** Σ f fᵀ over a side's factors, (K, K). */
async function factorMoment(engine: Engine, { rows, width: S, means }: WorkingSide, K: number): Promise<Float64Array> {
  const product = engine.tensor(S * S);
  engine.multiply(means, means, product, S, rows, S, true);
  const values = await engine.read(product);
  engine.free(product);
  // Symmetric to the bit, as its eigenvectors want it.
  return Float64Array.from({ length: K * K }, (_, at) => {
    const [x, y] = [Math.floor(at / K), at % K];
    return values[Math.max(x, y) * S + Math.min(x, y)];
  });
}
