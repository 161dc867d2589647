/*
 * Sums over entries (r, c, y) of errors, prediction = Σ_x f_rx g_cx + bias_r + bias_c:
 *   expected   (y − prediction)² + Σ_x (f_rx² w_cx + g_cx² v_rx) + v_r,bias + w_c,bias
 *   squares    (y − prediction)², the prediction clipped to [low, high]
 *   absolutes  |y − prediction|, clipped as well
 * and `fold`: sums of FOLD values each.
 *
 * Shapes: entries (N) of (column, value); f, v (R, S); g, w (C, S); sums one value a job.
 * Threads: a workgroup takes one job (at most a chunk of a row), a thread an entry at a time. The row's vectors are in workgroup
 * memory. A tree adds the threads' sums.
 * Source: Lim & Teh, "Variational Bayesian approach to movie rating prediction", KDD Cup 2007.
 */
struct Params {
  firstJob: u32,
  jobs: u32,
  firstColumn: u32,
  endColumn: u32,
  firstSum: u32,
  count: u32,
  low: f32,
  high: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> jobs: array<vec4u>; // row, start, end, -
@group(0) @binding(2) var<storage, read> entries: array<vec2u>;
@group(0) @binding(3) var<storage, read> f: array<vec4f>;
@group(0) @binding(4) var<storage, read> v: array<vec4f>;
@group(0) @binding(5) var<storage, read> g: array<vec4f>;
@group(0) @binding(6) var<storage, read> w: array<vec4f>;
@group(0) @binding(7) var<storage, read> values: array<f32>;
@group(0) @binding(8) var<storage, read_write> sums: array<f32>;

const KV = S / 4u;
const THREADS = 64u;
const FOLD = 1024u;

var<workgroup> mean: array<vec4f, KV>;
var<workgroup> spread: array<vec4f, KV>;
var<workgroup> tree: array<f32, THREADS>;

/** The sum over all threads, for thread 0. */
fn total(sum: f32, t: u32) -> f32 {
  tree[t] = sum;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (t < half) { tree[t] += tree[t + half]; }
    workgroupBarrier();
  }
  return tree[0];
}

fn loadRow(row: u32, t: u32) {
  for (var x = t; x < KV; x += THREADS) {
    mean[x] = f[row * KV + x];
    spread[x] = v[row * KV + x];
  }
  workgroupBarrier();
}

/** The variance of an entry's prediction, and y − prediction. */
fn moments(c: u32, y: f32) -> vec2f {
  var product = vec4f();
  var variance = vec4f();
  for (var x = 0u; x < KV; x++) {
    var a = mean[x];
    var b = g[c * KV + x];
    if (x == KV - 1u) {
      product += vec4f(a.xyz * b.xyz, a.w + b.w);
      a.w = 1.0;
      b.w = 1.0;
    } else {
      product += a * b;
    }
    if (EXPECTED) { variance += a * a * w[c * KV + x] + b * b * spread[x]; }
  }
  let prediction = (product.x + product.y) + (product.z + product.w);
  if (!EXPECTED) { return vec2f(0.0, y - clamp(prediction, p.low, p.high)); }
  return vec2f((variance.x + variance.y) + (variance.z + variance.w), y - prediction);
}

@compute @workgroup_size(THREADS)
fn losses(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.jobs) { return; }
  let job = jobs[p.firstJob + item];
  loadRow(job.x, t);
  var errors = 0.0;
  for (var k = job.y + t; k < job.z; k += THREADS) {
    let entry = entries[k];
    if (entry.x < p.firstColumn || entry.x >= p.endColumn) { continue; }
    let m = moments(entry.x - p.firstColumn, bitcast<f32>(entry.y));
    errors += select(m.x + m.y * m.y, abs(m.y), ABSOLUTES);
  }
  let sum = total(errors, t);
  if (t == 0u) { sums[p.firstSum + item] = sum; }
}

@compute @workgroup_size(THREADS)
fn fold(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  var errors = 0.0;
  for (var k = item * FOLD + t; k < min(p.count, (item + 1u) * FOLD); k += THREADS) { errors += values[k]; }
  let sum = total(errors, t);
  if (t == 0u && item * FOLD < p.count) { sums[item] = sum; }
}
