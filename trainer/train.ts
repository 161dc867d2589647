import { relevanceVector } from '../shared/history.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { HistoryWeights, MovieTable, RelevancePrior } from '../shared/model.ts';
import { HALF_STARS, type Scale } from '../shared/rating.ts';
import { FORMAT_VERSION } from '../shared/schema.ts';
import type { MovieColumns, UserColumns } from './arrow.ts';
import { type Artifact, type ArtifactTables, buildArtifact, newVersion } from './artifact.ts';
import type { Dataset, Movie, Ratings } from './dataset.ts';
import type { Engine } from './engines/engine.ts';
import { type Factorization, factorize, type Side } from './factorization.ts';
import { indexRatings, type RatingMatrix } from './matrix.ts';
import { movieFeatures } from './movie-features.ts';
import { DISLIKE_BELOW, LIKE_FROM, relevanceRidges, type TrainingOptions } from './options.ts';
import { fitRelevance, type Relevance } from './relevance.ts';

/** What a training run tells while it works. */
export type TrainingStep =
  | { readonly step: 'rating'; readonly sweep: number; readonly sweeps: number; readonly tau: number }
  | { readonly step: 'relevance' | 'export' };

/**
 * Trains both blocks on all of the ratings given and builds the artifact in memory. Deterministic but for version,
 * `createdAt` and `seconds`: the same seed, data and engine give the same Arrow bytes.
 *
 * @param metrics quality figures to state in the manifest, from `evaluate`
 */
export async function train(
  engine: Engine,
  dataset: Dataset,
  options: TrainingOptions,
  onStep: (step: TrainingStep) => void = () => {},
  metrics: Manifest['metrics'] = {},
): Promise<Artifact> {
  const started = performance.now();
  const matrix = indexRatings(dataset.ratings, dataset.movies);
  const ridges = relevanceRidges(dataset.ratings.count, options);
  const factorization = await factorize(
    engine,
    matrix,
    movieFeatures(matrix.movieIds, dataset.movies),
    options,
    (report) => onStep({ step: 'rating', ...report }),
  );
  onStep({ step: 'relevance' });
  const history = historyWeights(options);
  const relevance = await fitRelevance(engine, matrix.byUser, {
    ...options,
    ...ridges,
    history,
    rows: { first: 5, step: 10, early: [], window: 20, windowShare: 0.25 },
  });
  onStep({ step: 'export' });
  const seconds = (performance.now() - started) / 1000;
  const about: Omit<Manifest, 'files'> = {
    formatVersion: FORMAT_VERSION,
    version: newVersion(),
    createdAt: new Date().toISOString(),
    dataset: describeDataset(dataset, matrix),
    config: { ...options, ...ridges },
    scale: scaleOf(dataset.ratings),
    mean: factorization.mean,
    tau: factorization.tau,
    link: 'identity',
    factors: options.factors,
    relevanceFactors: options.relevanceFactors,
    blend: options.blend,
    metrics,
    engine: engine.name,
    device: engine.device,
    seconds: Math.round(seconds * 1000) / 1000,
  };
  return buildArtifact(about, tablesOf(matrix, dataset.movies, factorization, relevance, history));
}

function historyWeights(options: TrainingOptions): HistoryWeights {
  return {
    decay: options.historyDecay,
    floor: options.historyFloor,
    likeFrom: LIKE_FROM,
    dislikeBelow: DISLIKE_BELOW,
    dislikeWeight: options.dislikeWeight,
  };
}

function describeDataset({ name, ratings, sha256 }: Dataset, matrix: RatingMatrix): Manifest['dataset'] {
  const newest = ratings.timestamps.reduce((latest, time) => Math.max(latest, time), 0);
  return {
    name,
    ratings: ratings.count,
    users: matrix.userIds.length,
    movies: matrix.movieIds.length,
    cutoff: newest > 0 ? new Date(newest * 1000).toISOString() : null,
    sha256,
  };
}

/** The data's own range, on the half-star scale; whole stars where all ratings are whole. */
export function scaleOf({ stars }: Ratings): Scale {
  let [min, max, whole] = [Infinity, -Infinity, true];
  for (const value of stars) {
    if (value < min) min = value;
    if (value > max) max = value;
    if (!Number.isInteger(value)) whole = false;
  }
  return stars.length === 0 ? HALF_STARS : { min, max, step: whole ? 1 : HALF_STARS.step };
}

function tablesOf(
  matrix: RatingMatrix,
  catalogue: ReadonlyMap<number, Movie>,
  factorization: Factorization,
  relevance: Relevance,
  history: HistoryWeights,
): ArtifactTables {
  const movies = movieColumns(matrix, catalogue, factorization, relevance);
  const prior = { history, base: relevance.base };
  return {
    movies,
    users: userColumns(matrix, factorization, movies, prior),
    posterior: {
      scalars: { tau: factorization.tau, mean: factorization.mean, ...history },
      precision: factorization.userPrecision,
      constants: factorization.userLink.slice(matrix.movieIds.length * (factorization.factors + 1)),
      base: relevance.base,
      newMovie: factorization.newMovie,
    },
  };
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
    priors: Float32Array.from(userLink.subarray(0, M * (K + 1))),
    factorVariances: factorsOf(movies.variances, K),
  };
}

function userColumns(
  { userIds, movieIds, byUser }: RatingMatrix,
  { factors: K, users }: Factorization,
  movies: MovieColumns,
  prior: RelevancePrior,
): UserColumns {
  const E = prior.base.length;
  const relevance = new Float32Array(userIds.length * E);
  const table = { history: movies.history, relevanceCount: E } as MovieTable;
  for (let u = 0; u < userIds.length; u++) {
    const [from, to] = [byUser.offsets[u], byUser.offsets[u + 1]];
    const rated = { rows: byUser.indices.subarray(from, to), stars: byUser.values.subarray(from, to) };
    relevance.set(relevanceVector(table, prior, rated), u * E);
  }
  return {
    userIds,
    biases: biasesOf(users, K),
    factors: factorsOf(users.means, K),
    relevance,
    ratedOffsets: byUser.offsets,
    ratedMovieIds: byUser.indices.map((row) => movieIds[row]),
    ratedHalfStars: Uint8Array.from(byUser.values, (stars) => stars * 2),
  };
}

/** (R, D) → (R, K): rows without their bias. */
function factorsOf(rows: Float64Array, K: number): Float32Array {
  const D = K + 1;
  return Float32Array.from({ length: (rows.length / D) * K }, (_, at) => rows[Math.floor(at / K) * D + (at % K)]);
}

function biasesOf({ rows, means }: Side, K: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => means[row * (K + 1) + K]);
}
