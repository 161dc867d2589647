/**
 * The layout of vectors that are scanned, in the Worker's memory and in serving.arrow: "blk16". Movies are ordered by
 * position, the most rated first, in blocks of 16. A block holds column after column, 16 numbers each, one for every
 * movie. The last block is filled up with zeros. What only rated movies are asked for stands row by row.
 */

/** Movies of a block. */
export const BLOCK = 16;

/** Bias and deviation stand before the rating factors. */
export const PLAIN_COLUMNS = 2;
export const DEVIATION = 1;

/**
 * Bytes of vectors above which histories, priors and variances are packed into eight bits a number. Two versions, the one in
 * service and the next, must fit into an isolate of 128 MB.
 */
export const ROOM = 42 * 2 ** 20;

export function blocksOf(positions: number): number {
  return Math.ceil(positions / BLOCK);
}

/** Columns come in pairs. */
export function even(columns: number): number {
  return columns + (columns % 2);
}

/** The row of each position, (M): the most rated first, of equals the smaller row. */
export function byPopularity(ratingCounts: Int32Array): Int32Array {
  const M = ratingCounts.length;
  // As numbers, which sort without a function: −count · M + row is exact up to 2^53.
  const keys = Float64Array.from(ratingCounts, (count, row) => row - count * M).sort();
  return Int32Array.from(keys, (key) => ((key % M) + M) % M);
}

/** How many vectors there are, and how wide. */
export interface VectorShape {
  readonly M: number;
  readonly K: number;
  readonly E: number;
  readonly S: number;
  /** Blocks of movies that the relevance model knows. */
  readonly R: number;
}

/** Whether histories, priors and variances are packed into eight bits: unpacked, the vectors need more than `room` bytes. */
export function arePacked({ M, K, E, S, R }: VectorShape, room = ROOM): boolean {
  const [rated, known] = [even(PLAIN_COLUMNS + K) + (K + 1) + K, even(E) + S * E];
  return 4 * (M * rated + BLOCK * R * known) > room;
}

/** Rows of bytes with a scale each: number = scale · (byte − 128). */
export interface PackedRows {
  readonly bytes: Uint8Array; // (rows, width)
  readonly scales: Float32Array; // (rows)
}
