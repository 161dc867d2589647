import { topK } from '../../../shared/math/topk.ts';
import { gram, orthonormal, times } from '../../math/dense.ts';
import { symmetricEigen } from '../../math/eigen.ts';
import { random, STREAMS } from '../../math/random.ts';
import { type AnyRows, rowsBetween } from '../../math/sparse.ts';

/** Which movies are watched by the same people, as `shared/model/seen-movies.ts` uses it. */
export interface SeenColumns {
  /** Rows of the movies that may be asked about, the most rated ones, ascending. */
  readonly rows: Int32Array; // (C)
  readonly factors: Float32Array; // (C, R)
  readonly noise: Float32Array; // (C)
}

/** Most rated movies that may be asked about. Others are hardly ever known to the person asked. */
const CANDIDATES = 300;

/** Rank R: 8 to 32 ask equally well. */
const FACTORS = 16;

/** Training users that are used. More change nothing. */
const MOST_USERS = 20_000;

/** Steps of the subspace iteration. */
const STEPS = 30;
const LEAST_NOISE = 0.01;

/**
 * Factor analysis of who rated which of the C most rated movies, from the covariance S (C, C) of these zeros and ones:
 * F = V (Λ − σ²)^½ from its R leading eigenpairs, σ² the mean of the other eigenvalues, and noise_i = S_ii − |F_i|², at least
 * 0.01.
 *
 * Source: Tipping & Bishop, "Probabilistic principal component analysis", JRSS B 61, 1999.
 */
export function fitSeenMovies(byUser: AnyRows, ratingCounts: Int32Array): SeenColumns {
  const rows = topK(ratingCounts, CANDIDATES, (row) => ratingCounts[row] > 0).sort();
  const C = rows.length;
  const R = Math.min(FACTORS, C);
  const covariance = coRatings(byUser, rows);
  const { values, vectors } = leadingEigen(covariance, C, R);
  let rest = 0;
  for (let i = 0; i < C; i++) rest += covariance[i * C + i];
  for (const value of values) rest -= value;
  const floor = C > R ? Math.max(0, rest) / (C - R) : 0;
  const factors = new Float32Array(C * R);
  const noise = new Float32Array(C);
  for (let i = 0; i < C; i++) {
    let common = 0;
    for (let r = 0; r < R; r++) {
      const f = vectors[i * R + r] * Math.sqrt(Math.max(0, values[r] - floor));
      factors[i * R + r] = f;
      common += f * f;
    }
    noise[i] = Math.max(LEAST_NOISE, covariance[i * C + i] - common);
  }
  return { rows, factors, noise };
}

/** Covariance over users of having rated each of `rows`, (C, C). */
function coRatings(byUser: AnyRows, rows: Int32Array): Float64Array {
  const C = rows.length;
  const placeOf = new Int32Array(byUser.columns).fill(-1);
  rows.forEach((row, place) => {
    placeOf[row] = place;
  });
  const sums = new Float64Array(C * C);
  const means = new Float64Array(C);
  const rated = new Int32Array(C);
  const step = Math.max(1, byUser.rows / MOST_USERS);
  let users = 0;
  for (let at = 0; at < byUser.rows; at += step, users++) {
    const { indices } = rowsBetween(byUser, Math.floor(at), Math.floor(at) + 1);
    let n = 0;
    for (let k = 0; k < indices.length; k++) if (placeOf[indices[k]] >= 0) rated[n++] = placeOf[indices[k]];
    for (let j = 0; j < n; j++) {
      means[rated[j]]++;
      for (let k = 0, line = rated[j] * C; k < n; k++) sums[line + rated[k]]++;
    }
  }
  for (let a = 0; a < C; a++) {
    for (let b = 0; b < C; b++) sums[a * C + b] = sums[a * C + b] / users - (means[a] * means[b]) / users ** 2;
  }
  return sums;
}

/**
 * The R leading eigenpairs of a symmetric n × n matrix, by subspace iteration and a Rayleigh-Ritz step; vectors (n, R). On the
 * host in float64, unlike `subspace.ts`: the matrix is small, and every engine gives the same bytes.
 */
function leadingEigen(matrix: Float64Array, n: number, R: number): { values: Float64Array; vectors: Float32Array } {
  const { normal } = random(0, STREAMS.subspace);
  let basis = orthonormal(Float64Array.from({ length: n * R }, normal), n, R);
  const image = () => Float64Array.from(times(matrix, basis, n, n, R));
  for (let step = 0; step < STEPS; step++) basis = orthonormal(image(), n, R);
  const { values, vectors } = symmetricEigen(gram(basis, image(), n, R), R);
  return { values, vectors: times(basis, vectors, n, R, R) };
}
