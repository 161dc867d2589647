/**
 * The posterior of a user in float64 (`shared/posterior.ts`), two numbers a register. Matrices are row-major (D, D), only
 * their lower triangles count; vectors and rows have room for an even number of doubles, `step` bytes from row to row.
 */

/**
 * normal += Σ w f fᵀ (lower triangle), rhs += Σ w z f over n rows f of `features`, (n, D); w and z: (n).
 * Four ratings and two rows of A at a time, so that a row of A is read and written once for four ratings, and a rating read
 * once for two rows.
 */
export function accumulate(
  features: usize,
  step: usize,
  weights: usize,
  targets: usize,
  n: u32,
  D: u32,
  normal: usize,
  rhs: usize,
): void {
  for (let j: u32 = 0; j < n; j += 4) {
    const f0 = features + j * step;
    // Behind the last row its weight is 0 and its features are the first one's.
    const f1 = j + 1 < n ? f0 + step : f0;
    const f2 = j + 2 < n ? f0 + 2 * step : f0;
    const f3 = j + 3 < n ? f0 + 3 * step : f0;
    const w0 = load<f64>(weights + (j << 3));
    const w1 = j + 1 < n ? load<f64>(weights + (j << 3), 8) : 0;
    const w2 = j + 2 < n ? load<f64>(weights + (j << 3), 16) : 0;
    const w3 = j + 3 < n ? load<f64>(weights + (j << 3), 24) : 0;
    const z0 = load<f64>(targets + (j << 3));
    const z1 = j + 1 < n ? load<f64>(targets + (j << 3), 8) : 0;
    const z2 = j + 2 < n ? load<f64>(targets + (j << 3), 16) : 0;
    const z3 = j + 3 < n ? load<f64>(targets + (j << 3), 24) : 0;
    for (let x: usize = 0; x < <usize>D; x += 2) {
      // Columns x and x + 1 of each rating, times its weight; behind the last column there are zeros.
      const x0 = f64x2.mul(f64x2.splat(w0), v128.load(f0 + (x << 3)));
      const x1 = f64x2.mul(f64x2.splat(w1), v128.load(f1 + (x << 3)));
      const x2 = f64x2.mul(f64x2.splat(w2), v128.load(f2 + (x << 3)));
      const x3 = f64x2.mul(f64x2.splat(w3), v128.load(f3 + (x << 3)));
      const own = rhs + (x << 3);
      const low = f64x2.add(f64x2.mul(x0, f64x2.splat(z0)), f64x2.mul(x1, f64x2.splat(z1)));
      const high = f64x2.add(f64x2.mul(x2, f64x2.splat(z2)), f64x2.mul(x3, f64x2.splat(z3)));
      v128.store(own, f64x2.add(v128.load(own), f64x2.add(low, high)));
      const a0 = f64x2.splat(f64x2.extract_lane(x0, 0));
      const a1 = f64x2.splat(f64x2.extract_lane(x1, 0));
      const a2 = f64x2.splat(f64x2.extract_lane(x2, 0));
      const a3 = f64x2.splat(f64x2.extract_lane(x3, 0));
      const b0 = f64x2.splat(f64x2.extract_lane(x0, 1));
      const b1 = f64x2.splat(f64x2.extract_lane(x1, 1));
      const b2 = f64x2.splat(f64x2.extract_lane(x2, 1));
      const b3 = f64x2.splat(f64x2.extract_lane(x3, 1));
      const line = normal + x * step;
      const next = x + 1 < <usize>D ? line + step : line; // zeros go there
      for (let y: usize = 0; y <= x << 3; y += 16) {
        const y0 = v128.load(f0 + y);
        const y1 = v128.load(f1 + y);
        const y2 = v128.load(f2 + y);
        const y3 = v128.load(f3 + y);
        const a = f64x2.relaxed_madd(a0, y0, f64x2.relaxed_madd(a1, y1, v128.load(line + y)));
        v128.store(line + y, f64x2.relaxed_madd(a2, y2, f64x2.relaxed_madd(a3, y3, a)));
        const b = f64x2.relaxed_madd(b0, y0, f64x2.relaxed_madd(b1, y1, v128.load(next + y)));
        v128.store(next + y, f64x2.relaxed_madd(b2, y2, f64x2.relaxed_madd(b3, y3, b)));
      }
    }
  }
}

/** Σ a_k b_k over k < n. */
function dot(a: usize, b: usize, n: usize): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  let at: usize = 0;
  for (const whole = (n & ~3) << 3; at < whole; at += 32) {
    sum0 = f64x2.add(sum0, f64x2.mul(v128.load(a + at), v128.load(b + at)));
    sum1 = f64x2.add(sum1, f64x2.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  const sum = f64x2.add(sum0, sum1);
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; at < n << 3; at += 8) total += load<f64>(a + at) * load<f64>(b + at);
  return total;
}

/** A → L of A = L Lᵀ, row by row. False, half done, at the first pivot that is not positive. Golub & Van Loan, §4.2. */
export function cholesky(matrix: usize, step: usize, D: u32): bool {
  for (let x: usize = 0; x < <usize>D; x++) {
    const row = matrix + x * step;
    for (let y: usize = 0; y < x; y++) {
      const other = matrix + y * step;
      const at = row + (y << 3);
      store<f64>(at, (load<f64>(at) - dot(row, other, y)) / load<f64>(other + (y << 3)));
    }
    const at = row + (x << 3);
    const pivot = load<f64>(at) - dot(row, row, x);
    if (!(pivot > 0)) return false;
    store<f64>(at, sqrt<f64>(pivot));
  }
  return true;
}

/** b → L⁻¹ b. */
export function solveLower(matrix: usize, step: usize, b: usize, D: u32): void {
  for (let x: usize = 0; x < <usize>D; x++) {
    const row = matrix + x * step;
    const at = b + (x << 3);
    store<f64>(at, (load<f64>(at) - dot(row, b, x)) / load<f64>(row + (x << 3)));
  }
}

/** b → L⁻ᵀ b: whenever a number is found, its row is taken out of those above. */
export function solveTransposed(matrix: usize, step: usize, b: usize, D: u32): void {
  for (let x: isize = <isize>D - 1; x >= 0; x--) {
    const row = matrix + <usize>x * step;
    const at = b + ((<usize>x) << 3);
    const found = load<f64>(at) / load<f64>(row + ((<usize>x) << 3));
    store<f64>(at, found);
    for (let y: usize = 0; y < (<usize>x) << 3; y += 8) {
      store<f64>(b + y, load<f64>(b + y) - found * load<f64>(row + y));
    }
  }
}
