import { constantFeatures } from '../../../shared/model/posterior.ts';
import type { AnyMatrix } from '../../data/rating-matrix.ts';
import type { Engine, Sparse } from '../../engines/engine.ts';
import type { RatingErrors } from '../../math/metrics.ts';
import type { SparseRows } from '../../math/sparse.ts';
import { type Factorization, requireFinite } from '../learned.ts';
import type { MovieFeatures } from '../movie-features.ts';
import { anchorNewcomers, fitImplicitPrior, refitMovies } from './implicit-prior.ts';
import { average, type Bounds, centred, openSides, rangeAround } from './open-sides.ts';
import { rotateSides } from './principal-axes.ts';
import { type Rounding, roundMovies } from './round-movies.ts';
import type { FactorizationOptions } from './settings.ts';
import {
  CONSTANTS,
  freeSide,
  readSide,
  readSideState,
  type SideState,
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
  /** How movies will be stored, where that is coarser than they are learned. */
  readonly round?: Rounding;
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
 * learned too. Before it returns, it rotates the factors to their principal axes, rounds the movies and solves the users once
 * more, so that a stored user vector is what `inferUser` (shared/model/posterior.ts) gives for the same ratings.
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
  { start, resume, heldOut, round, onSweep = () => {} }: FactorizationRun = {},
): Promise<FittedFactorization> {
  const { factors: K, sweeps } = options;
  const mean = average(matrix.byUser);
  const lateFrom = firstLateSweep(options, start !== undefined);
  const wholeFrom = { always: 1, late: lateFrom, never: Number.POSITIVE_INFINITY }[options.covariances ?? 'never'];
  const whole = wholeFrom <= (resume?.sweep ?? 1);
  let [users, movies] = openSides(engine, matrix, movieFeatures, options, whole, mean);
  const bounds = rangeAround(mean, matrix.byUser);
  const watched = heldOut && engine.sparse(centred(heldOut, mean));
  let tau = await beginFrom(engine, users, movies, { start, resume }, options);
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
  const result = await readLearned(engine, matrix, users, movies, { factors: K, mean, tau }, bounds, round);
  if (watched) engine.freeSparse(watched);
  return result;
}

/** Sets both sides to where the factorisation begins, and returns its τ. */
async function beginFrom(
  engine: Engine,
  users: WorkingSide,
  movies: WorkingSide,
  { start, resume }: Pick<FactorizationRun, 'start' | 'resume'>,
  options: FactorizationOptions,
): Promise<number> {
  if (resume) {
    writeSideState(engine, users, resume.users);
    writeSideState(engine, movies, resume.movies);
  } else if (start) {
    await applyWarmStart(engine, users, movies, start, options);
  }
  return (resume ?? start ?? options).tau;
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

/**
 * Rotates the factors, rounds the movies, solves the users as folding in does, reads the result and frees everything on the
 * engine.
 */
async function readLearned(
  engine: Engine,
  { byUser }: AnyMatrix,
  learnedUsers: WorkingSide,
  learnedMovies: WorkingSide,
  { factors: K, mean, tau }: Pick<Factorization, 'factors' | 'mean' | 'tau'>,
  bounds: Bounds,
  round: Rounding | undefined,
): Promise<FittedFactorization> {
  const S = learnedUsers.width;
  const { users, movies, movieWeights } = await rotateSides(engine, learnedUsers, learnedMovies, K);
  if (round) await roundMovies(engine, users, movies, K, round);
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
  for (const [what, ...values] of [
    ['the users', result.users.means, result.users.variances],
    ['the movies', result.movies.means, result.movies.variances],
    ["the users' prior", result.userPrecision, result.userPriorWeights],
    ["new movies' prior", result.newMovie, result.movieKinds],
  ] as const) {
    for (const numbers of values) requireFinite(what, numbers);
  }
  for (const side of [users, movies]) freeSide(engine, side);
  return result;
}

/** Prior mean of a movie of which nothing is known: that of the constants (3, D) alone. */
function newRow(constants: Float64Array, K: number): Float64Array {
  const D = K + 1;
  const features = constantFeatures(0);
  return Float64Array.from({ length: D }, (_, x) => features.reduce((sum, f, c) => sum + f * constants[c * D + x], 0));
}
