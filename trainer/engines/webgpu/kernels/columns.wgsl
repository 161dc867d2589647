/*
 * Element-wise operations on tall matrices (rows, WIDTH) for conjugate gradients, and sums down their columns:
 *   step         out ← out + sign · q ∘ a              q_x = numerator_x / denominator_x, 0 where the denominator is 0
 *   redirect     out ← a + q ∘ out
 *   difference   out ← a − b
 *   scaled       out ← factor · a,   scaleSelf   out ← factor · out
 *   plus         out ← out + factor · a
 *   divide       out ← out / a_r, r the row
 *   dots         out_p ← Σ_r a_r ∘ b_r over the p-th chunk of rows; Σ_r a_r where PLAIN
 *   sums         out ← factor · out + Σ_p a_p
 *   diagonal     out (WIDTH, WIDTH) ← out + diag(a) + factor · I, for WIDTH up to THREADS
 *   ridge        out ← out + factor at `count` elements: the first at firstOut, each next one perChunk further
 *
 * Threads: one an element. dots and sums take workgroups of STRIP columns × GROUPS rows, a lane a column, so that reads are
 * contiguous. Groups are added in a fixed order, without atomics, so that two runs give the same bytes.
 * Source: Hestenes & Stiefel, "Methods of conjugate gradients for solving linear systems", 1952.
 */
struct Params {
  count: u32, // elements, or rows
  perChunk: u32,
  firstChunk: u32,
  firstOut: u32,
  factor: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> numerator: array<f32>;
@group(0) @binding(5) var<storage, read> denominator: array<f32>;

const THREADS = 256u;
const STRIP = 32u;
const GROUPS = THREADS / STRIP;

var<workgroup> partial: array<f32, THREADS>;

fn quotient(k: u32) -> f32 {
  let x = k % WIDTH;
  if (denominator[x] == 0.0) { return 0.0; }
  return numerator[x] / denominator[x];
}

fn element(t: u32, group: vec3u, grid: vec3u) -> u32 { return (group.x + group.y * grid.x) * THREADS + t; }

@compute @workgroup_size(THREADS)
fn step(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let k = element(t, group, grid);
  if (k < p.count) { out[k] += p.factor * quotient(k) * a[k]; }
}

@compute @workgroup_size(THREADS)
fn redirect(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let k = element(t, group, grid);
  if (k < p.count) { out[k] = a[k] + quotient(k) * out[k]; }
}

@compute @workgroup_size(THREADS)
fn difference(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let k = element(t, group, grid);
  if (k < p.count) { out[k] = a[k] - b[k]; }
}

@compute @workgroup_size(THREADS)
fn scaled(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let k = element(t, group, grid);
  if (k < p.count) { out[k] = p.factor * a[k]; }
}

@compute @workgroup_size(THREADS)
fn scaleSelf(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let k = element(t, group, grid);
  if (k < p.count) { out[k] *= p.factor; }
}

@compute @workgroup_size(THREADS)
fn plus(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let k = element(t, group, grid);
  if (k < p.count) { out[k] += p.factor * a[k]; }
}

@compute @workgroup_size(THREADS)
fn divide(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let k = element(t, group, grid);
  if (k < p.count) { out[k] /= a[k / WIDTH]; }
}

/** The sum over the groups, for the threads of the first group. */
fn addGroups(sum: f32, t: u32) -> f32 {
  partial[t] = sum;
  workgroupBarrier();
  for (var half = GROUPS / 2u; half > 0u; half /= 2u) {
    if (t < half * STRIP) { partial[t] += partial[t + half * STRIP]; }
    workgroupBarrier();
  }
  return partial[t];
}

@compute @workgroup_size(THREADS)
fn dots(@builtin(local_invocation_index) t: u32, @builtin(workgroup_id) group: vec3u) {
  let x = group.y * STRIP + t % STRIP;
  let first = group.x * p.perChunk;
  var total = 0.0;
  if (x < WIDTH) {
    for (var r = first + t / STRIP; r < min(p.count, first + p.perChunk); r += GROUPS) {
      let value = a[r * WIDTH + x];
      if (PLAIN) { total += value; } else { total += value * b[r * WIDTH + x]; }
    }
  }
  let sum = addGroups(total, t);
  if (t < STRIP && x < WIDTH) { out[(p.firstChunk + group.x) * WIDTH + x] = sum; }
}

@compute @workgroup_size(THREADS)
fn sums(@builtin(local_invocation_index) t: u32, @builtin(workgroup_id) group: vec3u) {
  let x = group.x * STRIP + t % STRIP;
  var total = 0.0;
  if (x < WIDTH) {
    for (var r = t / STRIP; r < p.count; r += GROUPS) { total += a[r * WIDTH + x]; }
  }
  let sum = addGroups(total, t);
  if (t >= STRIP || x >= WIDTH) { return; }
  let at = p.firstOut + x;
  if (p.factor != 0.0) { out[at] = p.factor * out[at] + sum; } else { out[at] = sum; }
}

@compute @workgroup_size(THREADS)
fn diagonal(@builtin(local_invocation_index) t: u32) {
  if (t < WIDTH) { out[t * (WIDTH + 1u)] += p.factor + a[t]; }
}

@compute @workgroup_size(THREADS)
fn ridge(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let k = element(t, group, grid);
  if (k < p.count) { out[p.firstOut + k * p.perChunk] += p.factor; }
}
