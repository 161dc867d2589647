import { MarqueeError } from '../../../../shared/errors.ts';
import { identityResponse, type ResponseFunction, sigmoidResponse } from '../../../../shared/model/response.ts';
import { clamp, type Scale } from '../../../../shared/ratings/rating.ts';
import type { Dataset } from '../../../data/dataset.ts';
import type { RatingMatrix } from '../../../data/rating-matrix.ts';
import { rowDots } from '../../../math/dense.ts';
import { type RatingErrors, ratingErrors, TRAINING_FIT } from '../../../math/metrics.ts';
import { random, STREAMS } from '../../../math/random.ts';
import { asStored } from '../../as-stored.ts';
import { type Factorization, factorsOf, type Learned, requireFinite } from '../../learned.ts';
import { movieFeatures } from '../../movie-features.ts';
import type { ModelRun, RatingData } from '../../rating-model.ts';
import { principalAxes, rotateRows, secondMoment } from '../../variational/principal-axes.ts';
import { read } from '../fit.ts';
import { fitNetwork } from '../fit-network.ts';
import type { DotOptions } from '../settings.ts';
import { startMovies } from './movie-start.ts';
import { dotNetwork } from './network.ts';
import { fitUserPrior, solveUsers, vectorsOf } from './user-prior.ts';

/**
 * Trains the dot product by gradients and makes it a model that is served like any other. Factors are rotated to their
 * principal axes, and biases become deviations from the mean rating's score. A prior for users is learned from the trained
 * ones, and `inferUser` solves every user once more, so that a stored vector is what folding in gives.
 *
 * @throws `bad-flag` when the range does not hold the mean rating, what `openTensorflow` and `fitEpochs` throw
 */
export async function trainDot(
  run: ModelRun,
  { dataset, matrix, scale }: RatingData,
  { factors: K, seed, gradient }: DotOptions,
): Promise<Learned> {
  const mean = dataset.ratings.stars.reduce((sum, stars) => sum + stars, 0) / Math.max(1, dataset.ratings.count);
  const response = responseAround(mean, gradient.range);
  const [U, M] = [matrix.userIds.length, matrix.movieIds.length];
  const { network, trained, epochs, best, device } = await fitNetwork(run, {
    dataset,
    scale,
    rows: matrix,
    seed,
    options: gradient,
    identity: { model: 'dot', factors: K },
    build: () => dotNetwork([U, M, K], gradient, random(seed, STREAMS.weights)),
  });
  const [table] = await read(network.weights);
  for (const weight of network.weights) weight.dispose();
  requireFinite('the embeddings', table);
  const counts = countRows(trained.movies, M);
  const tau = best.validLoss === null ? null : 1 / best.validLoss;
  const rows = rotated(withBiases(table, U + M, K), U, K);
  const factorization = asFactorization(rows, { matrix, films: dataset.movies, counts, K }, { mean, response, tau });
  return {
    factorization,
    range: gradient.range ?? undefined,
    epochs,
    metrics:
      best.rmse === null
        ? { protocol: TRAINING_FIT, ...fitOf(matrix, factorization, response, scale) }
        : { protocol: heldOutProtocol(gradient.valid), rmse: best.rmse },
    device,
  };
}

/** Both tables as a model that is served: with a prior for users, by which every user is solved once more. */
function asFactorization(
  { users, movies }: ReturnType<typeof rotated>,
  { matrix, films, counts, K }: Trained,
  about: Parameters<typeof fitUserPrior>[3],
): Factorization {
  const M = matrix.movieIds.length;
  for (let m = 0; m < M; m++) movies[m * (K + 1) + K] -= about.response.intercept;
  const { average, kinds } = startMovies(movies, counts, movieFeatures(matrix.movieIds, films));
  asStored('factors', factorsOf(movies, K), M).forEach((value, at) => {
    movies[Math.floor(at / K) * (K + 1) + (at % K)] = value;
  });
  const vectors = vectorsOf(movies, K);
  const prior = fitUserPrior(vectors, matrix.byUser, users, about);
  return {
    factors: K,
    mean: about.mean,
    tau: prior.tau,
    userPrecision: prior.precision,
    newMovie: average,
    movieKinds: kinds,
    users: solveUsers(vectors, prior, matrix.byUser),
    movies: { rows: M, means: movies, variances: new Float64Array(M * (K + 1)) },
    userPriorWeights: Float64Array.from([...vectors.priors, ...prior.constants]),
  };
}

/** What the tables were trained on. */
interface Trained {
  readonly matrix: RatingMatrix;
  readonly films: Dataset['movies'];
  /** Ratings of each movie that the network saw. */
  readonly counts: Int32Array; // (M)
  readonly K: number;
}

function responseAround(mean: number, range: DotOptions['gradient']['range']): ResponseFunction {
  if (!range) return identityResponse(mean);
  if (mean > range.min && mean < range.max) return sigmoidResponse(mean, range);
  throw new MarqueeError(
    'bad-flag',
    `--range: got ${range.min},${range.max}, expected one around the mean rating ${mean}`,
  );
}

/** Errors on the ratings that were trained on. */
function fitOf({ byUser }: RatingMatrix, model: Factorization, response: ResponseFunction, scale: Scale): RatingErrors {
  const { factors: K, users, movies } = model;
  const D = K + 1;
  const predicted = new Float64Array(byUser.values.length);
  const row = new Float64Array(D);
  for (let u = 0; u < byUser.rows; u++) {
    const [from, to] = [byUser.offsets[u], byUser.offsets[u + 1]];
    row.set(users.means.subarray(u * D, (u + 1) * D));
    const base = response.intercept + row[K];
    row[K] = 1; // of the movie's bias
    rowDots(row, movies.means, D, byUser.indices.subarray(from, to), predicted.subarray(from, to));
    for (let k = from; k < to; k++) predicted[k] = clamp(response.stars(base + predicted[k]), scale);
  }
  return ratingErrors(predicted, byUser.values);
}

/** What the manifest says of errors on ratings that chose the epoch. @param share of all ratings */
export function heldOutProtocol(share: number): string {
  return `random:${share}, held out in training to choose the epoch by; the network's own predictions, clipped to the scale`;
}

/** Rows of the table, (U + M, K or K + 1), with a bias in any case, (U + M, K + 1). */
function withBiases(table: Float32Array, rows: number, K: number): Float64Array {
  const width = table.length / rows;
  const out = new Float64Array(rows * (K + 1));
  for (let r = 0; r < rows; r++) for (let x = 0; x < width; x++) out[r * (K + 1) + x] = table[r * width + x];
  return out;
}

/** Both sides rotated to their principal axes: no dot product changes. */
function rotated(table: Float64Array, U: number, K: number): { users: Float64Array; movies: Float64Array } {
  const D = K + 1;
  const [users, movies] = [table.subarray(0, U * D), table.subarray(U * D)];
  const axes = principalAxes([secondMoment(users, K, D), secondMoment(movies, K, D)], K);
  return { users: rotateRows(users, axes, K, D), movies: rotateRows(movies, axes, K, D) };
}

function countRows(rows: Int32Array, count: number): Int32Array {
  const counts = new Int32Array(count);
  for (const row of rows) counts[row]++;
  return counts;
}
