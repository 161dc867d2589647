import { gram } from './parts/tile.as';

const BATCH: usize = 64;
/** Rows of a chunk. */
const CHUNK: usize = 1024;

/**
 * Scatter of one side about its prior means, for the prior precision: for each chunk of CHUNK rows
 *
 *   out (chunks, S, S), upper triangles: Σ_r (f_r − m_r)(f_r − m_r)ᵀ + diag Σ_r v_r
 *
 * Memory: `scratch` holds one batch of differences in panels (S / 8, BATCH, 8) for the register tiles.
 * Threads: chunks are fixed; the caller adds them in float64 in their order.
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
    const last = min(rows, (chunk + 1) * CHUNK);
    for (let r = chunk * CHUNK; r < last; r += BATCH) {
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
