import { factorSymmetric, inverseFromCholesky } from '../../shared/math/linalg.ts';
import { HALF_STARS } from '../../shared/ratings/rating.ts';
import { startMovies } from '../models/gradient/dot/movie-start.ts';
import type { Side } from '../models/learned.ts';
import { movieFeatures } from '../models/movie-features.ts';
import { variationalSettings } from '../models/variational/settings.ts';
import { CONSTANTS } from '../models/variational/side.ts';
import type { Imported, Read } from './contract.ts';
import { type Frame, frameOf } from './frame.ts';
import { relevanceFromFactors } from './from-factors.ts';

/** What manifests say of a model that nobody measured. */
export const NOT_MEASURED = 'not measured: the factors are of another system';

/**
 * A model of factors alone. Nobody's ratings are known, so lists are by the predicted rating, τ is where training starts
 * from, Λ is the spread of the users' vectors, and films have no uncertainty of their own.
 */
export function importAlone({ movies, catalogue, mean: given = 0, sample, options }: Read): Imported {
  const { factors: K, movieIds, known } = movies;
  const D = K + 1;
  const frame = frameOf(movies.vectors, known, vectorsOfSample(sample, K), { given });
  const { average, kinds } = startMovies(frame.movies, known, movieFeatures(movieIds, catalogue));
  const learned = {
    factors: K,
    mean: frame.mean,
    tau: variationalSettings.shape.tau.parse(undefined),
    movies: pointsOf(frame.movies, movieIds.length),
    userPrecision: precisionOf(vectorsInFrame(sample, frame, D), D),
    userPriorWeights: new Float64Array((movieIds.length + CONSTANTS) * D),
    newMovie: average,
    movieKinds: kinds,
  };
  const relevance = relevanceFromFactors(learned, options);
  return {
    knows: 'factors alone',
    learned,
    movieRatings: { movieIds, ratingCounts: new Int32Array(known.length), ratingMeans: new Float32Array(known.length) },
    relevance,
    scale: HALF_STARS,
    ratings: 0,
    newest: 0,
    metrics: { protocol: NOT_MEASURED },
    userOf(user) {
      const vector = frame.user(user.bias, user.factors);
      const relevance = vector.slice();
      relevance[K] = 1;
      return { ...user, bias: vector[K], factors: vector.subarray(0, K), relevance };
    },
  };
}

/** Point estimates as a side: no variances. */
export function pointsOf(means: Float64Array, rows: number): Side {
  return { rows, means, variances: new Float64Array(means.length) };
}

/** The sample's vectors as they were read, (n, D). */
export function vectorsOfSample({ users }: Read['sample'], K: number): Float64Array {
  const rows = new Float64Array(users.length * (K + 1));
  users.forEach(({ factors, bias }, u) => {
    rows.set(factors, u * (K + 1));
    rows[u * (K + 1) + K] = bias;
  });
  return rows;
}

/** The same in another frame. */
export function vectorsInFrame({ users }: Read['sample'], frame: Frame, D: number): Float64Array {
  const rows = new Float64Array(users.length * D);
  users.forEach(({ bias, factors }, u) => {
    rows.set(frame.user(bias, factors), u * D);
  });
  return rows;
}

/** Λ = (n + D) (Σ x xᵀ + I)⁻¹ of centred vectors x (n, D). */
function precisionOf(vectors: Float64Array, D: number): Float64Array {
  const n = vectors.length / D;
  const scatter = new Float64Array(D * D);
  for (let x = 0; x < D; x++) scatter[x * (D + 1)] = 1;
  for (let at = 0; at < vectors.length; at += D) {
    for (let x = 0; x < D; x++) for (let y = 0; y < D; y++) scatter[x * D + y] += vectors[at + x] * vectors[at + y];
  }
  factorSymmetric(scatter, D);
  return inverseFromCholesky(scatter, D).map((value) => (n + D) * value);
}
