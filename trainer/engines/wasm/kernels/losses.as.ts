/**
 * Errors over all entries (r, c, y) of a matrix of ratings, biases in slot S − 1 of both sides' rows.
 *
 *   prediction = b_r + b_c + Σ_{x < S−1} f g
 *   errors                 Σ (clip(prediction) − y)², Σ |clip(prediction) − y|
 *   expectedSquaredError   Σ (y − prediction)² + v_b + w_b + Σ_{x < S−1} (f² w + g² v)
 *
 * With 1 in the bias slot of f, (f, g) is the prediction less b_r; with a = f², and 1 in its bias slot, and 0 in v's,
 * the spread is (a, w) + (g ∘ g, v) + v_b: three rows that a row of ratings prepares once, in `scratch` (3, S).
 *
 * Shapes: means, variances (R, S); g, gVariances (C, S); sums (chunks), of errors (chunks, 2), float64, for CHUNK rows each.
 * Threads: chunks are fixed; the caller adds their sums in order. An entry is float32, every sum of entries float64.
 */
const CHUNK: i32 = 32;

export function errors(
  from: i32,
  to: i32,
  scratch: usize,
  rows: i32,
  offsets: usize,
  indices: usize,
  values: usize,
  means: usize,
  g: usize,
  low: f32,
  high: f32,
  sums: usize,
  S: usize,
): i32 {
  const line = S << 2;
  const bias = line - 4;
  for (let chunk = from; chunk < to; chunk++) {
    let squares: f64 = 0;
    let absolutes: f64 = 0;
    const last = min(rows, (chunk + 1) * CHUNK);
    for (let r = <usize>(chunk * CHUNK); r < <usize>last; r++) {
      memory.copy(scratch, means + r * line, line);
      const own = load<f32>(scratch + bias);
      store<f32>(scratch + bias, 1);
      const end = <usize>load<i32>(offsets + (r << 2), 4);
      for (let k = <usize>load<i32>(offsets + (r << 2)); k < end; k++) {
        const other = g + <usize>load<i32>(indices + (k << 2)) * line;
        let dot = f32x4.splat(0);
        for (let x: usize = 0; x < line; x += 16) {
          dot = f32x4.add(dot, f32x4.mul(v128.load(scratch + x), v128.load(other + x)));
        }
        const prediction = max(low, min(high, own + sumOfLanes(dot)));
        const error = <f64>(prediction - load<f32>(values + (k << 2)));
        squares += error * error;
        absolutes += abs(error);
      }
    }
    const at = sums + ((<usize>chunk) << 4);
    store<f64>(at, squares);
    store<f64>(at, absolutes, 8);
  }
  return 0;
}

export function expectedSquaredError(
  from: i32,
  to: i32,
  scratch: usize,
  rows: i32,
  offsets: usize,
  indices: usize,
  values: usize,
  means: usize,
  variances: usize,
  g: usize,
  gVariances: usize,
  sums: usize,
  S: usize,
): i32 {
  const line = S << 2;
  const bias = line - 4;
  const spreads = scratch + line;
  const ownSpreads = spreads + line;
  for (let chunk = from; chunk < to; chunk++) {
    let total: f64 = 0;
    const last = min(rows, (chunk + 1) * CHUNK);
    for (let r = <usize>(chunk * CHUNK); r < <usize>last; r++) {
      for (let x: usize = 0, at = r * line; x < line; x += 16, at += 16) {
        const f = v128.load(means + at);
        const v = v128.load(variances + at);
        v128.store(scratch + x, f);
        v128.store(spreads + x, f32x4.mul(f, f));
        v128.store(ownSpreads + x, v);
      }
      const own = load<f32>(scratch + bias);
      const ownSpread = load<f32>(ownSpreads + bias);
      store<f32>(scratch + bias, 1);
      store<f32>(spreads + bias, 1);
      store<f32>(ownSpreads + bias, 0);
      const end = <usize>load<i32>(offsets + (r << 2), 4);
      for (let k = <usize>load<i32>(offsets + (r << 2)); k < end; k++) {
        const column = <usize>load<i32>(indices + (k << 2)) * line;
        let dot = f32x4.splat(0);
        let spread = dot;
        for (let x: usize = 0; x < line; x += 16) {
          const other = v128.load(g + column + x);
          dot = f32x4.add(dot, f32x4.mul(v128.load(scratch + x), other));
          spread = f32x4.add(spread, f32x4.mul(v128.load(spreads + x), v128.load(gVariances + column + x)));
          spread = f32x4.add(spread, f32x4.mul(v128.load(ownSpreads + x), f32x4.mul(other, other)));
        }
        const error = <f64>(load<f32>(values + (k << 2)) - own - sumOfLanes(dot));
        total += error * error + <f64>(ownSpread + sumOfLanes(spread));
      }
    }
    store<f64>(sums + ((<usize>chunk) << 3), total);
  }
  return 0;
}

function sumOfLanes(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
