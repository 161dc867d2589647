/**
 * The posterior of a user in float64 (`shared/model/posterior.ts`), two numbers a register. D is a multiple of 4: whoever has
 * fewer unknowns fills up with rows of the unit matrix. Matrices are row-major, (D, D), only their lower triangles count.
 */

import { madd64 } from './relaxed.as';

/** Ratings whose features are in float64 at a time: with a matrix of 64 unknowns they fit into the first cache. */
export const SPREAD: u32 = 32;

/** out (width) += Σ w row over n rows (n, width) f32 side by side, one after the other; w: (n). */
export function sumRows(rows: usize, n: u32, width: usize, weights: usize, out: usize): void {
  for (let j: u32 = 0; j < n; j++, weights += 8) {
    const weight = load<f64>(weights);
    const both = f64x2.splat(weight);
    let to = out;
    for (const whole = rows + ((width & ~3) << 2); rows < whole; rows += 16, to += 32) {
      const four = v128.load(rows);
      const low = f64x2.mul(both, f64x2.promote_low_f32x4(four));
      const high = f64x2.mul(both, f64x2.promote_low_f32x4(upper(four)));
      v128.store(to, f64x2.add(v128.load(to), low));
      v128.store(to, f64x2.add(v128.load(to, 16), high), 16);
    }
    for (const end = out + (width << 3); to < end; rows += 4, to += 8) {
      store<f64>(to, load<f64>(to) + weight * <f64>load<f32>(rows));
    }
  }
}

/**
 * normal += Σ w f fᵀ (lower triangle), rhs += Σ w z f over n ratings: f = [q, 1], q its row of `factors` (n, K) f32, w and
 * z: (n), w ≥ 0. K < D.
 *
 * @param spread room for (SPREAD, D) f64
 */
export function accumulate(
  factors: usize,
  n: u32,
  K: usize,
  weights: usize,
  targets: usize,
  D: usize,
  normal: usize,
  rhs: usize,
  spread: usize,
): void {
  const step = D << 3;
  for (let first: u32 = 0; first < n; first += SPREAD) {
    const end = spread + min<u32>(SPREAD, n - first) * step;
    for (let f = spread; f < end; f += step, factors += K << 2, weights += 8, targets += 8) {
      const root = sqrt<f64>(load<f64>(weights));
      spreadRow(factors, K, root, D, f);
      addTo(rhs, D, root * load<f64>(targets), f);
    }
    for (let x: usize = 0; x < step; x += 32) {
      for (let y: usize = 0; y <= x; y += 32)
        addSquare(spread + x, spread + y, end, step, normal + (x >> 3) * step + y);
    }
  }
}

/** f (D) = root · [q, 1, 0 …], q: (K) f32. Reads up to 16 bytes behind it. */
function spreadRow(q: usize, K: usize, root: f64, D: usize, f: usize): void {
  const both = f64x2.splat(root);
  const end = f + (D << 3);
  for (let to = f; to < end; to += 32, q += 16) {
    const four = v128.load(q);
    v128.store(to, f64x2.mul(both, f64x2.promote_low_f32x4(four)));
    v128.store(to, f64x2.mul(both, f64x2.promote_low_f32x4(upper(four))), 16);
  }
  let last = f + (K << 3);
  store<f64>(last, root);
  for (last += 8; last < end; last += 8) store<f64>(last, 0);
}

/** out (D) += weight · row. */
function addTo(out: usize, D: usize, weight: f64, row: usize): void {
  const both = f64x2.splat(weight);
  for (const end = out + (D << 3); out < end; out += 16, row += 16) {
    v128.store(out, madd64(both, v128.load(row), v128.load(out)));
  }
}

/** Four rows and columns of the matrix += Σ x yᵀ over pairs of fours x and y, `step` bytes apart; x ends before `end`. */
function addSquare(x: usize, y: usize, end: usize, step: usize, square: usize): void {
  const row1 = square + step;
  const row2 = row1 + step;
  const row3 = row2 + step;
  let a0 = v128.load(square);
  let b0 = v128.load(square, 16);
  let a1 = v128.load(row1);
  let b1 = v128.load(row1, 16);
  let a2 = v128.load(row2);
  let b2 = v128.load(row2, 16);
  let a3 = v128.load(row3);
  let b3 = v128.load(row3, 16);
  for (; x < end; x += step, y += step) {
    const y0 = v128.load(y);
    const y1 = v128.load(y, 16);
    const low = v128.load(x);
    const high = v128.load(x, 16);
    const x0 = v128.shuffle<f64>(low, low, 0, 0);
    a0 = madd64(x0, y0, a0);
    b0 = madd64(x0, y1, b0);
    const x1 = v128.shuffle<f64>(low, low, 1, 1);
    a1 = madd64(x1, y0, a1);
    b1 = madd64(x1, y1, b1);
    const x2 = v128.shuffle<f64>(high, high, 0, 0);
    a2 = madd64(x2, y0, a2);
    b2 = madd64(x2, y1, b2);
    const x3 = v128.shuffle<f64>(high, high, 1, 1);
    a3 = madd64(x3, y0, a3);
    b3 = madd64(x3, y1, b3);
  }
  v128.store(square, a0);
  v128.store(square, b0, 16);
  v128.store(row1, a1);
  v128.store(row1, b1, 16);
  v128.store(row2, a2);
  v128.store(row2, b2, 16);
  v128.store(row3, a3);
  v128.store(row3, b3, 16);
}

