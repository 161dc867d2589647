import { LOSS_ROWS } from './sizes.as';

/**
 * Sums of errors over all entries (r, c, y) of a matrix of ratings. Biases b stand in slot S − 1 of both sides' rows.
 *
 *   prediction = b_r + b_c + Σ_{x < S−1} f g
 *   errors                 Σ (clip(prediction) − y)², Σ |clip(prediction) − y|
 *   expectedSquaredError   Σ (y − prediction)² + v_b + w_b + Σ_{x < S−1} (f² w + g² v)
 *
 * A row of ratings prepares three rows in `scratch` (3, S): f with 1 in the bias slot, whose dot product with g is the
 * prediction less b_r; f² with 1 in the bias slot; v with 0 in it. The prediction's variance is then f² · w + v · g² + v_b.
 *
 * Shapes: means f, variances v (R, S); g, gVariances w (C, S); sums (chunks), or (chunks, 2) of `errors`, float64, one for
 * LOSS_ROWS rows each.
 * Threads: chunks are fixed and the caller adds their sums in order. An entry's error is float32, all sums are float64.
 */

/** Bytes of scratch for rows of width S. */
export function lossesScratch(S: usize): usize {
  return 3 * (S << 2);
}

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
    const last = min(rows, (chunk + 1) * <i32>LOSS_ROWS);
    for (let r = <usize>(chunk * <i32>LOSS_ROWS); r < <usize>last; r++) {
      memory.copy(scratch, means + r * line, line);
      const rowBias = load<f32>(scratch + bias);
      store<f32>(scratch + bias, 1);
      const end = <usize>load<i32>(offsets + (r << 2), 4);
      for (let k = <usize>load<i32>(offsets + (r << 2)); k < end; k++) {
        const other = g + <usize>load<i32>(indices + (k << 2)) * line;
        let dot = f32x4.splat(0);
        for (let x: usize = 0; x < line; x += 16) {
          dot = f32x4.add(dot, f32x4.mul(v128.load(scratch + x), v128.load(other + x)));
        }
        const prediction = max(low, min(high, rowBias + sumOfLanes(dot)));
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
  const squaredFactors = scratch + line;
  const rowVariances = squaredFactors + line;
  for (let chunk = from; chunk < to; chunk++) {
    let total: f64 = 0;
    const last = min(rows, (chunk + 1) * <i32>LOSS_ROWS);
    for (let r = <usize>(chunk * <i32>LOSS_ROWS); r < <usize>last; r++) {
      for (let x: usize = 0, at = r * line; x < line; x += 16, at += 16) {
        const f = v128.load(means + at);
        const v = v128.load(variances + at);
        v128.store(scratch + x, f);
        v128.store(squaredFactors + x, f32x4.mul(f, f));
        v128.store(rowVariances + x, v);
      }
      const rowBias = load<f32>(scratch + bias);
      const biasVariance = load<f32>(rowVariances + bias);
      store<f32>(scratch + bias, 1);
      store<f32>(squaredFactors + bias, 1);
      store<f32>(rowVariances + bias, 0);
      const end = <usize>load<i32>(offsets + (r << 2), 4);
      for (let k = <usize>load<i32>(offsets + (r << 2)); k < end; k++) {
        const column = <usize>load<i32>(indices + (k << 2)) * line;
        let dot = f32x4.splat(0);
        let spread = dot;
        for (let x: usize = 0; x < line; x += 16) {
          const other = v128.load(g + column + x);
          dot = f32x4.add(dot, f32x4.mul(v128.load(scratch + x), other));
          spread = f32x4.add(spread, f32x4.mul(v128.load(squaredFactors + x), v128.load(gVariances + column + x)));
          spread = f32x4.add(spread, f32x4.mul(v128.load(rowVariances + x), f32x4.mul(other, other)));
        }
        const error = <f64>(load<f32>(values + (k << 2)) - rowBias - sumOfLanes(dot));
        total += error * error + <f64>(biasVariance + sumOfLanes(spread));
      }
    }
    store<f64>(sums + ((<usize>chunk) << 3), total);
  }
  return 0;
}

function sumOfLanes(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
