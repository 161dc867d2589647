import type { AnyMatrix } from '../../data/rating-matrix.ts';
import { type Engine, paddedWidth } from '../../engines/engine.ts';
import { random, STREAMS } from '../../math/random.ts';
import { type AnyRows, entriesOf, mapRows, rowBlocks, type SparseRows } from '../../math/sparse.ts';
import { type MovieFeatures, NO_FEATURES } from '../movie-features.ts';
import type { FactorizationOptions } from './settings.ts';
import { startSide, type WorkingSide } from './side.ts';

/** Standard deviation of a movie's first factors. */
const INIT_DEVIATION = 0.1;
/** Ratings at the mean that count beside a movie's own in its first bias. */
const BIAS_DAMPING = 5;

/** Both sides before the first sweep, which solves the users first: movies have random factors and damped means as biases. */
export function openSides(
  engine: Engine,
  { byUser, byMovie }: AnyMatrix,
  movieFeatures: MovieFeatures,
  { factors: K, seed, userRidge, movieRidge }: FactorizationOptions,
  whole: boolean,
  mean: number,
): [users: WorkingSide, movies: WorkingSide] {
  const S = paddedWidth(K + 1);
  const [perUser, perMovie] = [engine.sparse(centred(byUser, mean)), engine.sparse(centred(byMovie, mean))];
  const shape = { width: S, fullCovariance: whole };
  const ofUsers = { rows: byUser, ratings: perUser, transposed: perMovie, ridge: userRidge, features: NO_FEATURES };
  const ofMovies = {
    rows: byMovie,
    ratings: perMovie,
    transposed: perUser,
    ridge: movieRidge,
    features: movieFeatures,
  };
  const [users, movies] = [startSide(engine, { ...shape, ...ofUsers }), startSide(engine, { ...shape, ...ofMovies })];
  const movieMeans = initialMeans(byMovie.rows, K, S, seed);
  for (const { from, block } of rowBlocks(byMovie)) {
    for (let r = 0; r < block.rows; r++) movieMeans[(from + r) * S + S - 1] = dampedBias(block, r, mean);
  }
  engine.write(movies.means, movieMeans);
  return [users, movies];
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

/** Deviations from the mean. */
export function centred(matrix: AnyRows, mean: number): AnyRows {
  return mapRows(matrix, (rows) => {
    const values = new Float32Array(rows.values.length);
    for (let k = 0; k < values.length; k++) values[k] = rows.values[k] - mean;
    return { ...rows, values };
  });
}

/** The mean rating, stars; 0 without ratings. */
export function average(rows: AnyRows): number {
  let sum = 0;
  for (const { block } of rowBlocks(rows)) for (let k = 0; k < block.values.length; k++) sum += block.values[k];
  return entriesOf(rows) === 0 ? 0 : sum / entriesOf(rows);
}

export type Bounds = readonly [low: number, high: number];

/** The range of ratings minus their mean. */
export function rangeAround(mean: number, rows: AnyRows): Bounds {
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