/** The upper half of four f32, in both halves. */
function upper(four: v128): v128 {
  return v128.shuffle<f64>(four, four, 1, 1);
}

/**
 * A → L of A = L Lᵀ, four rows and two columns at a time. False, half done, at the first pivot that is not positive.
 * Golub & Van Loan, §4.2.
 */
export function cholesky(matrix: usize, D: usize): bool {
  const step = D << 3;
  for (let x: usize = 0; x < step; x += 32) {
    const rows = matrix + (x >> 3) * step;
    for (let y: usize = 0; y < x + 32; y += 16) {
      const pair = matrix + (y >> 3) * step;
      reduce(rows, pair, y, step);
      if (y >= x && !pivots(pair + y, step)) return false;
      const end = rows + (step << 2);
      for (let row = y < x ? rows : pair + 2 * step; row < end; row += step) divide(row + y, pair + y, step);
    }
  }
  return true;
}

/** In four rows, columns y and y + 1 −= products with the rows of a pair of pivots over all columns before; y in bytes. */
function reduce(rows: usize, pair: usize, y: usize, step: usize): void {
  const row1 = rows + step;
  const row2 = row1 + step;
  const row3 = row2 + step;
  const other = pair + step;
  let a0 = f64x2.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  for (let k: usize = 0; k < y; k += 16) {
    const a = v128.load(pair + k);
    const b = v128.load(other + k);
    const r0 = v128.load(rows + k);
    a0 = madd64(r0, a, a0);
    b0 = madd64(r0, b, b0);
    const r1 = v128.load(row1 + k);
    a1 = madd64(r1, a, a1);
    b1 = madd64(r1, b, b1);
    const r2 = v128.load(row2 + k);
    a2 = madd64(r2, a, a2);
    b2 = madd64(r2, b, b2);
    const r3 = v128.load(row3 + k);
    a3 = madd64(r3, a, a3);
    b3 = madd64(r3, b, b3);
  }
  takeOff(rows + y, a0, b0);
  takeOff(row1 + y, a1, b1);
  takeOff(row2 + y, a2, b2);
  takeOff(row3 + y, a3, b3);
}

/** Two numbers −= the sums of a and of b. */
function takeOff(at: usize, a: v128, b: v128): void {
  const sums = f64x2.add(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3));
  v128.store(at, f64x2.sub(v128.load(at), sums));
}

/** The square of two pivots, all columns before taken off → its L; false where one is not positive. */
function pivots(at: usize, step: usize): bool {
  const first = load<f64>(at);
  if (!(first > 0)) return false;
  const root = sqrt<f64>(first);
  const below = load<f64>(at + step) / root;
  const second = load<f64>(at + step, 8) - below * below;
  store<f64>(at, root);
  v128.store(at + step, f64x2.replace_lane(f64x2.splat(below), 1, sqrt<f64>(second)));
  return second > 0;
}

/** Two numbers of a row below a pair of pivots → those of L. */
function divide(at: usize, pair: usize, step: usize): void {
  const first = load<f64>(at) / load<f64>(pair);
  const second = (load<f64>(at, 8) - first * load<f64>(pair + step)) / load<f64>(pair + step, 8);
  v128.store(at, f64x2.replace_lane(f64x2.splat(first), 1, second));
}

/** b → L⁻¹ b, then → L⁻ᵀ L⁻¹ b: whenever a number of it is found, its row is taken out of those above. */
export function solve(matrix: usize, D: usize, b: usize): void {
  const step = D << 3;
  for (let x: usize = 0, row = matrix; x < step; x += 8, row += step) {
    let sum = f64x2.splat(0);
    const whole = x & ~15;
    for (let k: usize = 0; k < whole; k += 16) sum = madd64(v128.load(row + k), v128.load(b + k), sum);
    let rest = load<f64>(b + x) - (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
    if (whole < x) rest -= load<f64>(row + whole) * load<f64>(b + whole);
    store<f64>(b + x, rest / load<f64>(row + x));
  }
  for (let x = step; x > 0; ) {
    x -= 8;
    const row = matrix + (x >> 3) * step;
    const found = load<f64>(b + x) / load<f64>(row + x);
    store<f64>(b + x, found);
    addTo(b, (x >> 3) & ~1, -found, row);
    if (x & 8) store<f64>(b + x - 8, load<f64>(b + x - 8) - found * load<f64>(row + x - 8));
  }
}
