import { constantFeatures } from '../../../shared/model/posterior.ts';
import type { AnyMatrix } from '../../data/rating-matrix.ts';
import { type Engine, paddedWidth, type Sparse } from '../../engines/engine.ts';
import type { RatingErrors } from '../../math/metrics.ts';
import { random, STREAMS } from '../../math/random.ts';
import { type AnyRows, entriesOf, mapRows, rowBlocks, type SparseRows } from '../../math/sparse.ts';
import { type Factorization, requireFinite } from '../learned.ts';
import { type MovieFeatures, NO_FEATURES } from '../movie-features.ts';
import { anchorNewcomers, fitImplicitPrior, refitMovies } from './implicit-prior.ts';
import { rotateSides } from './principal-axes.ts';
import type { FactorizationOptions } from './settings.ts';
import {
  CONSTANTS,
  freeSide,
  readSide,
  readSideState,
  type SideState,
  startSide,
  unpadRows,
  unpadSquare,
  type WorkingSide,
  withCovariances,
  writeSideState,
} from './side.ts';
import { applyWarmStart, type WarmStart } from './warm-start.ts';

/** What `factorize` returns. */
export interface FittedFactorization extends Factorization {
  /** Errors on the training ratings, predictions clipped to their range: a lower bound of those on other ratings. */
  readonly fit: RatingErrors;
}

export interface SweepReport {
  readonly sweep: number;
  readonly sweeps: number;
  readonly tau: number;
  /** RMSE on the held-out ratings, where there are any. */
  readonly heldOutError?: number;
}

const INIT_DEVIATION = 0.1;
const BIAS_DAMPING = 5;

/** One of so many sweeps is a late one. */
const LATE_SHARE = 5;

/** All that a factorisation needs to go on after a sweep. */
export interface FactorizationState {
  /** Sweeps done. */
  readonly sweep: number;
  readonly tau: number;
  readonly users: SideState;
  readonly movies: SideState;
}

/** Where a factorisation starts, and who hears of its sweeps. */
export interface FactorizationRun {
  /** An earlier model to start from instead of noise. */
  readonly start?: WarmStart;
  /** State of an interrupted run of the same data, options, start and engine, whose result this run then has. */
  readonly resume?: FactorizationState;
  /** Ratings whose error is reported, users × movies, stars. Nothing is learned from them. */
  readonly heldOut?: SparseRows;
  /** Called after every sweep; `state` reads the state. The next sweep waits for a promise. */
  readonly onSweep?: (report: SweepReport, state: () => Promise<FactorizationState>) => void | Promise<void>;
}

/**
 * Variational matrix factorisation with implicit-feedback priors: a Gaussian posterior N(f, Σ) for the vector of every user
 * and movie, updated in turns in closed form (`SolveRows` in engines/engine.ts has the formula).
 *
 *   stars − μ ~ N(f_u · g_m + b_u + b_m, 1/τ),   f_u ~ N(W_uᵀ x_u, Λ_u⁻¹),   g_m ~ N(W_mᵀ x_m, Λ_m⁻¹)
 *
 * x_u says which movies u rated, x_m who rated m and what m is like; W is a ridge regression (`implicit-prior.ts`). τ and Λ are
 * learned too. Before it returns, it rotates the factors to their principal axes and solves the users once more, so that a
 * stored user vector is what `inferUser` (shared/model/posterior.ts) gives for the same ratings.
 *
 * Source: Lim & Teh, "Variational Bayesian approach to movie rating prediction", KDD Cup 2007; for W the implicit part of
 * SVD++ (Koren, "Factorization meets the neighborhood", KDD 2008), for users and movies alike.
 *
 * @throws `training-diverged` when a precision matrix is not positive definite, or a result not finite
 */
