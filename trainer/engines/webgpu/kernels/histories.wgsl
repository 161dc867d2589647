/*
 * What each rating of a history weighs in the second moments of the next-watch rows (`history-moments.ts` has the formulas).
 * Row i of a user stands at time t_i = first + i · step, i < rows. q_i = 1/√W, share_i = 1/√count of what is asked for among the
 * next span_i ratings, 0 where that is nothing. e = e^{−(t − 1 − m)/h} for the entry at time m.
 *   weighTastes    tastes (N): column, g in a scale
 *   weighPairs     weights (N) of a scale's entry at time m with earlier ones in scale b, over the rows after it:
 *                  flat g Σ (f_a f_b + (1 − f_a) f_b e_a) q_a q_b,  fading g Σ (f_a (1 − f_b) e_b + (1 − f_a)(1 − f_b) e_a e_b) q_a q_b;
 *                  for LIKES g, 0
 *   weighTargets   weights (N): column or NONE of what is asked for, the first row that asks for it;
 *                  sums: Σ q share over a row and those after it, and the same with e, as seen from the row
 *
 * Shapes: entries (N) of (column, stars), −1 for a column outside; users (U) of (start, end, first row, rows); times (rows of the
 * longest history) of (span, q_a q_b or q); a user's rows in `sums` begin at first row + user, and a row of zeros ends them.
 * Threads: a workgroup a user. Each thread weighs rows. Then one thread sums rows from the last one back: a sum over the later
 * rows is the next one's, faded by a step. Then each thread takes entries and fades the sum of the first row after it.
 * Memory: everything is read and written once, except the ratings that rows ask for, by default a quarter of a history at most,
 * which stay in the cache.
 * Source: written for this project.
 */
struct Params {
  users: u32,
  first: u32,
  step: u32,
  rateA: f32, // log2 e / h
  floorA: f32,
  rateB: f32,
  floorB: f32,
  likeFrom: f32,
  dislikeBelow: f32,
  dislikeWeight: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> entries: array<vec2u>;
@group(0) @binding(2) var<storage, read> users: array<vec4u>;
@group(0) @binding(3) var<storage, read> times: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> tastes: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> weights: array<vec2u>;
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>;

const THREADS = 128u;
const NONE = 0xffffffffu;

fn timeOf(row: u32) -> u32 { return p.first + row * p.step; }

/** How many rows stand at time m or before. */
fn rowsUntil(m: u32, rows: u32) -> u32 {
  if (m < p.first) { return 0u; }
  return min(rows, (m - p.first) / p.step + 1u);
}

fn likedAt(entry: vec2u) -> bool { return i32(entry.x) >= 0 && bitcast<f32>(entry.y) >= p.likeFrom; }

@compute @workgroup_size(THREADS)
fn weighTastes(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.users) { return; }
  for (var at = users[item].x + t; at < users[item].y; at += THREADS) {
    let entry = entries[at];
    var g = 0.0;
    if (likedAt(entry)) { g = 1.0; } else if (i32(entry.x) >= 0 && bitcast<f32>(entry.y) < p.dislikeBelow) { g = p.dislikeWeight; }
    tastes[at] = vec2u(entry.x, bitcast<u32>(g));
  }
}

/** sums ← Σ over the later rows of q_a q_b times 1, e_a, e_b and e_a e_b, from the last row back. */
fn sumPairs(firstSum: u32, rows: u32) {
  let e = exp2(-vec2f(p.rateA, p.rateB) * f32(p.step));
  var sum = vec4f();
  for (var row = rows; row > 0u; row--) {
    sum = vec4f(1.0, e, e.x * e.y) * sum + bitcast<f32>(times[row - 1u].y);
    sums[firstSum + row - 1u] = sum;
  }
}

/** Flat and fading of an entry at time m with g = 1. */
fn pairAt(firstSum: u32, rows: u32, m: u32) -> vec2f {
  if (LIKES) { return vec2f(1.0, 0.0); }
  let next = rowsUntil(m, rows);
  if (next >= rows) { return vec2f(); }
  let e = exp2(-vec2f(p.rateA, p.rateB) * f32(timeOf(next) - 1u - m));
  let sum = sums[firstSum + next] * vec4f(1.0, e, e.x * e.y);
  let rest = 1.0 - p.floorA;
  return vec2f(p.floorB * (p.floorA * sum.x + rest * sum.y), (1.0 - p.floorB) * (p.floorA * sum.z + rest * sum.w));
}

@compute @workgroup_size(THREADS)
fn weighPairs(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.users) { return; }
  let user = users[item];
  let firstSum = user.z + item;
  if (t == 0u && !LIKES) { sumPairs(firstSum, user.w); }
  storageBarrier();
  for (var at = user.x + t; at < user.y; at += THREADS) {
    weights[at] = bitcast<vec2u>(bitcast<f32>(tastes[at].y) * pairAt(firstSum, user.w, at - user.x));
  }
}

/** q share of a row. */
fn weighRow(user: vec4u, row: u32) -> f32 {
  let start = user.x + timeOf(row);
  var count = 0u;
  for (var k = start; k < min(user.y, start + times[row].x); k++) {
    if (likedAt(entries[k])) { count++; }
  }
  return select(0.0, bitcast<f32>(times[row].y) / sqrt(f32(count)), count > 0u);
}

/** sums ← Σ q share over a row and those after it, and Σ q share e, from the last row back. */
fn sumTargets(firstSum: u32, rows: u32) {
  let e = exp2(-p.rateA * f32(p.step));
  var sum = vec2f();
  sums[firstSum + rows] = vec4f();
  for (var row = rows; row > 0u; row--) {
    let at = firstSum + row - 1u;
    sum = vec2f(1.0, e) * sum + sums[at].x;
    sums[at] = vec4f(sum, 0.0, 0.0);
  }
}

/** The first of the rows before `high` that still asks for time k. */
fn firstAsking(k: u32, high: u32) -> u32 {
  var low = 0u;
  var end = high;
  while (low < end) {
    let middle = (low + end) / 2u;
    if (timeOf(middle) + times[middle].x > k) { end = middle; } else { low = middle + 1u; }
  }
  return low;
}

@compute @workgroup_size(THREADS)
fn weighTargets(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.users) { return; }
  let user = users[item];
  let firstSum = user.z + item;
  for (var row = t; row < user.w; row += THREADS) { sums[firstSum + row] = vec4f(weighRow(user, row), 0.0, 0.0, 0.0); }
  storageBarrier();
  if (t == 0u) { sumTargets(firstSum, user.w); }
  for (var at = user.x + t; at < user.y; at += THREADS) {
    let entry = entries[at];
    let k = at - user.x;
    weights[at] = vec2u(select(NONE, entry.x, likedAt(entry)), firstAsking(k, rowsUntil(k, user.w)));
  }
}
