import type { RelevancePrior } from '../../shared/model/model.ts';
import type { ArtifactColumns } from '../artifact/artifact.ts';
import type { MovieColumns, UserColumns } from '../artifact/columns.ts';
import type { Movie } from '../data/dataset.ts';
import type { RatingMatrix } from '../data/rating-matrix.ts';
import type { Engine } from '../engines/engine.ts';
import type { FloatArray } from '../math/dense.ts';
import type { Factorization, Side } from '../models/learned.ts';
import { genresOf } from '../models/movie-features.ts';
import { fitNewcomers, type NewcomerSettings } from '../models/relevance/newcomers.ts';
import type { Relevance } from '../models/relevance/next-watch.ts';
import { withPopularity } from '../models/relevance/popularity.ts';
import { fitSeenMovies } from '../models/relevance/seen-movies.ts';
import { matchScales, userRelevance } from '../models/relevance/user-vectors.ts';

/** From what was learned to the artifact's columns. */
export async function columnsOf(
  engine: Engine,
  matrix: RatingMatrix,
  catalogue: ReadonlyMap<number, Movie>,
  factorization: Factorization,
  learned: Relevance,
  settings: RelevanceSettings,
): Promise<ArtifactColumns> {
  const relevance = withPopularity(matrix.byUser, learned, settings.history);
  const movies = movieColumns(matrix, catalogue, factorization, relevance);
  const { history, strangerDecay: newcomerDecay } = settings;
  const newcomers = await fitNewcomers(engine, matrix.byUser, relevance, settings);
  const prior: RelevancePrior = { history, base: relevance.base, ...newcomers, newcomerDecay };
  matchScales(matrix, factorization, movies, prior);
  const seen = fitSeenMovies(matrix.byUser, movies.ratingCounts);
  return {
    movies,
    users: userColumns(matrix, factorization, await userRelevance(engine, matrix.byUser, movies, prior)),
    posterior: {
      scalars: {
        tau: factorization.tau,
        mean: factorization.mean,
        ...history,
        strangerDecay: newcomerDecay,
      },
      precision: factorization.userPrecision,
      constants: new Float64Array(
        factorization.userPriorWeights.subarray(matrix.movieIds.length * (factorization.factors + 1)),
      ),
      base: prior.base,
      ...newcomers,
      newMovie: factorization.newMovie,
      movieKinds: { genres: genresOf(catalogue), weights: factorization.movieKinds },
      seen: { ...seen, movieIds: seen.rows.map((row) => matrix.movieIds[row]) },
    },
  };
}

/** What folding somebody in takes from the options. */
export interface RelevanceSettings extends NewcomerSettings {
  readonly strangerDecay: number;
}

function movieColumns(
  { movieIds, byMovie }: RatingMatrix,
  catalogue: ReadonlyMap<number, Movie>,
  { factors: K, movies, userPriorWeights }: Factorization,
  relevance: Relevance,
): MovieColumns {
  const M = movieIds.length;
  const about = Array.from(movieIds, (movieId) => catalogue.get(movieId));
  const ratingCounts = Int32Array.from({ length: M }, (_, row) => byMovie.offsets[row + 1] - byMovie.offsets[row]);
  const ratingMeans = new Float32Array(M);
  for (let row = 0; row < M; row++) {
    let sum = 0;
    for (let k = byMovie.offsets[row]; k < byMovie.offsets[row + 1]; k++) sum += byMovie.values[k];
    ratingMeans[row] = ratingCounts[row] > 0 ? sum / ratingCounts[row] : 0;
  }
  return {
    movieIds,
    titles: about.map((movie, row) => movie?.title ?? `Movie ${movieIds[row]}`),
    years: Int16Array.from(about, (movie) => movie?.year ?? 0),
    genres: about.map((movie) => movie?.genres ?? []),
    ratingCounts,
    ratingMeans,
    biases: biasesOf(movies, K),
    factors: factorsOf(movies.means, K),
    relevance: relevance.output,
    history: relevance.history,
    priors: new Float32Array(userPriorWeights.subarray(0, M * (K + 1))),
    factorVariances: factorsOf(movies.variances, K),
  };
}

function userColumns(
  { userIds, movieIds, byUser }: RatingMatrix,
  { factors: K, users }: Factorization,
  relevance: Float32Array,
): UserColumns {
  const ratedMovieIds = new Int32Array(byUser.indices.length);
  const ratedHalfStars = new Uint8Array(byUser.indices.length);
  for (let k = 0; k < byUser.indices.length; k++) {
    ratedMovieIds[k] = movieIds[byUser.indices[k]];
    ratedHalfStars[k] = byUser.values[k] * 2;
  }
  return {
    userIds,
    biases: biasesOf(users, K),
    factors: factorsOf(users.means, K),
    relevance,
    ratedOffsets: byUser.offsets,
    ratedMovieIds,
    ratedHalfStars,
  };
}

/** (R, D) → (R, K): rows without their bias. */
function factorsOf(rows: FloatArray, K: number): Float32Array {
  const R = rows.length / (K + 1);
  const out = new Float32Array(R * K);
  for (let r = 0; r < R; r++) out.set(rows.subarray(r * (K + 1), r * (K + 1) + K), r * K);
  return out;
}

function biasesOf({ rows, means }: Side, K: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => means[row * (K + 1) + K]);
}