export async function factorize(
  engine: Engine,
  matrix: AnyMatrix,
  movieFeatures: MovieFeatures,
  options: FactorizationOptions,
  { start, resume, heldOut, onSweep = () => {} }: FactorizationRun = {},
): Promise<FittedFactorization> {
  const { factors: K, sweeps } = options;
  const mean = average(matrix.byUser);
  const lateFrom = firstLateSweep(options, start !== undefined);
  const wholeFrom = { always: 1, late: lateFrom, never: Number.POSITIVE_INFINITY }[options.covariances ?? 'never'];
  const whole = wholeFrom <= (resume?.sweep ?? 1);
  let [users, movies] = openSides(engine, matrix, movieFeatures, options, whole, mean);
  const bounds = rangeAround(mean, matrix.byUser);
  const watched = heldOut && engine.sparse(centred(heldOut, mean));
  let tau = options.tau;
  if (resume) {
    writeSideState(engine, users, resume.users);
    writeSideState(engine, movies, resume.movies);
    tau = resume.tau;
  } else if (start) {
    await applyWarmStart(engine, users, movies, start, options);
    tau = start.tau;
  }
  for (let sweep = (resume?.sweep ?? 0) + 1; sweep <= sweeps; sweep++) {
    if (sweep === lateFrom && !start) refitMovies(engine, movies, options);
    if (sweep === wholeFrom && !users.covariances) {
      [users, movies] = [await withCovariances(engine, users), await withCovariances(engine, movies)];
    }
    const learnPrecision = sweep > 1 || start !== undefined;
    halfSweep(engine, users, movies, tau, options, learnPrecision);
    halfSweep(engine, movies, users, tau, options, learnPrecision);
    if (sweep >= options.learnTauFrom) {
      tau = users.ratings.entries / (await engine.expectedSquaredError(users.ratings, users, movies));
      requireFinite('the precision of a rating', [tau]);
    } else {
      await engine.read(users.precision); // waits for the sweep, so that progress is told when it is made
    }
    const heldOutError = watched && (await errorsOf(engine, watched, users, movies, bounds)).rmse;
    await onSweep({ sweep, sweeps, tau, heldOutError }, async () => ({
      sweep,
      tau,
      users: await readSideState(engine, users),
      movies: await readSideState(engine, movies),
    }));
  }
  const result = await readLearned(engine, matrix, users, movies, { factors: K, mean, tau }, bounds);
  if (watched) engine.freeSparse(watched);
  return result;
}

/**
 * The first late sweep: the last fifth of a training is late. Late sweeps fit the movies' implicit prior anew, and few sweeps
 * are enough for what whole covariances gain over their diagonals. A training that starts from an earlier model, whose implicit
 * prior is just fitted, has one late sweep, the last. One of fewer than five sweeps that starts from noise has none.
 */
function firstLateSweep({ sweeps, noLateSweeps }: FactorizationOptions, warm: boolean): number {
  if (noLateSweeps) return Number.POSITIVE_INFINITY;
  return sweeps + 1 - Math.max(warm ? 1 : 0, Math.floor(sweeps / LATE_SHARE));
}

/** The range of ratings minus their mean. */
function rangeAround(mean: number, rows: AnyRows): Bounds {
  let [low, high] = [Infinity, -Infinity];
  for (const { block } of rowBlocks(rows)) {
    const { values: stars } = block;
    for (let k = 0; k < stars.length; k++) {
      if (stars[k] < low) low = stars[k];
      if (stars[k] > high) high = stars[k];
    }
  }
  return entriesOf(rows) > 0 ? [low - mean, high - mean] : [0, 0];
}

type Bounds = readonly [low: number, high: number];

/** Errors on ratings minus their mean, with predictions clipped to the bounds. */
async function errorsOf(
  engine: Engine,
  ratings: Sparse,
  users: WorkingSide,
  movies: WorkingSide,
  [low, high]: Bounds,
): Promise<RatingErrors> {
  const { squares, absolutes } = await engine.errors(ratings, users, movies, low, high);
  return { rmse: Math.sqrt(squares / ratings.entries), mae: absolutes / ratings.entries };
}

/** Both sides before the first sweep, which solves the users first: movies have random factors and damped means as biases. */
function openSides(
  engine: Engine,
  { byUser, byMovie }: AnyMatrix,
  movieFeatures: MovieFeatures,
  { factors: K, seed, userRidge, movieRidge }: FactorizationOptions,
  whole: boolean,
  mean: number,
): [users: WorkingSide, movies: WorkingSide] {
  const S = paddedWidth(K + 1);
  const [perUser, perMovie] = [engine.sparse(centred(byUser, mean)), engine.sparse(centred(byMovie, mean))];
  const users = startSide(engine, {
    rows: byUser,
    ratings: perUser,
    transposed: perMovie,
    width: S,
    ridge: userRidge,
    fullCovariance: whole,
    features: NO_FEATURES,
  });
  const movies = startSide(engine, {
    rows: byMovie,
    ratings: perMovie,
    transposed: perUser,
    width: S,
    ridge: movieRidge,
    fullCovariance: whole,
    features: movieFeatures,
  });
  const movieMeans = initialMeans(byMovie.rows, K, S, seed);
  for (const { from, block } of rowBlocks(byMovie)) {
    for (let r = 0; r < block.rows; r++) movieMeans[(from + r) * S + S - 1] = dampedBias(block, r, mean);
  }
  engine.write(movies.means, movieMeans);
  return [users, movies];
}

