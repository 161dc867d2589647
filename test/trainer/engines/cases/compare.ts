import { expect } from 'vitest';
import * as naive from '../naive.ts';

/** Compares values; an error is relative to the value or to the root mean square of all, whichever is larger. */
export function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  expect(largestError(got, wanted), 'largest relative error').toBeLessThanOrEqual(tolerance);
}

/** Compares row by row, so that each row's error is relative to its own size. */
export function expectRowsClose(got: ArrayLike<number>, wanted: naive.Matrix, tolerance: number): void {
  const rows = naive.rowsOf(got, wanted[0].length);
  expect(rows.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  const worst = wanted.map((row, r) => largestError(rows[r], row)).reduce(worse, 0);
  expect(worst, 'largest relative error').toBeLessThanOrEqual(tolerance);
}

export function expectSameBytes(got: Float64Array, wanted: Float64Array): void {
  expect(Buffer.compare(Buffer.from(got.buffer), Buffer.from(wanted.buffer))).toBe(0);
}

function largestError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const size = Math.sqrt(naive.dot(wanted, wanted) / Math.max(1, wanted.length));
  let worst = 0;
  for (let k = 0; k < wanted.length; k++) {
    worst = worse(worst, Math.abs(got[k] - wanted[k]) / Math.max(Math.abs(wanted[k]), size, Number.MIN_VALUE));
  }
  return worst;
}

/** The larger of two errors; once NaN, always NaN. */
function worse(worst: number, error: number): number {
  return error <= worst || Number.isNaN(worst) ? worst : error;
}
