import { type SparseRows, transpose } from '../../../trainer/math/sparse.ts';
import { mulberry } from '../../fixtures/random.ts';

/** Shapes of well-known sets: users, movies, ratings. */
export const SHAPES = {
  'ml-100k': [943, 1_682, 100_000],
  'ml-1m': [6_040, 3_706, 1_000_209],
  'ml-10m': [69_878, 10_677, 10_000_054],
  'ml-32m': [200_948, 87_585, 32_000_204],
} as const;

/**
 * Ratings of the shape given, users and movies drawn by power laws that put about .3% of all ratings on the best-known
 * movie, as MovieLens does. Pairs may repeat, which costs the same.
 */
export function syntheticRatings(name: keyof typeof SHAPES, seed = 1): { byUser: SparseRows; byMovie: SparseRows } {
  const [U, M, N] = SHAPES[name];
  const uniform = mulberry(seed);
  // Ids are scattered: neighbours in the matrix are no neighbours in popularity.
  const userOf = scattered(U, uniform);
  const movieOf = scattered(M, uniform);
  const offsets = new Int32Array(U + 1);
  for (let k = 0; k < N; k++) offsets[userOf[Math.floor(U * uniform() ** 1.5)] + 1]++;
  for (let u = 0; u < U; u++) offsets[u + 1] += offsets[u];
  const indices = new Int32Array(N);
  const values = new Float32Array(N);
  for (let k = 0; k < N; k++) {
    indices[k] = movieOf[Math.floor(M * uniform() ** 1.6)];
    values[k] = Math.ceil(uniform() * 10) / 2 - 3;
  }
  const byUser = { rows: U, columns: M, offsets, indices, values };
  return { byUser, byMovie: transpose(byUser) };
}

function scattered(count: number, uniform: () => number): Int32Array {
  const name = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [name[i], name[j]] = [name[j], name[i]];
  }
  return name;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
