import { historyWeights, relevanceVector, vectorOfHistory } from '../../shared/model/history.ts';
import type { HistoryWeights, RelevancePrior } from '../../shared/model/model.ts';
import type { ArtifactTables } from '../artifact/artifact.ts';
import type { MovieColumns, UserColumns } from '../artifact/encode.ts';
import type { Movie } from '../data/dataset.ts';
import { type RatingMatrix, rowsBetween, type SparseRows } from '../data/rating-matrix.ts';
import type { Engine } from '../engines/engine.ts';
import { userBlocks } from '../engines/history-moments.ts';
import { type Numbers, rowDots, withColumns } from '../math/dense.ts';
import { genresOf } from '../models/movie-features.ts';
import { fitStrangers, type StrangerOptions, withPopularity } from '../models/relevance/newcomers.ts';
import type { Relevance } from '../models/relevance/next-watch.ts';
import { fitSeen } from '../models/relevance/seen-movies.ts';
import type { Factorization } from '../models/variational/factorize.ts';
import type { Side } from '../models/variational/side.ts';

/** From what was learned to the artifact's columns. */
export async function tablesOf(
  engine: Engine,
  matrix: RatingMatrix,
  catalogue: ReadonlyMap<number, Movie>,
  factorization: Factorization,
  learned: Relevance,
  settings: RelevanceSettings,
): Promise<ArtifactTables> {
  const relevance = withPopularity(matrix.byUser, learned, settings.history);
  const movies = movieColumns(matrix, catalogue, factorization, relevance);
  const { history, strangerDecay } = settings;
  const strangers = await fitStrangers(engine, matrix.byUser, relevance, settings);
  const prior: RelevancePrior = { history, base: relevance.base, ...strangers, strangerDecay };
  matchScales(matrix, factorization, movies, prior);
  const seen = fitSeen(matrix.byUser, movies.ratingCounts);
  return {
    movies,
    users: userColumns(matrix, factorization, await userRelevance(engine, matrix.byUser, movies, prior)),
    posterior: {
      scalars: {
        tau: factorization.tau,
        mean: factorization.mean,
        ...history,
        strangerDecay,
      },
      precision: factorization.userPrecision,
      constants: new Float64Array(
        factorization.userLink.subarray(matrix.movieIds.length * (factorization.factors + 1)),
      ),
      base: prior.base,
      ...strangers,
      newMovie: factorization.newMovie,
      movieKinds: { genres: genresOf(catalogue), weights: factorization.movieKinds },
      seen: { ...seen, movieIds: seen.rows.map((row) => matrix.movieIds[row]) },
    },
  };
}

/** What folding somebody in takes from the options. */
export interface RelevanceSettings extends StrangerOptions {
  readonly strangerDecay: number;
}

/** Users over whom the two blocks' scales are compared. */
const SCALE_USERS = 64;

/**
 * Scales the relevance output vectors in place so that over movies both blocks' scores vary as much, for the average
 * user: a blend of a half then means a half.
 */
function matchScales(
  { byUser }: RatingMatrix,
  { factors: K, users }: Factorization,
  movies: MovieColumns,
  prior: RelevancePrior,
): void {
  const E = prior.base.length;
  const every = Int32Array.from(movies.movieIds.keys());
  const scores = new Float64Array(every.length);
  const step = Math.max(1, Math.floor(users.rows / SCALE_USERS));
  let [rating, relevance] = [0, 0];
  for (let u = 0; u < users.rows; u += step) {
    const p = Float64Array.from(users.means.subarray(u * (K + 1), u * (K + 1) + K));
    rowDots(p, movies.factors, K, every, scores);
    for (let i = 0; i < scores.length; i++) scores[i] += movies.biases[i];
    rating += variance(scores);
    rowDots(relevanceOf(byUser, u, movies.history, prior), movies.relevance, E, every, scores);
    relevance += variance(scores);
  }
  const scale = rating > 0 && relevance > 0 ? Math.sqrt(rating / relevance) : 1;
  for (let at = 0; at < movies.relevance.length; at++) movies.relevance[at] *= scale;
}

function variance(values: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] * values[i];
  }
  return squares / values.length - (sum / values.length) ** 2;
}

/** Relevance vector of a training user. */
function relevanceOf(byUser: SparseRows, u: number, history: Float32Array, prior: RelevancePrior): Float64Array {
  const [from, to] = [byUser.offsets[u], byUser.offsets[u + 1]];
  const rated = { rows: byUser.indices.subarray(from, to), stars: byUser.values.subarray(from, to) };
  return relevanceVector({ history, relevanceCount: prior.base.length }, prior, rated);
}

/** Ratings and users whose histories are summed at once. */
const BLOCK_RATINGS = 1 << 20;

/** Relevance vectors of all training users, (U, E). */
async function userRelevance(
  engine: Engine,
  byUser: SparseRows,
  { history }: MovieColumns,
  prior: RelevancePrior,
): Promise<Float32Array> {
  const E = prior.base.length;
  const S = Math.ceil(E / 8) * 8;
  const relevance = new Float32Array(byUser.rows * E);
  const table = engine.tensor(byUser.columns * S, withColumns(history, E, S));
  const blocks = userBlocks(byUser.offsets, BLOCK_RATINGS).map(({ from, to }) => ({
    from,
    own: rowsBetween(byUser, from, to),
  }));
  const weights = new Float32Array(blocks.reduce((most, { own }) => Math.max(most, own.values.length), 0));
  for (const { from, own } of blocks) {
    const sums = engine.tensor(own.rows * S);
    writeWeights(own, prior.history, weights);
    engine.multiplySparse({ ...own, values: weights.subarray(0, own.values.length) }, table, sums, S);
    const histories = await engine.read(sums);
    engine.free(sums);
    for (let u = 0, at = from * E; u < own.rows; u++) {
      const n = own.offsets[u + 1] - own.offsets[u];
      const vector = vectorOfHistory(histories.subarray(u * S, u * S + E), n, prior);
      for (let e = 0; e < E; e++) relevance[at++] = vector[e];
    }
  }
  engine.free(table);
  return relevance;
}

/** Writes how each rating weighs in its user's history. */
function writeWeights({ rows, offsets, values }: SparseRows, weights: HistoryWeights, out: Float32Array): void {
  for (let u = 0; u < rows; u++) {
    const first = offsets[u];
    const own = historyWeights(values.subarray(first, offsets[u + 1]), weights);
    for (let j = 0; j < own.length; j++) out[first + j] = own[j];
  }
}

function movieColumns(
  { movieIds, byMovie }: RatingMatrix,
  catalogue: ReadonlyMap<number, Movie>,
  { factors: K, movies, userLink }: Factorization,
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
    priors: new Float32Array(userLink.subarray(0, M * (K + 1))),
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
function factorsOf(rows: Numbers, K: number): Float32Array {
  const R = rows.length / (K + 1);
  const out = new Float32Array(R * K);
  for (let r = 0; r < R; r++) out.set(rows.subarray(r * (K + 1), r * (K + 1) + K), r * K);
  return out;
}

function biasesOf({ rows, means }: Side, K: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => means[row * (K + 1) + K]);
}
