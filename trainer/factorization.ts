import { constantFeatures } from '../shared/posterior.ts';
import type { Engine } from './engines/engine.ts';
import { anchorStrangers, fitLink } from './link.ts';
import type { RatingMatrix, SparseRows } from './matrix.ts';
import { random, STREAMS } from './random.ts';
import { principalAxes, rotateRows, rotateSquare, rotateVariances } from './rotation.ts';
import {
  type MovieFeatures,
  NO_FEATURES,
  readSide,
  type Side,
  startSide,
  unpadRows,
  unpadSquare,
  type Working,
} from './side.ts';

/** What the variational factorisation is told; defaults in `trainer/options.ts`. */
export interface FactorizationOptions {
  readonly factors: number; // K
  readonly sweeps: number;
  readonly seed: number;
  /** Ridge of the link from implicit features to users' priors, and to movies'. */
  readonly userRidge: number;
  readonly movieRidge: number;
  /** Conjugate gradient steps on each link a sweep, warm-started. */
  readonly linkSteps: number;
  /** Whole posterior covariances (better on small data), or their diagonals. */
  readonly fullCovariance?: boolean;
  /** τ to start from, and the first sweep after which it is learned; more than `sweeps` keeps it. */
  readonly tau: number;
  readonly learnTauFrom: number;
}

export interface Factorization {
  readonly factors: number; // K
  /** μ, stars. */
  readonly mean: number;
  readonly tau: number;
  readonly users: Side;
  readonly movies: Side;
  /** Λ of the users. */
  readonly userPrecision: Float64Array; // (D, D)
  /** Link of the users: a prior vector for each movie, then the three constants. */
  readonly userLink: Float64Array; // (M + 3, D)
  /** Prior mean of a movie that the data know nothing of. */
  readonly newMovie: Float64Array; // (D)
}

export interface SweepReport {
  readonly sweep: number;
  readonly sweeps: number;
  readonly tau: number;
}

const INIT_DEVIATION = 0.1;
const BIAS_DAMPING = 5;

/**
 * Variational matrix factorisation with implicit-feedback priors (DESIGN §4): a Gaussian posterior for every row of both
 * sides, updated alternately in closed form (Lim & Teh, "Variational Bayesian approach to movie rating prediction", KDD
 * Cup 2007), where each row's prior mean is a ridge regression on what the row rated (the implicit part of Koren's SVD++,
 * KDD 2008, for users and movies alike).
 *
 * Before it returns, factors are turned to their principal axes and the users are solved once more, so that a stored user
 * vector is what `inferUser` of shared/ answers for the same ratings.
 */
export async function factorize(
  engine: Engine,
  matrix: RatingMatrix,
  movieFeatures: MovieFeatures,
  options: FactorizationOptions,
  onSweep: (report: SweepReport) => void = () => {},
): Promise<Factorization> {
  const K = options.factors;
  const S = Math.ceil((K + 1) / 8) * 8;
  const mean = average(matrix.byUser.values);
  const centred = (rows: SparseRows): SparseRows => ({ ...rows, values: rows.values.map((stars) => stars - mean) });
  const byUser = engine.sparse(centred(matrix.byUser));
  const byMovie = engine.sparse(centred(matrix.byMovie));
  const users = startSide(
    engine,
    matrix.byUser,
    byUser,
    byMovie,
    S,
    options.userRidge,
    options.fullCovariance,
    NO_FEATURES,
  );
  const movies = startSide(
    engine,
    matrix.byMovie,
    byMovie,
    byUser,
    S,
    options.movieRidge,
    options.fullCovariance,
    movieFeatures,
  );
  engine.write(users.means, initialMeans(matrix.byUser.rows, K, S, options.seed, STREAMS.userFactors));
  const movieMeans = initialMeans(matrix.byMovie.rows, K, S, options.seed, STREAMS.movieFactors);
  for (let r = 0; r < movies.rows; r++) movieMeans[r * S + S - 1] = dampedBias(matrix.byMovie, r, mean);
  engine.write(movies.means, movieMeans);

  let tau = options.tau;
  for (let sweep = 1; sweep <= options.sweeps; sweep++) {
    for (const [side, other] of [
      [users, movies],
      [movies, users],
    ]) {
      engine.solveRows({ ratings: side.ratings, side, other, tau });
      fitLink(engine, side, options.linkSteps);
      if (sweep > 1) engine.priorPrecision(side, side.precision);
    }
    if (sweep >= options.learnTauFrom) {
      tau = byUser.entries / (await engine.expectedSquaredError(byUser, users, movies));
    } else {
      await engine.read(users.precision); // waits for the sweep, so that progress is told when it is made
    }
    onSweep({ sweep, sweeps: options.sweeps, tau });
  }

  await rotate(engine, users, movies, K);
  await anchorStrangers(engine, users, matrix.byUser);
  const diagonal = (side: Working): Working => ({ ...side, covariances: undefined });
  engine.solveRows({ ratings: byUser, side: diagonal(users), other: diagonal(movies), tau });
  const result: Factorization = {
    factors: K,
    mean,
    tau,
    users: await readSide(engine, users, K),
    movies: await readSide(engine, movies, K),
    userPrecision: unpadSquare(await engine.read(users.precision), K, S),
    userLink: unpadRows(await engine.read(users.weights), K, S),
    newMovie: newRow(unpadRows(await engine.read(movies.weights), K, S), matrix.byUser.rows, K),
  };
  for (const side of [users, movies]) {
    const { scale, features } = side.link;
    if (side.covariances) engine.free(side.covariances);
    engine.free(side.means, side.variances, side.priorMeans, side.precision, side.weights, scale, features);
  }
  return result;
}

/** Turns every factor column of both sides, and the users' prior with them; predictions do not change. */
async function rotate(engine: Engine, users: Working, movies: Working, K: number): Promise<void> {
  const S = users.width;
  const [userMeans, movieMeans] = [await engine.read(users.means), await engine.read(movies.means)];
  const axes = principalAxes([userMeans, movieMeans], K, S);
  engine.write(movies.means, rotateRows(movieMeans, axes, K, S));
  for (const side of [users, movies]) {
    engine.write(side.variances, rotateVariances(await engine.read(side.variances), axes, K, S));
    engine.write(side.weights, rotateRows(await engine.read(side.weights), axes, K, S));
    engine.write(side.precision, rotateSquare(await engine.read(side.precision), axes, K, S));
    engine.project(side.link, side.weights, side.priorMeans);
  }
}

function initialMeans(rows: number, K: number, S: number, seed: number, stream: number): Float32Array {
  const source = random(seed, stream);
  const means = new Float32Array(rows * S);
  for (let r = 0; r < rows; r++) for (let x = 0; x < K; x++) means[r * S + x] = INIT_DEVIATION * source.normal();
  return means;
}

function dampedBias(rows: SparseRows, r: number, mean: number): number {
  let sum = 0;
  for (let k = rows.offsets[r]; k < rows.offsets[r + 1]; k++) sum += rows.values[k] - mean;
  return sum / (rows.offsets[r + 1] - rows.offsets[r] + BIAS_DAMPING);
}

function average(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Prior mean of a movie with no ratings and nothing known of it: the constants alone, which stand behind the U users. */
function newRow(weights: Float64Array, U: number, K: number): Float64Array {
  const D = K + 1;
  const constants = weights.subarray(U * D);
  const features = constantFeatures(0);
  return Float64Array.from({ length: D }, (_, x) => features.reduce((sum, f, c) => sum + f * constants[c * D + x], 0));
}
