import { NEGATE, SUBTRACT, tile } from './tile.as';

/**
 * Cholesky factor, solve and inverse of one small matrix (S, S), S a multiple of 4: the posterior of a row, or a
 * diagonal block of a large matrix.
 *
 *   A = Uᵀ U      y = U⁻ᵀ b      V = U⁻¹      x = V y      diag A⁻¹ = row sums of V ∘ V
 *
 * Both run left-looking by blocks of four rows: a register tile subtracts everything known, then registers finish the four
 * rows together. The finished rows of U are mirrored below the diagonal, because the inverse needs U by columns and a tile
 * reads four neighbours.
 *
 * Memory: rows of `matrix` and `inverse` are `step` bytes apart and hold at least S + 4 floats, because tiles are 8 wide and
 * rows are finished by 4. The spare columns of `matrix` start as any finite numbers. `inverse` starts as zeros; its lower
 * triangle stays so.
 * Source: Golub and Van Loan, "Matrix computations", 4th ed., 2013, §4.2.
 */

/**
 * matrix ← U from the upper triangle of A, mirrored below the diagonal; rhs (S) ← y from b; reciprocals (S) ← 1 / u_kk.
 *
 * @returns false at a pivot that is not positive
 */
export function factor(matrix: usize, step: usize, S: usize, rhs: usize, reciprocals: usize): bool {
  for (let k: usize = 0; k < S; k += 4) {
    const row0 = matrix + k * step;
    const row1 = row0 + step;
    const row2 = row1 + step;
    const row3 = row2 + step;
    const k4 = k << 2;
    if (k > 0) {
      for (let j = k4; j < S << 2; j += 32) tile(matrix + k4, step, matrix + j, step, k, row0 + j, step, SUBTRACT);
    }
    const p0 = load<f32>(row0 + k4);
    const d0: f32 = 1 / sqrt<f32>(p0);
    const u01 = load<f32>(row0 + k4, 4) * d0;
    const u02 = load<f32>(row0 + k4, 8) * d0;
    const u03 = load<f32>(row0 + k4, 12) * d0;
    const p1 = load<f32>(row1 + k4, 4) - u01 * u01;
    const d1: f32 = 1 / sqrt<f32>(p1);
    const u12 = (load<f32>(row1 + k4, 8) - u01 * u02) * d1;
    const u13 = (load<f32>(row1 + k4, 12) - u01 * u03) * d1;
    const p2 = load<f32>(row2 + k4, 8) - u02 * u02 - u12 * u12;
    const d2: f32 = 1 / sqrt<f32>(p2);
    const u23 = (load<f32>(row2 + k4, 12) - u02 * u03 - u12 * u13) * d2;
    const p3 = load<f32>(row3 + k4, 12) - u03 * u03 - u13 * u13 - u23 * u23;
    const d3: f32 = 1 / sqrt<f32>(p3);
    // Written so that NaN fails too.
    if (!(p0 > 0 && p1 > 0 && p2 > 0 && p3 > 0)) return false;
    store<f32>(reciprocals + k4, d0);
    store<f32>(reciprocals + k4, d1, 4);
    store<f32>(reciprocals + k4, d2, 8);
    store<f32>(reciprocals + k4, d3, 12);
    const y0 = load<f32>(rhs + k4) * d0;
    const y1 = (load<f32>(rhs + k4, 4) - u01 * y0) * d1;
    const y2 = (load<f32>(rhs + k4, 8) - u02 * y0 - u12 * y1) * d2;
    const y3 = (load<f32>(rhs + k4, 12) - u03 * y0 - u13 * y1 - u23 * y2) * d3;
    store<f32>(rhs + k4, y0);
    store<f32>(rhs + k4, y1, 4);
    store<f32>(rhs + k4, y2, 8);
    store<f32>(rhs + k4, y3, 12);
    store<f32>(row0 + k4, p0 * d0);
    store<f32>(row0 + k4, u01, 4);
    store<f32>(row0 + k4, u02, 8);
    store<f32>(row0 + k4, u03, 12);
    store<f32>(row1 + k4, p1 * d1, 4);
    store<f32>(row1 + k4, u12, 8);
    store<f32>(row1 + k4, u13, 12);
    store<f32>(row2 + k4, p2 * d2, 8);
    store<f32>(row2 + k4, u23, 12);
    store<f32>(row3 + k4, p3 * d3, 12);

    let mirror = row3 + step + k4;
    for (let j = k4 + 16; j < S << 2; j += 16) {
      const r0 = f32x4.mul(v128.load(row0 + j), f32x4.splat(d0));
      let r1 = f32x4.sub(v128.load(row1 + j), f32x4.mul(r0, f32x4.splat(u01)));
      r1 = f32x4.mul(r1, f32x4.splat(d1));
      let r2 = f32x4.sub(v128.load(row2 + j), f32x4.mul(r0, f32x4.splat(u02)));
      r2 = f32x4.mul(f32x4.sub(r2, f32x4.mul(r1, f32x4.splat(u12))), f32x4.splat(d2));
      let r3 = f32x4.sub(v128.load(row3 + j), f32x4.mul(r0, f32x4.splat(u03)));
      r3 = f32x4.sub(r3, f32x4.mul(r1, f32x4.splat(u13)));
      r3 = f32x4.mul(f32x4.sub(r3, f32x4.mul(r2, f32x4.splat(u23))), f32x4.splat(d3));
      v128.store(row0 + j, r0);
      v128.store(row1 + j, r1);
      v128.store(row2 + j, r2);
      v128.store(row3 + j, r3);
      let known = f32x4.add(f32x4.mul(r0, f32x4.splat(y0)), f32x4.mul(r1, f32x4.splat(y1)));
      known = f32x4.add(known, f32x4.add(f32x4.mul(r2, f32x4.splat(y2)), f32x4.mul(r3, f32x4.splat(y3))));
      v128.store(rhs + j, f32x4.sub(v128.load(rhs + j), known));
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(mirror, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      mirror += step;
      v128.store(mirror, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
      mirror += step;
      v128.store(mirror, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
      mirror += step;
      v128.store(mirror, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
      mirror += step;
    }
  }
  return true;
}

/**
 * inverse ← V = U⁻¹ from the mirrored U of `factor`, x (S) ← V y, diagonal (S) ← diag A⁻¹. `diagonal` must not overlap a
 * row that is still to be read.
 */
export function invert(
  matrix: usize,
  inverse: usize,
  step: usize,
  S: usize,
  reciprocals: usize,
  y: usize,
  x: usize,
  diagonal: usize,
): void {
  const end = S << 2;
  for (let i = S; i > 0; ) {
    i -= 4;
    const i4 = i << 2;
    const u = matrix + i * step + i4;
    const row0 = inverse + i * step;
    const row1 = row0 + step;
    const row2 = row1 + step;
    const row3 = row2 + step;
    // V is upper triangular, so columns j … j + 7 take nothing from rows below j + 7.
    for (let j = i + 4; j < S; j += 8) {
      const depth = min(S, j + 8) - i - 4;
      tile(u + (step << 2), step, inverse + (i + 4) * step + (j << 2), step, depth, row0 + (j << 2), step, NEGATE);
    }
    const d0 = f32x4.splat(load<f32>(reciprocals + i4));
    const d1 = f32x4.splat(load<f32>(reciprocals + i4, 4));
    const d2 = f32x4.splat(load<f32>(reciprocals + i4, 8));
    const d3 = f32x4.splat(load<f32>(reciprocals + i4, 12));
    const u01 = v128.load32_splat(u, 4);
    const u02 = v128.load32_splat(u, 8);
    const u03 = v128.load32_splat(u, 12);
    const u12 = v128.load32_splat(u + step, 8);
    const u13 = v128.load32_splat(u + step, 12);
    const u23 = v128.load32_splat(u + (step << 1), 12);
    v128.store(row0 + i4, f32x4(1, 0, 0, 0));
    v128.store(row1 + i4, f32x4(0, 1, 0, 0));
    v128.store(row2 + i4, f32x4(0, 0, 1, 0));
    v128.store(row3 + i4, f32x4(0, 0, 0, 1));
    let x0 = f32x4.splat(0);
    let x1 = x0;
    let x2 = x0;
    let x3 = x0;
    let q0 = x0;
    let q1 = x0;
    let q2 = x0;
    let q3 = x0;
    for (let j = i4; j < end; j += 16) {
      const v3 = f32x4.mul(v128.load(row3 + j), d3);
      const v2 = f32x4.mul(f32x4.sub(v128.load(row2 + j), f32x4.mul(u23, v3)), d2);
      let v1 = f32x4.sub(v128.load(row1 + j), f32x4.mul(u13, v3));
      v1 = f32x4.mul(f32x4.sub(v1, f32x4.mul(u12, v2)), d1);
      let v0 = f32x4.sub(v128.load(row0 + j), f32x4.mul(u03, v3));
      v0 = f32x4.sub(v0, f32x4.mul(u02, v2));
      v0 = f32x4.mul(f32x4.sub(v0, f32x4.mul(u01, v1)), d0);
      v128.store(row3 + j, v3);
      v128.store(row2 + j, v2);
      v128.store(row1 + j, v1);
      v128.store(row0 + j, v0);
      const known = v128.load(y + j);
      x0 = f32x4.add(x0, f32x4.mul(v0, known));
      x1 = f32x4.add(x1, f32x4.mul(v1, known));
      x2 = f32x4.add(x2, f32x4.mul(v2, known));
      x3 = f32x4.add(x3, f32x4.mul(v3, known));
      q0 = f32x4.add(q0, f32x4.mul(v0, v0));
      q1 = f32x4.add(q1, f32x4.mul(v1, v1));
      q2 = f32x4.add(q2, f32x4.mul(v2, v2));
      q3 = f32x4.add(q3, f32x4.mul(v3, v3));
    }
    v128.store(x + i4, f32x4(sumOfLanes(x0), sumOfLanes(x1), sumOfLanes(x2), sumOfLanes(x3)));
    v128.store(diagonal + i4, f32x4(sumOfLanes(q0), sumOfLanes(q1), sumOfLanes(q2), sumOfLanes(q3)));
  }
}

function sumOfLanes(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
