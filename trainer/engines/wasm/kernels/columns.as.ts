import { SUMMED_ROWS } from './sizes.as';

/**
 * Column-wise algebra on tall matrices (rows, S), for conjugate gradients.
 *
 *   columnDots       sums (chunks, S) ← Σ a ∘ b over the SUMMED_ROWS rows of each chunk, float64
 *   columnScaleAdd   out (rows, S) ← base + factors ∘ x, the same factors (S) for every row
 *
 * Memory: rows are contiguous, 4 S bytes each. A chunk's sums stay in registers, 8 columns at a time.
 * Threads: chunks are fixed and the caller adds their sums in order, so the bytes do not depend on the number of threads.
 * Source: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", J. Res. NBS 49, 1952.
 */

export function columnDots(
  from: i32,
  to: i32,
  _scratch: usize,
  a: usize,
  b: usize,
  rows: usize,
  sums: usize,
  S: usize,
): i32 {
  const line = S << 2;
  for (let chunk = <usize>from; chunk < <usize>to; chunk++) {
    const begin = chunk * SUMMED_ROWS * line;
    const end = min(rows, (chunk + 1) * SUMMED_ROWS) * line;
    for (let x: usize = 0; x < line; x += 32) {
      let s0 = f64x2.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let at = begin + x; at < end; at += line) {
        const a0 = v128.load(a + at);
        const a1 = v128.load(a + at, 16);
        const b0 = v128.load(b + at);
        const b1 = v128.load(b + at, 16);
        s0 = f64x2.add(s0, f64x2.mul(f64x2.promote_low_f32x4(a0), f64x2.promote_low_f32x4(b0)));
        s1 = f64x2.add(s1, f64x2.mul(promoteHigh(a0), promoteHigh(b0)));
        s2 = f64x2.add(s2, f64x2.mul(f64x2.promote_low_f32x4(a1), f64x2.promote_low_f32x4(b1)));
        s3 = f64x2.add(s3, f64x2.mul(promoteHigh(a1), promoteHigh(b1)));
      }
      const out = sums + ((chunk * line + x) << 1);
      v128.store(out, s0);
      v128.store(out, s1, 16);
      v128.store(out, s2, 32);
      v128.store(out, s3, 48);
    }
  }
  return 0;
}

export function columnScaleAdd(
  from: i32,
  to: i32,
  _scratch: usize,
  out: usize,
  base: usize,
  factors: usize,
  x: usize,
  S: usize,
): i32 {
  const line = S << 2;
  const end = <usize>to * line;
  for (let row = <usize>from * line; row < end; row += line) {
    for (let k: usize = 0; k < line; k += 16) {
      const product = f32x4.mul(v128.load(factors + k), v128.load(x + row + k));
      v128.store(out + row + k, f32x4.add(v128.load(base + row + k), product));
    }
  }
  return 0;
}

function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}