/** Deviations from the mean. */
function centred(matrix: AnyRows, mean: number): AnyRows {
  return mapRows(matrix, (rows) => {
    const values = new Float32Array(rows.values.length);
    for (let k = 0; k < values.length; k++) values[k] = rows.values[k] - mean;
    return { ...rows, values };
  });
}

/** Solves one side's rows, then fits their implicit prior, and Λ as soon as the rows are more than noise. */
function halfSweep(
  engine: Engine,
  side: WorkingSide,
  other: WorkingSide,
  tau: number,
  { linkSteps, linkPenalty = 0 }: FactorizationOptions,
  learnPrecision: boolean,
): void {
  engine.solveRows({ ratings: side.ratings, side, other, tau });
  fitImplicitPrior(engine, side, linkSteps);
  if (learnPrecision) engine.priorPrecision(side, side.weights, linkPenalty * side.ridge, side.precision);
}

/** Rotates the factors, solves the users as folding in does, reads the result and frees everything on the engine. */
async function readLearned(
  engine: Engine,
  { byUser }: AnyMatrix,
  learnedUsers: WorkingSide,
  learnedMovies: WorkingSide,
  { factors: K, mean, tau }: Pick<Factorization, 'factors' | 'mean' | 'tau'>,
  bounds: Bounds,
): Promise<FittedFactorization> {
  const S = learnedUsers.width;
  const { users, movies, movieWeights } = await rotateSides(engine, learnedUsers, learnedMovies, K);
  await anchorNewcomers(engine, users, byUser);
  const diagonal = (side: WorkingSide): WorkingSide => ({ ...side, covariances: undefined });
  engine.solveRows({ ratings: users.ratings, side: diagonal(users), other: diagonal(movies), tau });
  const result: FittedFactorization = {
    factors: K,
    mean,
    tau,
    fit: await errorsOf(engine, users.ratings, users, movies, bounds),
    users: await readSide(engine, users, K),
    movies: await readSide(engine, movies, K),
    userPrecision: unpadSquare(await engine.read(users.precision), K, S),
    userPriorWeights: unpadRows(await engine.read(users.weights), K, S),
    newMovie: newRow(movieWeights, K),
    movieKinds: movieWeights.slice(CONSTANTS * (K + 1)),
  };
  for (const [what, { means, variances }] of [
    ['the users', result.users],
    ['the movies', result.movies],
  ] as const) {
    requireFinite(what, means);
    requireFinite(what, variances);
  }
  requireFinite("the users' prior", result.userPrecision);
  requireFinite("the users' prior", result.userPriorWeights);
  requireFinite("new movies' prior", result.newMovie);
  requireFinite("new movies' prior", result.movieKinds);
  for (const side of [users, movies]) freeSide(engine, side);
  return result;
}

function initialMeans(rows: number, K: number, S: number, seed: number): Float32Array {
  const source = random(seed, STREAMS.movieFactors);
  const means = new Float32Array(rows * S);
  for (let r = 0; r < rows; r++) for (let x = 0; x < K; x++) means[r * S + x] = INIT_DEVIATION * source.normal();
  return means;
}

function dampedBias(rows: SparseRows, r: number, mean: number): number {
  let sum = 0;
  for (let k = rows.offsets[r]; k < rows.offsets[r + 1]; k++) sum += rows.values[k] - mean;
  return sum / (rows.offsets[r + 1] - rows.offsets[r] + BIAS_DAMPING);
}

function average(rows: AnyRows): number {
  let sum = 0;
  for (const { block } of rowBlocks(rows)) for (let k = 0; k < block.values.length; k++) sum += block.values[k];
  return entriesOf(rows) === 0 ? 0 : sum / entriesOf(rows);
}

/** Prior mean of a movie of which nothing is known: that of the constants (3, D) alone. */
function newRow(constants: Float64Array, K: number): Float64Array {
  const D = K + 1;
  const features = constantFeatures(0);
  return Float64Array.from({ length: D }, (_, x) => features.reduce((sum, f, c) => sum + f * constants[c * D + x], 0));
}
