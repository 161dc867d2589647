import { factorSymmetric, solveFactored } from '../../../shared/math/linalg.ts';
import { constantFeatures } from '../../../shared/model/posterior.ts';
import type { Engine, Tensor } from '../../engines/engine.ts';
import type { AnyRows } from '../../math/sparse.ts';
import { CONSTANTS, type WorkingSide } from './side.ts';

/**
 * Fits the regression that gives a side's prior means: some steps of conjugate gradients on (XᵀX + ridge I) W = Xᵀ F, all
 * columns at once, from the present W; then prior means M = X W.
 *
 * Source: Hestenes & Stiefel, "Methods of conjugate gradients for solving linear systems", J. Res. NBS 49, 1952.
 */
export function fitImplicitPrior(engine: Engine, side: WorkingSide, steps: number): void {
  const { implicitPrior, ridge, weights, means } = side;
  const length = weights.length;
  const zeros = engine.tensor(length);
  const [residual, direction, image] = [engine.tensor(length), engine.tensor(length), engine.tensor(length)];
  const projected = engine.tensor(side.rows * side.width);
  let [before, after, curvature] = [engine.tensor(side.width), engine.tensor(side.width), engine.tensor(side.width)];
  const apply = (v: Tensor, out: Tensor) => {
    engine.project(implicitPrior, v, projected);
    engine.backproject(implicitPrior, projected, ridge, v, out);
  };
  const one = engine.tensor(side.width, new Float32Array(side.width).fill(1));

  apply(weights, image);
  engine.backproject(implicitPrior, means, 0, zeros, residual);
  engine.columnStep(residual, image, -1, one, one);
  engine.columnStep(direction, residual, 1, one, one);
  engine.columnDots(residual, residual, before);
  for (let step = 0; step < steps; step++) {
    apply(direction, image);
    engine.columnDots(direction, image, curvature);
    engine.columnStep(weights, direction, 1, before, curvature);
    engine.columnStep(residual, image, -1, before, curvature);
    engine.columnDots(residual, residual, after);
    engine.columnRedirect(direction, residual, after, before);
    [before, after] = [after, before];
  }
  engine.project(implicitPrior, weights, side.priorMeans);
  engine.free(zeros, residual, direction, image, projected, before, after, curvature, one);
}

/**
 * Conjugate gradient steps of the movies' implicit prior from zero, chosen on held-out parts of training ratings: ML-100K
 * prefers 14, ML-1M and ml-latest-small 16 to 20. With 5 or 40 steps more is lost than there is to gain.
 */
const ANEW_STEPS = 16;

/**
 * Fits the movies' implicit prior to the present movies from zero, and Λ with it. It has a weight for every user, often more
 * than there are movies, and only its few steps keep it from overfitting. So it should forget what it learned of unfinished
 * movies.
 */
export function refitMovies(engine: Engine, movies: WorkingSide, { linkPenalty = 0 }: { linkPenalty?: number }): void {
  engine.write(movies.weights, new Float32Array(movies.weights.length));
  fitImplicitPrior(engine, movies, ANEW_STEPS);
  engine.priorPrecision(movies, movies.weights, linkPenalty * movies.ridge, movies.precision);
}

/**
 * Refits the constant part of the users' prior so that a user without ratings is the average user. Training saw only users with
 * many ratings, so what it learned of 1/√(1 + n) does not hold at n = 0. The refit is least squares with two halves of equal
 * weight: the same as before at every training user's n, and the average user at n = 0.
 */
export async function anchorNewcomers(engine: Engine, users: WorkingSide, byUser: AnyRows): Promise<void> {
  const { rows: U, width: S, weights, implicitPrior } = users;
  const first = byUser.columns * S;
  const old = await engine.read(weights);
  const means = await engine.read(users.means);
  const average = new Float64Array(S);
  for (let at = 0; at < means.length; at += S) for (let x = 0; x < S; x++) average[x] += means[at + x] / U;
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
  factorSymmetric(normal, CONSTANTS);
  right.forEach((column, x) => {
    solveFactored(normal, column, CONSTANTS);
    for (let a = 0; a < CONSTANTS; a++) old[first + a * S + x] = column[a];
  });
  engine.write(weights, old);
  engine.project(implicitPrior, weights, users.priorMeans);
}

/** matrix += weight · v vᵀ. */
function addOuter(matrix: Float64Array, v: readonly number[], weight: number): void {
  for (let a = 0; a < v.length; a++)
    for (let b = 0; b < v.length; b++) matrix[a * v.length + b] += weight * v[a] * v[b];
}
