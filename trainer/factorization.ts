import { cholesky, solveLower, solveLowerTransposed } from '../shared/linalg.ts';
import { constantFeatures, implicitWeight } from '../shared/posterior.ts';
import {
  covarianceLength,
  type Engine,
  type Link,
  type SideTensors,
  type Sparse,
  type Tensor,
} from './engines/engine.ts';
import type { RatingMatrix, SparseRows } from './matrix.ts';
import { random, STREAMS } from './random.ts';
import { principalAxes, rotateRows, rotateSquare, rotateVariances } from './rotation.ts';

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
  /** τ to start from, and the first sweep after which it is learned; Infinity keeps it. */
  readonly tau: number;
  readonly learnTauFrom: number;
}

/** One side of a finished factorisation, without padding: rows of D = K + 1, the bias last. */
export interface Side {
  readonly rows: number;
  readonly means: Float64Array; // (R, D)
  readonly variances: Float64Array; // (R, D)
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
  /** Prior mean of a movie that nobody rated. */
  readonly newMovie: Float64Array; // (D)
}

export interface SweepReport {
  readonly sweep: number;
  readonly sweeps: number;
  readonly tau: number;
}

/** What is known of the movies besides ratings, (M, count): dense columns beside the constants in their prior. */
export interface MovieFeatures {
  readonly count: number;
  readonly values: Float32Array; // (M, count)
}

export const NO_FEATURES: MovieFeatures = { count: 0, values: new Float32Array(0) };

/** Constant features of every row (`constantFeatures`). */
const CONSTANTS = 3;

/** Working state of one side on the engine. */
interface Working extends SideTensors {
  readonly ratings: Sparse; // (R, C)
  readonly link: Link;
  readonly weights: Tensor; // (C + P, S)
  readonly ridge: number;
}

const INIT_DEVIATION = 0.1;
const INIT_VARIANCE = 0.001;
const INIT_PRECISION = 10;
const INIT_BIAS_PRECISION = 3;
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

function startSide(
  engine: Engine,
  rows: SparseRows,
  ratings: Sparse,
  transposed: Sparse,
  S: number,
  ridge: number,
  fullCovariance: boolean | undefined,
  more: MovieFeatures,
): Working {
  const R = rows.rows;
  const P = CONSTANTS + more.count;
  const scale = new Float64Array(R);
  const features = new Float64Array(R * P);
  for (let r = 0; r < R; r++) {
    const n = rows.offsets[r + 1] - rows.offsets[r];
    scale[r] = implicitWeight(n);
    features.set(constantFeatures(n), r * P);
    features.set(more.values.subarray(r * more.count, (r + 1) * more.count), r * P + CONSTANTS);
  }
  const precision = new Float64Array(S * S);
  for (let x = 0; x < S; x++) precision[x * S + x] = x === S - 1 ? INIT_BIAS_PRECISION : INIT_PRECISION;
  return {
    rows: R,
    width: S,
    ratings,
    means: engine.tensor(R * S),
    variances: engine.tensor(R * S, new Float32Array(R * S).fill(INIT_VARIANCE)),
    covariances: fullCovariance ? engine.tensor(R * covarianceLength(S), initialCovariances(R, S)) : undefined,
    priorMeans: engine.tensor(R * S),
    precision: engine.tensor(S * S, precision),
    weights: engine.tensor((rows.columns + P) * S),
    ridge,
    link: {
      pattern: ratings,
      transposed,
      scale: engine.tensor(R, scale),
      features: engine.tensor(R * P, features),
      featureCount: P,
      width: S,
    },
  };
}

/** Warm-started conjugate gradients on (XᵀX + ridge I) W = Xᵀ F, every column at once; then prior means M = X W. */
function fitLink(engine: Engine, side: Working, steps: number): void {
  const { link, ridge, weights, means } = side;
  const length = weights.length;
  const zeros = engine.tensor(length);
  const [residual, direction, image] = [engine.tensor(length), engine.tensor(length), engine.tensor(length)];
  const projected = engine.tensor(side.rows * side.width);
  let [before, after, curvature] = [engine.tensor(side.width), engine.tensor(side.width), engine.tensor(side.width)];
  const apply = (v: Tensor, out: Tensor) => {
    engine.project(link, v, projected);
    engine.backproject(link, projected, ridge, v, out);
  };
  const one = engine.tensor(side.width, new Float32Array(side.width).fill(1));

  apply(weights, image);
  engine.backproject(link, means, 0, zeros, residual);
  engine.columnStep(residual, image, -1, one, one);
  engine.columnStep(direction, residual, 1, one, one);
  engine.columnDots(residual, residual, before);
  for (let step = 0; step < steps; step++) {
    apply(direction, image);
    engine.columnDots(direction, image, curvature);
    engine.columnStep(weights, direction, 1, before, curvature);
    engine.columnStep(residual, image, -1, before, curvature);
    engine.columnDots(residual, residual, after);
    engine.columnTurn(direction, residual, after, before);
    [before, after] = [after, before];
  }
  engine.project(link, weights, side.priorMeans);
  engine.free(zeros, residual, direction, image, projected, before, after, curvature, one);
}

