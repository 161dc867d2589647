import type { Pairs } from '../dataset.ts';

const DIGIT_BITS = 11; // 2048 counters stay in the nearest cache, and ids under 2^22 take two passes
const DIGITS = 1 << DIGIT_BITS;

/**
 * Row numbers sorted by (userId, movieId); equal pairs keep their order. (N)
 *
 * A radix sort, least significant digit first: linear, so that 32 million rows take seconds, not minutes.
 */
export function orderByUserAndMovie({ count, userIds, movieIds }: Pairs): Int32Array {
  let order: Int32Array = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    order[row] = row;
  }
  if (isStrictlySorted({ count, userIds, movieIds })) {
    return order;
  }
  let spare: Int32Array = new Int32Array(count);
  for (const keys of [movieIds, userIds]) {
    const largest = maximum(keys);
    for (let shift = 0; shift < 31 && largest >> shift > 0; shift += DIGIT_BITS) {
      sortByDigit(keys, shift, order, spare);
      [order, spare] = [spare, order];
    }
  }
  return order;
}

/** Whether the rows already ascend by (userId, movieId) and no pair comes twice, as in ML-20M to ML-32M. */
export function isStrictlySorted({ count, userIds, movieIds }: Pairs): boolean {
  for (let row = 1; row < count; row++) {
    const step = userIds[row] - userIds[row - 1] || movieIds[row] - movieIds[row - 1];
    if (step <= 0) {
      return false;
    }
  }
  return true;
}

function sortByDigit(keys: Int32Array, shift: number, from: Int32Array, to: Int32Array): void {
  const starts = new Int32Array(DIGITS + 1);
  for (let n = 0; n < from.length; n++) {
    starts[((keys[n] >>> shift) & (DIGITS - 1)) + 1]++;
  }
  for (let digit = 0; digit < DIGITS; digit++) {
    starts[digit + 1] += starts[digit];
  }
  for (let n = 0; n < from.length; n++) {
    const row = from[n];
    to[starts[(keys[row] >>> shift) & (DIGITS - 1)]++] = row;
  }
}

function maximum(values: Int32Array): number {
  let largest = 0;
  for (let n = 0; n < values.length; n++) {
    largest = Math.max(largest, values[n]);
  }
  return largest;
}
