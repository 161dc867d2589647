import { type WeightedSum, weightedSum } from '../../shared/math/weighted-sum.ts';
import type { LeastSquares } from '../../shared/model/posterior.ts';
import type { RatedSums } from '../../shared/model/score.ts';
import type { JoinedVectors } from './joined-vectors.ts';

/**
 * The sums over rated movies of which some stand beside the version: those in plain loops, as they are few.
 *
 * @param ownSums the sums over rows of the version
 */
export function joinedSums(
  { films, first }: JoinedVectors,
  rows: Int32Array,
  ownSums: (rows: Int32Array) => RatedSums,
): RatedSums {
  const places = [...rows.keys()];
  const [own, beside] = [places.filter((j) => rows[j] < first), places.filter((j) => rows[j] >= first)];
  const sums = ownSums(Int32Array.from(own, (j) => rows[j]));
  if (beside.length === 0) return sums;
  const filmRows = Int32Array.from(beside, (j) => rows[j] - first);
  const { factorCount: K, relevanceCount: E, scaleCount: S } = films;
  const both =
    (ofOwn: WeightedSum, ofFilms: WeightedSum, parts = 1): WeightedSum =>
    (weights) => {
      const sum = ofOwn(picked(weights, own, parts));
      const others = ofFilms(picked(weights, beside, parts));
      return sum.map((value, x) => value + others[x]);
    };
  return {
    priors: both(sums.priors, weightedSum(films.priors, K + 1, filmRows)),
    factorVariances: both(sums.factorVariances, weightedSum(films.factorVariances, K, filmRows)),
    history: both(sums.history, weightedSum(films.history, E, filmRows, S), S),
    solve({ normal, rhs, weights, targets }) {
      const [ofFilms, ofOwn] = [beside, own].map((places) => ({
        normal,
        rhs,
        weights: picked(weights, places),
        targets: picked(targets, places),
      }));
      addObservations(films.factors, filmRows, ofFilms);
      return sums.solve(ofOwn);
    },
  };
}

/** The numbers of some ratings, `parts` of each. */
function picked(values: Float64Array, places: readonly number[], parts = 1): Float64Array {
  const out = new Float64Array(places.length * parts);
  for (const [at, j] of places.entries()) out.set(values.subarray(j * parts, (j + 1) * parts), at * parts);
  return out;
}

/** Adds Σ w f fᵀ to the lower triangle of `normal` and Σ w z f to `rhs`, f = [q, 1]. @param factors (A, K) */
function addObservations(factors: Float32Array, rows: Int32Array, { normal, rhs, weights, targets }: LeastSquares) {
  const D = rhs.length;
  const K = D - 1;
  rows.forEach((row, j) => {
    const f = [...factors.subarray(row * K, (row + 1) * K), 1];
    for (let x = 0; x < D; x++) {
      rhs[x] += weights[j] * targets[j] * f[x];
      for (let y = 0; y <= x; y++) normal[x * D + y] += weights[j] * f[x] * f[y];
    }
  });
}
