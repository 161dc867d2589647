import { gram } from './parts/tile.as';
import { SUMMED_ROWS } from './sizes.as';

/** Rows whose differences are packed before the Gram matrix takes them. */
const BATCH: usize = 64;

/** Bytes of scratch for rows of width S. */
export function scatterScratch(S: usize): usize {
  return BATCH * (S << 2);
}

/**
 * Scatter of one side about its prior means, from which the prior precision is learned. For each chunk of SUMMED_ROWS rows:
 *
 *   out (chunks, S, S), upper triangles ← Σ_r (f_r − m_r)(f_r − m_r)ᵀ + diag Σ_r v_r
 *
 * Shapes: means f, priorMeans m, variances v (rows, S).
 * Memory: `scratch` holds one batch of differences in panels (S / 8, BATCH, 8) for the register tiles.
 * Threads: chunks are fixed. The caller adds them in order, in float64.
 */
export function scatter(
  from: i32,
  to: i32,
  scratch: usize,
  means: usize,
  priorMeans: usize,
  variances: usize,
  rows: usize,
  out: usize,
  S: usize,
): i32 {
  const line = S << 2;
  for (let chunk = <usize>from; chunk < <usize>to; chunk++) {
    const sum = out + chunk * S * line;
    memory.fill(sum, 0, S * line);
    const last = min(rows, (chunk + 1) * SUMMED_ROWS);
    for (let r = chunk * SUMMED_ROWS; r < last; r += BATCH) {
      const depth = min(BATCH, last - r);
      for (let k: usize = 0; k < depth; k++) {
        const at = (r + k) * line;
        for (let x: usize = 0, panel = scratch + (k << 5); x < line; x += 32, panel += BATCH << 5) {
          v128.store(panel, f32x4.sub(v128.load(means + at + x), v128.load(priorMeans + at + x)));
          v128.store(panel, f32x4.sub(v128.load(means + at + x, 16), v128.load(priorMeans + at + x, 16)), 16);
        }
        for (let x: usize = 0, diagonal = sum; x < line; x += 4, diagonal += line + 4) {
          store<f32>(diagonal, load<f32>(diagonal) + load<f32>(variances + at + x));
        }
      }
      gram(scratch, BATCH, depth, S, sum, line);
    }
  }
  return 0;
}