/**
 * Refits the constant part of the users' prior so that somebody with no ratings is the average user. Training saw only
 * users with many, and what it learned of 1/√(1 + n) does not carry to n = 0. The refit is least squares: as before at every
 * training user's n, the average user at 0, each side of equal weight.
 */
async function anchorStrangers(engine: Engine, users: Working, byUser: SparseRows): Promise<void> {
  const { rows: U, width: S, weights, link } = users;
  const first = byUser.columns * S;
  const old = Float64Array.from(await engine.read(weights));
  const means = await engine.read(users.means);
  const average = new Float64Array(S);
  for (let at = 0; at < means.length; at++) average[at % S] += means[at] / U;
  const normal = new Float64Array(CONSTANTS * CONSTANTS);
  for (let u = 0; u < U; u++) {
    addOuter(normal, constantFeatures(byUser.offsets[u + 1] - byUser.offsets[u]), 1);
  }
  const atZero = constantFeatures(0);
  const right = Array.from({ length: S }, (_, x) =>
    Float64Array.from({ length: CONSTANTS }, (_, a) => {
      let sum = U * atZero[a] * average[x];
      for (let b = 0; b < CONSTANTS; b++) sum += normal[a * CONSTANTS + b] * old[first + b * S + x];
      return sum;
    }),
  );
  addOuter(normal, atZero, U);
  for (let a = 0; a < CONSTANTS; a++) normal[a * CONSTANTS + a] += 1e-9 * U; // all users may have rated equally much
  cholesky(normal, CONSTANTS);
  right.forEach((column, x) => {
    solveLower(normal, column, CONSTANTS);
    solveLowerTransposed(normal, column, CONSTANTS);
    for (let a = 0; a < CONSTANTS; a++) old[first + a * S + x] = column[a];
  });
  engine.write(weights, old);
  engine.project(link, weights, users.priorMeans);
}

/** matrix += weight · v vᵀ. */
function addOuter(matrix: Float64Array, v: readonly number[], weight: number): void {
  for (let a = 0; a < v.length; a++)
    for (let b = 0; b < v.length; b++) matrix[a * v.length + b] += weight * v[a] * v[b];
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

function initialCovariances(rows: number, S: number): Float32Array {
  const length = covarianceLength(S);
  const covariances = new Float32Array(rows * length);
  for (let x = 0, at = 0; x < S; at += S - (x & ~3), x++) {
    for (let r = 0; r < rows; r++) covariances[r * length + at + (x & 3)] = INIT_VARIANCE;
  }
  return covariances;
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

async function readSide(engine: Engine, side: Working, K: number): Promise<Side> {
  const S = side.width;
  return {
    rows: side.rows,
    means: unpadRows(await engine.read(side.means), K, S),
    variances: unpadRows(await engine.read(side.variances), K, S),
  };
}

/** (R, S) with padding before the bias → (R, D). */
function unpadRows(padded: ArrayLike<number>, K: number, S: number): Float64Array {
  const D = K + 1;
  const out = new Float64Array((padded.length / S) * D);
  for (let r = 0; r < padded.length / S; r++) {
    for (let x = 0; x < K; x++) out[r * D + x] = padded[r * S + x];
    out[r * D + K] = padded[r * S + S - 1];
  }
  return out;
}

/** (S, S) → (D, D). */
function unpadSquare(padded: ArrayLike<number>, K: number, S: number): Float64Array {
  const slot = (x: number) => (x === K ? S - 1 : x);
  const D = K + 1;
  return Float64Array.from({ length: D * D }, (_, at) => padded[slot(Math.floor(at / D)) * S + slot(at % D)]);
}
