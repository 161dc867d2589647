import { createHash, type Hash } from 'node:crypto';
import type { Ratings } from './dataset.ts';
import { orderByUserAndMovie } from './sort.ts';

const ROW_BYTES = 20;
const BLOCK_ROWS = 1 << 15;

/**
 * SHA-256 (hex, 64 characters) of the ratings, sorted by (userId, movieId). So it depends neither on the layout nor on the
 * order of the file. A row is 20 bytes, little-endian:
 *
 * ```
 * 0  int32    userId
 * 4  int32    movieId
 * 8  float32  stars, 0.5 to 5
 * 12 float64  timestamp in seconds since 1970, 0 where there is none
 * ```
 */
export function digestRatings(ratings: Ratings): string {
  const hash = createHash('sha256');
  hashRatings(hash, ratings);
  return hash.digest('hex');
}

/** Takes ratings into the digest, users after those before. */
export function hashRatings(hash: Hash, ratings: Ratings): void {
  const { count, userIds, movieIds, stars, timestamps } = ratings;
  const order = orderByUserAndMovie(ratings);
  const block = new DataView(new ArrayBuffer(Math.min(count, BLOCK_ROWS) * ROW_BYTES));
  for (let start = 0; start < count; start += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, count - start);
    for (let n = 0; n < rows; n++) {
      const row = order[start + n];
      const at = n * ROW_BYTES;
      block.setInt32(at, userIds[row], true);
      block.setInt32(at + 4, movieIds[row], true);
      block.setFloat32(at + 8, stars[row], true);
      block.setFloat64(at + 12, timestamps[row], true);
    }
    hash.update(new Uint8Array(block.buffer, 0, rows * ROW_BYTES));
  }
}
