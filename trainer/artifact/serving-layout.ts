import {
  arePacked,
  BLOCK,
  blocksOf,
  byPopularity,
  even,
  type PackedRows,
  PLAIN_COLUMNS,
  ROOM,
} from '../../shared/artifact/serving-layout.ts';
import { movieDeviations } from '../../shared/model/bias.ts';
import type { MovieColumns, ServingColumns } from './columns.ts';

/**
 * The vectors of movies.arrow exactly as the Worker keeps them in memory, so that it reads a third of the bytes and copies them
 * instead of rearranging them.
 *
 * @param mean μ, stars
 * @param room bytes above which histories, priors and variances are packed
 */
export function servingColumns(movies: MovieColumns, mean: number, room = ROOM): ServingColumns {
  const { ratingCounts, ratingMeans, biases, factors, relevance, history, priors, factorVariances } = movies;
  const M = ratingCounts.length;
  const [K, E, S] = [factors.length / M, relevance.length / M, history.length / relevance.length];
  const order = byPopularity(ratingCounts);
  const known = Math.max(1, blocksOf(Math.max(used(relevance, E, order), used(history, S * E, order))));
  const deviations = movieDeviations(ratingCounts, ratingMeans, mean);
  const packed = arePacked({ M, K, E, S, R: known }, room);
  const rows = (name: string, values: Float32Array, width: number) => {
    if (!packed) return { [name]: values };
    const { bytes, scales } = packRows(values, width);
    return { [name]: bytes, [`${name}Scale`]: scales };
  };
  return {
    order,
    relevance: inBlocks([relevance], order, known, even(E)),
    rating: inBlocks([biases, deviations, factors], order, blocksOf(M), even(PLAIN_COLUMNS + K)),
    ...rows('history', byPosition(history, S * E, order, BLOCK * known), E),
    ...rows('prior', priors, K + 1),
    ...rows('factorVariance', factorVariances, K),
  };
}

/** Positions up to the last whose row has a number other than 0. */
function used(values: Float32Array, width: number, order: Int32Array): number {
  for (let position = order.length; position > 0; position--) {
    const from = order[position - 1] * width;
    if (values.subarray(from, from + width).some((value) => value !== 0)) return position;
  }
  return 0;
}

/** Tables (M, width) side by side, as `blocks` blocks of 16 positions and `columns` columns (blk16). */
function inBlocks(tables: readonly Float32Array[], order: Int32Array, blocks: number, columns: number): Float32Array {
  const out = new Float32Array(BLOCK * blocks * columns);
  const positions = Math.min(order.length, BLOCK * blocks);
  for (let position = 0; position < positions; position++) {
    let to = (position - (position % BLOCK)) * columns + (position % BLOCK);
    for (const table of tables) {
      const width = table.length / order.length;
      const from = order[position] * width;
      for (let x = 0; x < width; x++, to += BLOCK) out[to] = table[from + x];
    }
  }
  return out;
}

/** The rows of the first `positions` movies in order of position, (positions, width); zeros behind the last movie. */
function byPosition(values: Float32Array, width: number, order: Int32Array, positions: number): Float32Array {
  const out = new Float32Array(positions * width);
  order.subarray(0, positions).forEach((row, position) => {
    out.set(values.subarray(row * width, (row + 1) * width), position * width);
  });
  return out;
}

/** Packs rows as the Worker does (`worker/wasm/kernels/layout.as.ts`), in float32: scale = largest magnitude / 127. */
function packRows(values: Float32Array, width: number): PackedRows {
  const M = values.length / width;
  const [bytes, scales] = [new Uint8Array(values.length), new Float32Array(M)];
  for (let row = 0; row < M; row++) {
    const [from, to] = [row * width, (row + 1) * width];
    let largest = 0;
    for (let at = from; at < to; at++) largest = Math.max(largest, Math.abs(values[at]));
    scales[row] = largest / 127;
    const steps = scales[row] > 0 ? Math.fround(1 / scales[row]) : 0;
    for (let at = from; at < to; at++) bytes[at] = nearestEven(Math.fround(values[at] * steps)) + 128;
  }
  return { bytes, scales };
}

/** The nearest integer, of two the even one, as WebAssembly rounds. */
function nearestEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
