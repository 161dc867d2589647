/*
 * Sums of the source's rows that each row of a sparse matrix names, WIDTH4 vectors of four wide:
 *   out_r = out_r · ADD + scale_r · Σ_k value_k · weight_{c_k} · source_{c_k}
 * SCALED, VALUED and WEIGHTED say which of the factors there are. Users: the implicit prior's product in both directions, the
 * sparse product of histories, and the half sweep's sums of the other side's variances (or packed covariances).
 *
 * Shapes: entries (N) of (column, value); source (C, 4·WIDTH4), weights (C); out (R, 4·WIDTH4), scale (R).
 * Threads: a workgroup takes one job (at most a chunk of a row) and a strip of LANES vectors. It reads GROUPS rows of the
 * source at a time, a lane a vector, so that reads are contiguous. Groups are added in a fixed order, without atomics.
 * Memory: rows of several jobs leave their sums in `parts`, which `join` adds. Where the source is larger than a binding, jobs
 * run once for each panel of its rows [firstColumn, endColumn) and continue their part (`resume`).
 * Source: Bell & Garland, "Implementing sparse matrix-vector multiplication on throughput-oriented processors", SC 2009.
 */
struct Params {
  firstJob: u32,
  jobs: u32,
  firstColumn: u32,
  endColumn: u32,
  resume: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> jobs: array<vec4u>; // row, start, end, slot | row, first slot, slots, -
@group(0) @binding(2) var<storage, read> entries: array<vec2u>;
@group(0) @binding(3) var<storage, read> source: array<vec4f>;
@group(0) @binding(4) var<storage, read> weights: array<f32>;
@group(0) @binding(5) var<storage, read> scale: array<f32>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> parts: array<vec4f>;

const DIRECT = 0xffffffffu;
const THREADS = 64u;
const GROUPS = THREADS / LANES;

var<workgroup> sums: array<vec4f, THREADS>;

/** The sum over the groups, for the threads of the first group. */
fn addGroups(sum: vec4f, t: u32) -> vec4f {
  sums[t] = sum;
  workgroupBarrier();
  var total = sum;
  if (t < LANES) {
    for (var g = 1u; g < GROUPS; g++) { total += sums[g * LANES + t]; }
  }
  return total;
}

fn writeRow(row: u32, column: u32, sum: vec4f) {
  var value = sum;
  if (SCALED) { value *= scale[row]; }
  let at = row * WIDTH4 + column;
  if (ADD) { value += out[at]; }
  out[at] = value;
}

@compute @workgroup_size(THREADS)
fn gather(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.jobs) { return; }
  let job = jobs[p.firstJob + item];
  let column = group.z * LANES + t % LANES;
  var sum = vec4f();
  if (t < GROUPS * LANES && column < WIDTH4) {
    for (var k = job.y + t / LANES; k < job.z; k += GROUPS) {
      let entry = entries[k];
      let c = entry.x;
      if (c < p.firstColumn || c >= p.endColumn) { continue; }
      var value = source[(c - p.firstColumn) * WIDTH4 + column];
      if (VALUED) { value *= bitcast<f32>(entry.y); }
      if (WEIGHTED) { value *= weights[c - p.firstColumn]; }
      sum += value;
    }
  }
  let total = addGroups(sum, t);
  if (t >= LANES || column >= WIDTH4) { return; }
  if (job.w == DIRECT) {
    writeRow(job.x, column, total);
    return;
  }
  let at = job.w * WIDTH4 + column;
  if (p.resume != 0u) { parts[at] += total; } else { parts[at] = total; }
}

@compute @workgroup_size(THREADS)
fn join(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.jobs) { return; }
  let job = jobs[p.firstJob + item];
  let column = group.z * LANES + t % LANES;
  var sum = vec4f();
  if (t < GROUPS * LANES && column < WIDTH4) {
    for (var s = t / LANES; s < job.z; s += GROUPS) { sum += parts[(job.y + s) * WIDTH4 + column]; }
  }
  let total = addGroups(sum, t);
  if (t < LANES && column < WIDTH4) { writeRow(job.x, column, total); }
}
