import { gatherSums } from './gather.as';
import { SUMMED_ROWS } from './sizes.as';

/**
 * Products with the features of one side, X (R, C + P) = [diag(scale) · pattern, features]: the implicit prior's regression.
 *
 *   project        out (R, S) ← X V:   out_r = scale_r Σ_c V_c + Σ_k features_rk V_{C+k}
 *   backproject    Xᵀ T + ridge · V in two kernels, so that the scale is applied once a row and not once an entry:
 *     scaleRows      scaled (R, S) ← scale ∘ T, and for each chunk of SUMMED_ROWS rows the sums (P, S) Σ_r features_rk T_r
 *     gatherScaled   out_c ← Σ_r scaled_r + ridge V_c; the caller adds the chunks' sums to the P last rows
 *
 * Most features (genres, years) are zeros, which are skipped. Indices are those of the pattern (R, C), or of its transpose
 * for gatherScaled.
 * Threads: the items of both gathers are parts (`gather.as.ts`). Chunks are fixed and the caller adds them in order, so the
 * bytes do not depend on the number of threads.
 * Source: the implicit part of SVD++ (Koren, "Factorization meets the neighborhood", KDD 2008), as a ridge regression.
 */

/** out (S) += factor · x. */
function addScaled(factor: f32, x: usize, line: usize, out: usize): void {
  const weight = f32x4.splat(factor);
  for (let k: usize = 0; k < line; k += 16) {
    v128.store(out + k, f32x4.add(v128.load(out + k), f32x4.mul(weight, v128.load(x + k))));
  }
}

export function project(
  from: i32,
  to: i32,
  scratch: usize,
  parts: usize,
  order: usize,
  offsets: usize,
  indices: usize,
  scale: usize,
  features: usize,
  P: usize,
  V: usize,
  columns: usize,
  out: usize,
  S: usize,
): i32 {
  const line = S << 2;
  const dense = V + columns * line;
  for (let part = parts + ((<usize>from) << 2); part < parts + ((<usize>to) << 2); part += 4) {
    gatherSums(part, scratch, order, offsets, indices, V, columns, S);
    let sum = scratch;
    for (let o = load<u32>(part); o < load<u32>(part, 4); o++, sum += line) {
      const r = <usize>load<i32>(order + ((<usize>o) << 2));
      const s = v128.load32_splat(scale + (r << 2));
      const at = out + r * line;
      for (let x: usize = 0; x < line; x += 16) v128.store(at + x, f32x4.mul(v128.load(sum + x), s));
      for (let k: usize = 0; k < P; k++) {
        const feature = load<f32>(features + ((r * P + k) << 2));
        if (feature != 0) addScaled(feature, dense + k * line, line, at);
      }
    }
  }
  return 0;
}

/** Chunks [from, to): scaled rows (R, S), and the sums (P, S) of each chunk. */
export function scaleRows(
  from: i32,
  to: i32,
  _scratch: usize,
  T: usize,
  rows: usize,
  scale: usize,
  features: usize,
  P: usize,
  scaled: usize,
  sums: usize,
  S: usize,
): i32 {
  const line = S << 2;
  for (let chunk = <usize>from; chunk < <usize>to; chunk++) {
    const sum = sums + chunk * P * line;
    memory.fill(sum, 0, P * line);
    const last = min(rows, (chunk + 1) * SUMMED_ROWS);
    for (let r = chunk * SUMMED_ROWS; r < last; r++) {
      const t = T + r * line;
      const to = scaled + r * line;
      const s = v128.load32_splat(scale + (r << 2));
      for (let x: usize = 0; x < line; x += 16) v128.store(to + x, f32x4.mul(v128.load(t + x), s));
      for (let k: usize = 0; k < P; k++) {
        const feature = load<f32>(features + ((r * P + k) << 2));
        if (feature != 0) addScaled(feature, t, line, sum + k * line);
      }
    }
  }
  return 0;
}

export function gatherScaled(
  from: i32,
  to: i32,
  scratch: usize,
  parts: usize,
  order: usize,
  offsets: usize,
  indices: usize,
  scaled: usize,
  rows: usize,
  ridge: f32,
  V: usize,
  out: usize,
  S: usize,
): i32 {
  const line = S << 2;
  for (let part = parts + ((<usize>from) << 2); part < parts + ((<usize>to) << 2); part += 4) {
    gatherSums(part, scratch, order, offsets, indices, scaled, rows, S);
    let sum = scratch;
    for (let o = load<u32>(part); o < load<u32>(part, 4); o++, sum += line) {
      const at = <usize>load<i32>(order + ((<usize>o) << 2)) * line;
      memory.copy(out + at, sum, line);
      addScaled(ridge, V + at, line, out + at);
    }
  }
  return 0;
}
