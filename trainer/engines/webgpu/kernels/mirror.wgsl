/*
 * A (n, n) ← A + Aᵀ in place.
 *
 * Threads: a workgroup takes a block (BLOCK, BLOCK) at or below the diagonal and the block that mirrors it, both through
 * workgroup memory (8 KB, padded against bank conflicts), so that reads and writes are contiguous.
 * Memory: `lower` binds the rows of A from firstLower on, where the blocks are, `upper` those from firstUpper on, where their
 * mirrors are. Where both are the same rows (SAME), only `lower` is bound: a buffer must not be bound twice for writing.
 * Source: Ruetsch & Micikevicius, "Optimizing matrix transpose in CUDA", 2009.
 */
struct Params {
  n: u32,
  firstLower: u32,
  endLower: u32,
  firstUpper: u32,
  endUpper: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> lower: array<f32>;
@group(0) @binding(2) var<storage, read_write> upper: array<f32>;

const BLOCK = 32u;
const THREADS = 256u;

var<workgroup> below: array<f32, BLOCK * (BLOCK + 1u)>;
var<workgroup> above: array<f32, BLOCK * (BLOCK + 1u)>;

@compute @workgroup_size(THREADS)
fn mirror(@builtin(local_invocation_index) t: u32, @builtin(workgroup_id) group: vec3u) {
  let row = p.firstLower + group.y * BLOCK;
  let column = p.firstUpper + group.x * BLOCK;
  if (column > row) { return; }
  let c = t % BLOCK;
  for (var r = t / BLOCK; r < BLOCK; r += THREADS / BLOCK) {
    let slot = r * (BLOCK + 1u) + c;
    if (row + r < p.endLower && column + c < p.endUpper) { below[slot] = lower[(row + r - p.firstLower) * p.n + column + c]; }
    if (column + r < p.endUpper && row + c < p.endLower) {
      let at = (column + r - p.firstUpper) * p.n + row + c;
      if (SAME) { above[slot] = lower[at]; } else { above[slot] = upper[at]; }
    }
  }
  workgroupBarrier();
  for (var r = t / BLOCK; r < BLOCK; r += THREADS / BLOCK) {
    let slot = r * (BLOCK + 1u) + c;
    let mirrored = c * (BLOCK + 1u) + r;
    if (row + r < p.endLower && column + c < p.endUpper) {
      lower[(row + r - p.firstLower) * p.n + column + c] = below[slot] + above[mirrored];
    }
    if (row == column || column + r >= p.endUpper || row + c >= p.endLower) { continue; }
    let at = (column + r - p.firstUpper) * p.n + row + c;
    let sum = above[slot] + below[mirrored];
    if (SAME) { lower[at] = sum; } else { upper[at] = sum; }
  }
}
