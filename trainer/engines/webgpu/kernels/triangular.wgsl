/*
 * What a blocked Cholesky factorisation needs beside products. Blocks are (64, 64); the identity completes the last one.
 *   factorBlock    the diagonal block of `matrix` at (first, first) ← its Cholesky factor L below the diagonal,
 *                  blocks[0] ← L⁻¹; a pivot that is not positive sets `status`
 *   invertBlocks   blocks[i] ← inverse of the i-th diagonal block of the lower factor in `matrix`
 *   paste          columns first … first + 63 of `matrix` ← the panel (count, 64) in `blocks`
 *   identity       blocks (·, width) ← ones on the diagonal
 * With the inverses, solving with a block is a product too.
 *
 * Threads: a workgroup takes a block, which is in workgroup memory (16 KB). It is factored column by column, and inverted in
 * place row by row. paste and identity take a thread an element.
 * Source: Du Croz & Higham, "Stability of methods for matrix inversion", IMA J. Numer. Anal. 12, 1992.
 */
struct Params {
  base: u32, // of the bound matrix: element (0, first) of paste, (first, 0) of the others
  width: u32,
  first: u32,
  count: u32, // rows of the matrix, or of the panel
  firstBlock: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> matrix: array<f32>;
@group(0) @binding(2) var<storage, read_write> blocks: array<f32>;
@group(0) @binding(3) var<storage, read_write> status: array<u32>;

const BLOCK = 64u;
const THREADS = 256u;

var<workgroup> l: array<f32, BLOCK * BLOCK>;

/** Whether a pivot is a positive, finite number; on its bits, since comparisons with NaN may be optimised away. */
fn positive(x: f32) -> bool { return bitcast<u32>(x) - 1u < 0x7f7fffffu; }

/** l ← `size` rows of the lower triangle whose first element is at `at`, completed by the identity. */
fn load(at: u32, size: u32, t: u32) {
  for (var e = t; e < BLOCK * BLOCK; e += THREADS) {
    let i = e / BLOCK;
    let j = e % BLOCK;
    var value = select(0.0, 1.0, i == j);
    if (i < size && j <= i) { value = matrix[at + i * p.width + j]; }
    l[e] = value;
  }
  workgroupBarrier();
}

/** l ← l⁻¹: row i from the rows above it, X_ij = −(Σ_{j ≤ k < i} l_ik X_kj) / l_ii. */
fn invert(t: u32) {
  for (var i = 0u; i < BLOCK; i++) {
    let pivot = l[i * BLOCK + i];
    var value = 1.0 / pivot;
    if (t < i) {
      var sum = 0.0;
      for (var k = t; k < i; k++) { sum += l[i * BLOCK + k] * l[k * BLOCK + t]; }
      value = -sum / pivot;
    }
    workgroupBarrier();
    if (t <= i) { l[i * BLOCK + t] = value; }
    workgroupBarrier();
  }
}

fn store(block: u32, t: u32) {
  for (var e = t; e < BLOCK * BLOCK; e += THREADS) { blocks[block * BLOCK * BLOCK + e] = l[e]; }
}

@compute @workgroup_size(THREADS)
fn factorBlock(@builtin(local_invocation_index) t: u32) {
  let size = min(BLOCK, p.count - p.first);
  let at = p.base + p.first;
  load(at, size, t);
  for (var k = 0u; k < BLOCK; k++) {
    let square = l[k * BLOCK + k];
    if (t == 0u && !positive(square)) { status[0] = 1u; }
    let pivot = sqrt(square);
    workgroupBarrier();
    if (t < BLOCK && t >= k) { l[t * BLOCK + k] = select(l[t * BLOCK + k] / pivot, pivot, t == k); }
    workgroupBarrier();
    for (var i = k + 1u + t / BLOCK; i < BLOCK; i += THREADS / BLOCK) {
      let j = t % BLOCK;
      if (j > k && j <= i) { l[i * BLOCK + j] -= l[i * BLOCK + k] * l[j * BLOCK + k]; }
    }
    workgroupBarrier();
  }
  for (var e = t; e < BLOCK * BLOCK; e += THREADS) {
    if (e / BLOCK < size && e % BLOCK <= e / BLOCK) { matrix[at + (e / BLOCK) * p.width + e % BLOCK] = l[e]; }
  }
  invert(t);
  store(p.firstBlock, t);
}

@compute @workgroup_size(THREADS)
fn invertBlocks(@builtin(local_invocation_index) t: u32, @builtin(workgroup_id) group: vec3u) {
  let row = group.x * BLOCK;
  load(p.base + row * p.width + p.first + row, min(BLOCK, p.count - row), t);
  invert(t);
  store(p.firstBlock + group.x, t);
}

@compute @workgroup_size(THREADS)
fn paste(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let e = (group.x + group.y * grid.x) * THREADS + t;
  if (e >= p.count * BLOCK) { return; }
  matrix[p.base + (e / BLOCK) * p.width + p.first + e % BLOCK] = blocks[p.firstBlock * BLOCK + e];
}

@compute @workgroup_size(THREADS)
fn identity(@builtin(local_invocation_index) t: u32, @builtin(workgroup_id) group: vec3u) {
  let i = group.x * THREADS + t;
  if (i < p.count) { blocks[i * p.width + i] = 1.0; }
}
