/*
 * Products of dense matrices, any of them a part of a larger one:
 *   out (n, c) ← alpha · A B, or out + alpha · A B with ADD
 * A is (n, m), or (m, n) with TRANSPOSED_A; B is (m, c), or (c, m) with TRANSPOSED_B. LOWER leaves out what is above the
 * diagonal of the whole matrix, of which element (0, 0) of out is `below` rows down.
 *
 * Threads: a workgroup computes TILE × TILE elements of out, a thread V × V matrices of 4 × 4 of them in registers, 16
 * rows and columns apart; DEPTH columns of A and rows of B at a time stand in workgroup memory, padded against bank
 * conflicts. Along z the depth m is cut into slices of `depth`, whose products lie `stride` apart in out: tall matrices get
 * partial sums, to be added by `sums` of columns.wgsl.
 * Source: Volkov & Demmel, "Benchmarking GPUs to tune dense linear algebra", SC 2008.
 */
struct Params {
  n: u32,
  m: u32,
  c: u32,
  firstA: u32,
  widthA: u32,
  firstB: u32,
  widthB: u32,
  firstOut: u32,
  widthOut: u32,
  depth: u32,
  stride: u32,
  below: i32,
  flags: u32,
  alpha: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const ADD = 1u;
const TRANSPOSED_A = 2u;
const TRANSPOSED_B = 4u;
const LOWER = 8u;

const THREADS = 256u;
const SIDE = 16u;
const V = TILE / (4u * SIDE);
const DEPTH = 16u;
const STEP = TILE + 1u;

var<workgroup> stagedA: array<f32, DEPTH * STEP>;
var<workgroup> stagedB: array<f32, DEPTH * STEP>;
/** Column i of matrix (u, v) is row 64 u + 16 i + ty of the tile, at columns 64 v + 16 j + tx. */
var<private> sum: array<mat4x4f, V * V>;

fn has(flag: u32) -> bool { return (p.flags & flag) != 0u; }

/** Neighbouring threads read neighbours in memory, whichever way the matrix lies. */
fn stageA(t: u32, row: u32, start: u32, end: u32) {
  let turned = has(TRANSPOSED_A);
  for (var e = t; e < TILE * DEPTH; e += THREADS) {
    let r = select(e / DEPTH, e % TILE, turned);
    let k = select(e % DEPTH, e / TILE, turned);
    var value = 0.0;
    if (row + r < p.n && start + k < end) {
      value = a[p.firstA + select((row + r) * p.widthA + start + k, (start + k) * p.widthA + row + r, turned)];
    }
    stagedA[k * STEP + r] = value;
  }
}

fn stageB(t: u32, column: u32, start: u32, end: u32) {
  let turned = has(TRANSPOSED_B);
  for (var e = t; e < TILE * DEPTH; e += THREADS) {
    let x = select(e % TILE, e / DEPTH, turned);
    let k = select(e / TILE, e % DEPTH, turned);
    var value = 0.0;
    if (column + x < p.c && start + k < end) {
      value = b[p.firstB + select((start + k) * p.widthB + column + x, (column + x) * p.widthB + start + k, turned)];
    }
    stagedB[k * STEP + x] = value;
  }
}

/** Adds the products of what is staged. */
fn addStaged(ty: u32, tx: u32) {
  for (var k = 0u; k < DEPTH; k++) {
    for (var u = 0u; u < V; u++) {
      let i = k * STEP + 64u * u + ty;
      let y = vec4f(stagedA[i], stagedA[i + 16u], stagedA[i + 32u], stagedA[i + 48u]);
      for (var v = 0u; v < V; v++) {
        let j = k * STEP + 64u * v + tx;
        let x = vec4f(stagedB[j], stagedB[j + 16u], stagedB[j + 32u], stagedB[j + 48u]);
        sum[u * V + v] += mat4x4f(y.x * x, y.y * x, y.z * x, y.w * x);
      }
    }
  }
}

@compute @workgroup_size(THREADS)
fn multiply(@builtin(local_invocation_index) t: u32, @builtin(workgroup_id) group: vec3u) {
  let row = group.y * TILE;
  let column = group.x * TILE;
  if (has(LOWER) && i32(column) > i32(row + TILE - 1u) + p.below) { return; }
  let ty = t / SIDE;
  let tx = t % SIDE;
  for (var q = 0u; q < V * V; q++) { sum[q] = mat4x4f(); }
  let first = group.z * p.depth;
  let end = min(p.m, first + p.depth);
  for (var start = first; start < end; start += DEPTH) {
    workgroupBarrier();
    stageA(t, row, start, end);
    stageB(t, column, start, end);
    workgroupBarrier();
    // Small matrices leave most threads without any element.
    if (row + ty < p.n && column + tx < p.c) { addStaged(ty, tx); }
  }
  for (var e = 0u; e < 16u * V * V; e++) {
    let r = row + 64u * (e / (16u * V)) + 16u * (e / 4u % 4u) + ty;
    let x = column + 64u * (e / 16u % V) + 16u * (e % 4u) + tx;
    if (r >= p.n || x >= p.c || (has(LOWER) && i32(x) > i32(r) + p.below)) { continue; }
    let at = p.firstOut + group.z * p.stride + r * p.widthOut + x;
    let value = p.alpha * sum[e / 16u][e / 4u % 4u][e % 4u];
    if (has(ADD)) { out[at] += value; } else { out[at] = value; }
  }
}
