/*
 * Products of dense matrices, each of which may be a part of a larger one:
 *   out (n, c) ← alpha · A B, or out + alpha · A B with ADD
 * A is (n, m), or (m, n) with TRANSPOSED_A; B is (m, c), or (c, m) with TRANSPOSED_B. LOWER leaves what is above the diagonal
 * of the whole matrix as it is; element (0, 0) of out lies `below` rows under that diagonal.
 *
 * Threads: a workgroup computes TILE × TILE elements of out, TILE 64 or 128. A thread keeps V × V matrices of 4 × 4 of them in
 * registers, 16 rows and columns apart. DEPTH columns of A and rows of B at a time are in workgroup memory, padded against bank
 * conflicts. Along z the depth m is cut into slices of `depth`, whose products lie `stride` apart in out. So tall matrices get
 * partial sums, which `sums` of columns.wgsl adds.
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
/**
 * Column i of matrix (u, v) is row 64 u + 16 i + ty of the tile, at columns 64 v + 16 j + tx. They are four variables, because
 * drivers keep indexed arrays in memory. Only the first is used where V is 1.
 */
var<private> sum00: mat4x4f;
var<private> sum01: mat4x4f;
var<private> sum10: mat4x4f;
var<private> sum11: mat4x4f;

fn has(flag: u32) -> bool { return (p.flags & flag) != 0u; }

/** Neighbouring threads read neighbours in memory, whichever way the matrix lies. */
fn stageA(t: u32, row: u32, start: u32, end: u32) {
  let transposed = has(TRANSPOSED_A);
  for (var e = t; e < TILE * DEPTH; e += THREADS) {
    let r = select(e / DEPTH, e % TILE, transposed);
    let k = select(e % DEPTH, e / TILE, transposed);
    var value = 0.0;
    if (row + r < p.n && start + k < end) {
      value = a[p.firstA + select((row + r) * p.widthA + start + k, (start + k) * p.widthA + row + r, transposed)];
    }
    stagedA[k * STEP + r] = value;
  }
}

fn stageB(t: u32, column: u32, start: u32, end: u32) {
  let transposed = has(TRANSPOSED_B);
  for (var e = t; e < TILE * DEPTH; e += THREADS) {
    let x = select(e % TILE, e / DEPTH, transposed);
    let k = select(e / TILE, e % DEPTH, transposed);
    var value = 0.0;
    if (column + x < p.c && start + k < end) {
      value = b[p.firstB + select((start + k) * p.widthB + column + x, (column + x) * p.widthB + start + k, transposed)];
    }
    stagedB[k * STEP + x] = value;
  }
}

fn outer(y: vec4f, x: vec4f) -> mat4x4f { return mat4x4f(y.x * x, y.y * x, y.z * x, y.w * x); }
fn fourOfA(at: u32) -> vec4f { return vec4f(stagedA[at], stagedA[at + 16u], stagedA[at + 32u], stagedA[at + 48u]); }
fn fourOfB(at: u32) -> vec4f { return vec4f(stagedB[at], stagedB[at + 16u], stagedB[at + 32u], stagedB[at + 48u]); }

/** sums += products of what is staged. */
fn addStaged(ty: u32, tx: u32) {
  for (var k = 0u; k < DEPTH; k++) {
    let y0 = fourOfA(k * STEP + ty);
    let x0 = fourOfB(k * STEP + tx);
    sum00 += outer(y0, x0);
    if (V == 2u) {
      let y1 = fourOfA(k * STEP + ty + 64u);
      let x1 = fourOfB(k * STEP + tx + 64u);
      sum01 += outer(y0, x1);
      sum10 += outer(y1, x0);
      sum11 += outer(y1, x1);
    }
  }
}

/** Four elements of row r of out, 16 columns apart from x on. */
fn writeRow(values: vec4f, r: u32, x: u32, slice: u32) {
  if (r >= p.n) { return; }
  for (var j = 0u; j < 4u; j++) {
    let column = x + 16u * j;
    if (column >= p.c || (has(LOWER) && i32(column) > i32(r) + p.below)) { continue; }
    let at = p.firstOut + slice * p.stride + r * p.widthOut + column;
    let value = p.alpha * values[j];
    if (has(ADD)) { out[at] += value; } else { out[at] = value; }
  }
}

fn writeMatrix(m: mat4x4f, r: u32, x: u32, slice: u32) {
  writeRow(m[0], r, x, slice);
  writeRow(m[1], r + 16u, x, slice);
  writeRow(m[2], r + 32u, x, slice);
  writeRow(m[3], r + 48u, x, slice);
}

@compute @workgroup_size(THREADS)
fn multiply(@builtin(local_invocation_index) t: u32, @builtin(workgroup_id) group: vec3u) {
  let row = group.y * TILE;
  let column = group.x * TILE;
  if (has(LOWER) && i32(column) > i32(row + TILE - 1u) + p.below) { return; }
  let ty = t / SIDE;
  let tx = t % SIDE;
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
  writeMatrix(sum00, row + ty, column + tx, group.z);
  if (V == 2u) {
    writeMatrix(sum01, row + ty, column + tx + 64u, group.z);
    writeMatrix(sum10, row + ty + 64u, column + tx, group.z);
    writeMatrix(sum11, row + ty + 64u, column + tx + 64u, group.z);
  }
}
