import type { Pairs } from './dataset.ts';

const DIGIT_BITS = 10; // measured at 3 million rows: 10 bits 0.31 s, 8 bits 0.35 s, 11 bits 0.47 s
const DIGITS = 1 << DIGIT_BITS;
const ID_BITS = 31;

/**
 * Row numbers sorted by (userId, movieId); equal pairs keep their order. (N)
 *
 * A radix sort, least significant digit first: linear, so that 32 million rows take seconds, not minutes.
 */
export function orderByUserAndMovie(pairs: Pairs): Int32Array {
  const { count, userIds, movieIds } = pairs;
  let order = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    order[row] = row;
  }
  if (!isStrictlySorted(pairs)) {
    order = sortBy(movieIds, order);
    order = sortBy(userIds, order);
  }
  return order;
}

/** Whether rows ascend by (userId, movieId) and no pair comes twice, as in ML-20M to ML-32M. */
export function isStrictlySorted({ count, userIds, movieIds }: Pairs): boolean {
  for (let row = 1; row < count; row++) {
    const step = userIds[row] - userIds[row - 1] || movieIds[row] - movieIds[row - 1];
    if (step <= 0) {
      return false;
    }
  }
  return true;
}

/** `order` stably sorted by the rows' ids. Ids move along with rows, because reads by row would miss the cache. */
function sortBy(ids: Int32Array, order: Int32Array): Int32Array<ArrayBuffer> {
  const count = order.length;
  let rows = Int32Array.from(order);
  let keys = new Int32Array(count);
  let largest = 0;
  for (let n = 0; n < count; n++) {
    keys[n] = ids[rows[n]];
    largest = Math.max(largest, keys[n]);
  }
  let nextRows = new Int32Array(count);
  let nextKeys = new Int32Array(count);
  for (let shift = 0; shift < ID_BITS && largest >> shift > 0; shift += DIGIT_BITS) {
    const starts = digitStarts(keys, shift);
    for (let n = 0; n < count; n++) {
      const key = keys[n];
      const to = starts[(key >>> shift) & (DIGITS - 1)]++;
      nextKeys[to] = key;
      nextRows[to] = rows[n];
    }
    [rows, nextRows] = [nextRows, rows];
    [keys, nextKeys] = [nextKeys, keys];
  }
  return rows;
}

/** Position of the first key with each digit, after the sort by it. (DIGITS) */
function digitStarts(keys: Int32Array, shift: number): Int32Array {
  const starts = new Int32Array(DIGITS + 1);
  for (let n = 0; n < keys.length; n++) {
    starts[((keys[n] >>> shift) & (DIGITS - 1)) + 1]++;
  }
  for (let digit = 0; digit < DIGITS; digit++) {
    starts[digit + 1] += starts[digit];
  }
  return starts;
}
