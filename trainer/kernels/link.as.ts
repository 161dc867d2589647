/**
 * Products with the features of one side, X (R, C + P) = [diag(scale) · pattern, features].
 *
 *   project            out (R, S) = X V:   out_r = scale_r Σ_c V_c + Σ_k features_rk V_{C+k}
 *   Xᵀ T + ridge · V   in two kernels, so that the scale is applied once a row and not once an entry:
 *     scaleRows     scaled (R, S) = scale ∘ T, and for each chunk of CHUNK rows the sums (P, S) Σ_r features_rk T_r
 *     gatherScaled  out_c = Σ_r scaled_r + ridge V_c;   the caller adds the chunks' sums into the P last rows
 *
 * Both gathers add whole rows of S floats, four entries in flight: how fast the caches hand over rows is what bounds
 * them. Features are mostly zeros (genres, years), which are skipped.
 * Memory: `scratch` (S) holds a row's sum. Indices are those of the pattern (R, C), or of its transpose for gatherScaled.
 * Threads: rows in `order`, longest first, each by one thread; chunks are fixed and the caller adds them in order, so the
 * bytes do not depend on the number of threads.
 */

/** out (S) = Σ of the rows of V that `indices` names. */
function gatherSum(begin: usize, end: usize, indices: usize, V: usize, S: usize, out: usize): void {
  const line = S << 2;
  memory.fill(out, 0, line);
  let k = indices + (begin << 2);
  const last = indices + (end << 2);
  for (; k + 16 <= last; k += 16) {
    const p0 = V + <usize>load<i32>(k) * line;
    const p1 = V + <usize>load<i32>(k, 4) * line;
    const p2 = V + <usize>load<i32>(k, 8) * line;
    const p3 = V + <usize>load<i32>(k, 12) * line;
    for (let x: usize = 0; x < line; x += 32) {
      const low = f32x4.add(v128.load(p0 + x), v128.load(p1 + x));
      const high = f32x4.add(v128.load(p0 + x, 16), v128.load(p1 + x, 16));
      const low2 = f32x4.add(v128.load(p2 + x), v128.load(p3 + x));
      const high2 = f32x4.add(v128.load(p2 + x, 16), v128.load(p3 + x, 16));
      v128.store(out + x, f32x4.add(v128.load(out + x), f32x4.add(low, low2)));
      v128.store(out + x, f32x4.add(v128.load(out + x, 16), f32x4.add(high, high2)), 16);
    }
  }
  for (; k < last; k += 4) {
    const p = V + <usize>load<i32>(k) * line;
    for (let x: usize = 0; x < line; x += 16) {
      v128.store(out + x, f32x4.add(v128.load(out + x), v128.load(p + x)));
    }
  }
}

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
  for (let o = from; o < to; o++) {
    const r = <usize>load<i32>(order + ((<usize>o) << 2));
    gatherSum(<usize>load<i32>(offsets + (r << 2)), <usize>load<i32>(offsets + (r << 2), 4), indices, V, S, scratch);
    const s = v128.load32_splat(scale + (r << 2));
    const at = out + r * line;
    for (let x: usize = 0; x < line; x += 16) v128.store(at + x, f32x4.mul(v128.load(scratch + x), s));
    for (let k: usize = 0; k < P; k++) {
      const feature = load<f32>(features + ((r * P + k) << 2));
      if (feature != 0) addScaled(feature, dense + k * line, line, at);
    }
  }
  return 0;
}

/** Rows of a chunk of `scaleRows`. */
const CHUNK: usize = 1024;

/** Chunks [from, to): scaled rows, and sums (P, S) for each chunk. */
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
    const last = min(rows, (chunk + 1) * CHUNK);
    for (let r = chunk * CHUNK; r < last; r++) {
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
  order: usize,
  offsets: usize,
  indices: usize,
  scaled: usize,
  ridge: f32,
  V: usize,
  out: usize,
  S: usize,
): i32 {
  const line = S << 2;
  const weight = f32x4.splat(ridge);
  for (let o = from; o < to; o++) {
    const c = <usize>load<i32>(order + ((<usize>o) << 2));
    gatherSum(
      <usize>load<i32>(offsets + (c << 2)),
      <usize>load<i32>(offsets + (c << 2), 4),
      indices,
      scaled,
      S,
      scratch,
    );
    for (let x: usize = 0, at = c * line; x < line; x += 16, at += 16) {
      v128.store(out + at, f32x4.add(v128.load(scratch + x), f32x4.mul(weight, v128.load(V + at))));
    }
  }
  return 0;
}
