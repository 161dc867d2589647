/*
 * What each rating of a history weighs in the second moments of the next-watch rows (`history-moments.ts` has the formulas).
 * Row i of a user stands at time t_i = first + i · step, i < rows. q_i = 1/√W, share_i = 1/√count of what was liked among the
 * next span_i ratings. Both are 0 where nothing was liked, so that such a row weighs nothing.
 *   tastes    (N) column | LIKED, g: 1 where liked, the weight of a dislike, or no column where g = 0
 *   pulls     (N) of the entry at time m, over the rows after it, e = e^{−(t − 1 − m)/h}, f the floor:
 *             flat g Σ (f² + f(1 − f) e) q²,  fading g Σ (f(1 − f) e + (1 − f)² e²) q²,  constant g Σ (f + (1 − f) e) q
 *   targets   (N) of the like at time k, over the rows low ≤ i < high that ask for it, as they stand to an entry before all of
 *             them: flat f Σ q share,  fading (1 − f) Σ q share e^{−(t − t_low)/h},  Σ share,  low
 *   weights   q share of each row, then how many rows a user has
 *
 * Shapes: entries (N) of (column, stars), −1 for a column outside; users (U) of (start, end, first row, rows); spans (rows of
 * the longest history) of (span, 1/√W); two vectors of `sums` a row; a user's rows in `weights` begin first row + user.
 * Threads: a workgroup a user. First each thread weighs rows. Then one thread sums rows from the last one back: a sum over the
 * later rows is the next one's, faded by a step. Then each thread takes entries and fades the sum of the first row after it.
 * Memory: everything is read and written once, except the likes that rows count and the rows that ask for a like, by default
 * a fortieth of a history at most, which stay in the cache.
 * Source: written for this project.
 */
struct Params {
  users: u32,
  first: u32,
  step: u32,
  rate: f32, // log2 e / h
  floor: f32,
  likeFrom: f32,
  dislikeBelow: f32,
  dislikeWeight: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> entries: array<vec2u>;
@group(0) @binding(2) var<storage, read> users: array<vec4u>;
@group(0) @binding(3) var<storage, read> spans: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> tastes: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> pulls: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> targets: array<vec4u>;
@group(0) @binding(7) var<storage, read_write> weights: array<f32>;
/** Of the rows from one on: Σ q², Σ e q², Σ e² q², Σ q; Σ e q; and this row's q, share. */
@group(0) @binding(8) var<storage, read_write> sums: array<vec4f>;

const THREADS = 128u;
const LIKED = 0x80000000u;
const NO_COLUMN = 0x7fffffffu;

fn timeOf(row: u32) -> u32 { return p.first + row * p.step; }

/** How many rows stand at time m or before. */
fn rowsUntil(m: u32, rows: u32) -> u32 {
  if (m < p.first) { return 0u; }
  return min(rows, (m - p.first) / p.step + 1u);
}

fn liked(entry: vec2u) -> bool { return i32(entry.x) >= 0 && bitcast<f32>(entry.y) >= p.likeFrom; }

fn weighRow(user: vec4u, row: u32) {
  let time = timeOf(row);
  var count = 0u;
  for (var k = user.x + time; k < min(user.y, user.x + time + spans[row].x); k++) {
    if (liked(entries[k])) { count++; }
  }
  var q = 0.0;
  var share = 0.0;
  if (count > 0u) {
    q = bitcast<f32>(spans[row].y);
    share = 1.0 / sqrt(f32(count));
  }
  sums[2u * (user.z + row) + 1u] = vec4f(0.0, q, share, 0.0);
}

/** sums, weights ← sums over later rows, from the last row back. */
fn sumRows(user: vec4u, firstWeight: u32) {
  let e = exp2(-p.rate * f32(p.step));
  var sum = vec4f();
  var constant = 0.0;
  var count = 0.0;
  for (var row = user.w; row > 0u; row--) {
    let at = 2u * (user.z + row - 1u);
    let weighed = sums[at + 1u];
    let q = weighed.y;
    sum = vec4f(1.0, e, e * e, 1.0) * sum + vec4f(q * q, q * q, q * q, q);
    constant = e * constant + q;
    if (q > 0.0) { count += 1.0; }
    sums[at] = sum;
    sums[at + 1u] = vec4f(constant, q, weighed.z, 0.0);
    weights[firstWeight + row - 1u] = q * weighed.z;
  }
  weights[firstWeight + user.w] = count;
}

/** The pull of an entry at time m with g = 1: sums over the rows after it. */
fn pullAt(user: vec4u, m: u32, next: u32) -> vec4f {
  if (next >= user.w) { return vec4f(); }
  let at = 2u * (user.z + next);
  let e = exp2(-p.rate * f32(timeOf(next) - 1u - m));
  let sum = sums[at] * vec4f(1.0, e, e * e, 1.0);
  let rest = 1.0 - p.floor;
  return vec4f(
    p.floor * (p.floor * sum.x + rest * sum.y),
    rest * (p.floor * sum.y + rest * sum.z),
    p.floor * sum.w + rest * e * sums[at + 1u].x,
    0.0,
  );
}

/** The first of the rows before `high` that still asks for time k. */
fn firstAsking(k: u32, high: u32) -> u32 {
  var low = 0u;
  var end = high;
  while (low < end) {
    let middle = (low + end) / 2u;
    if (timeOf(middle) + spans[middle].x > k) { end = middle; } else { low = middle + 1u; }
  }
  return low;
}

fn targetAt(user: vec4u, firstWeight: u32, k: u32, high: u32) -> vec4u {
  let low = firstAsking(k, high);
  var sum = vec3f();
  for (var row = low; row < high; row++) {
    let weight = weights[firstWeight + row];
    let e = exp2(-p.rate * f32((row - low) * p.step));
    sum += vec3f(weight, weight * e, sums[2u * (user.z + row) + 1u].z);
  }
  return vec4u(bitcast<vec3u>(sum * vec3f(p.floor, 1.0 - p.floor, 1.0)), low);
}

@compute @workgroup_size(THREADS)
fn histories(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.users) { return; }
  let user = users[item];
  let firstWeight = user.z + item;
  for (var row = t; row < user.w; row += THREADS) { weighRow(user, row); }
  storageBarrier();
  if (t == 0u) { sumRows(user, firstWeight); }
  storageBarrier();
  for (var at = user.x + t; at < user.y; at += THREADS) {
    let entry = entries[at];
    let stars = bitcast<f32>(entry.y);
    let likes = liked(entry);
    var g = 0.0;
    if (likes) { g = 1.0; } else if (i32(entry.x) >= 0 && stars < p.dislikeBelow) { g = p.dislikeWeight; }
    let time = at - user.x;
    let next = rowsUntil(time, user.w);
    tastes[at] = vec2u(select(NO_COLUMN, entry.x, g != 0.0) | select(0u, LIKED, likes), bitcast<u32>(g));
    pulls[at] = g * pullAt(user, time, next);
    targets[at] = vec4u(0u, 0u, 0u, next);
    if (likes) { targets[at] = targetAt(user, firstWeight, time, next); }
  }
}
