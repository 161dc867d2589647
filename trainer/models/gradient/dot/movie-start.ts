import { factorSymmetric, solveFactored } from '../../../../shared/math/linalg.ts';
import type { MovieFeatures } from '../../movie-features.ts';

/** Where a movie starts that nobody rated: the average of the others, and what its genres and year add to that. */
export interface MovieStart {
  readonly average: Float64Array; // (D)
  readonly kinds: Float64Array; // (P, D)
}

/** Movies' worth of evidence that a kind is like all others. */
const RIDGE = 10;

/**
 * Least squares, with a ridge, of the trained movies on their features: W = (XᵀX + ridge I)⁻¹ Xᵀ (movies − average).
 * Movies that no step has seen still are what was drawn for them: they are set to where a movie starts, in place.
 *
 * @param movies rows of D = K + 1, the bias last
 * @param counts training ratings of each, (M)
 */
export function startMovies(movies: Float64Array, counts: Int32Array, features: MovieFeatures): MovieStart {
  const D = movies.length / counts.length;
  const P = features.count;
  const featuresOf = (m: number) => features.values.subarray(m * P, (m + 1) * P);
  const [seen, unseen] = [true, false].map((wanted) => [...counts.keys()].filter((m) => counts[m] > 0 === wanted));
  const average = new Float64Array(D);
  for (const m of seen) for (let x = 0; x < D; x++) average[x] += movies[m * D + x] / seen.length;
  const normal = new Float64Array(P * P);
  const right = Array.from({ length: D }, () => new Float64Array(P));
  for (let p = 0; p < P; p++) normal[p * P + p] = RIDGE;
  for (const m of seen) {
    const own = featuresOf(m);
    own.forEach((value, p) => {
      if (value === 0) return;
      for (let q = 0; q < P; q++) normal[p * P + q] += value * own[q];
      for (let x = 0; x < D; x++) right[x][p] += value * (movies[m * D + x] - average[x]);
    });
  }
  factorSymmetric(normal, P);
  const kinds = new Float64Array(P * D);
  right.forEach((column, x) => {
    solveFactored(normal, column, P);
    for (let p = 0; p < P; p++) kinds[p * D + x] = column[p];
  });
  for (const m of unseen) {
    const row = movies.subarray(m * D, (m + 1) * D);
    row.set(average);
    featuresOf(m).forEach((value, p) => {
      for (let x = 0; x < D; x++) row[x] += value * kinds[p * D + x];
    });
  }
  return { average, kinds };
}
