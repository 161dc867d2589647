/*
 * Second moments of the next-watch rows, a row a movie, from the tables of histories.wgsl. Each user who rated a movie visits it,
 * at time m of a history. With d ratings between two entries, e = e^{−d/h}:
 *   INPUTS    (M + 1, M + 1) half of Σ x xᵀ:   H_movie,j += g_j (flat + fading e) for each entry j before m, by half for j = m
 *   TARGETS   (M + 1, M) Σ x yᵀ:               C_movie,k += g Σ_rows q share (f + (1 − f) e) over the rows after m that ask for the
 *             like k. Where all rows that ask for k are after m, the sum is k's flat + fading e; else rows are added one by one
 *   LIKES     (M, M) half of Σ l lᵀ:           G_movie,j += 1 for each like j before a like at m, by half for j = m
 * The constant is movie M, which every user with training rows visits once. It gets the constants of the pulls, and Σ share
 * of the targets.
 *
 * Shapes: visits (N + U at most) of (entry, user), row by row, CONSTANT for an entry of the constant; users (U) of (start, end,
 * first row, rows); out (M or M + 1, WIDTH).
 * Threads: a workgroup takes a job, at most a chunk of a movie's visits, and TILE columns, which are in workgroup memory. It
 * takes one visit after the other. Its threads share the entries of that history, whose columns differ, so additions never
 * collide and their order is fixed, without atomics.
 * Memory: rows of several jobs leave their sums in `parts`, which `join` adds. A visit reads the part of a history before it
 * (8 bytes an entry) or after it (24 bytes a like), mostly from caches, because neighbours read the same. TILE is a whole row
 * where the device allows it (24 KB for 6,000 movies, nine workgroups a processor of an H100).
 *
 * Why not a product of dense rows: a matrix takes Σ n²/2 additions over users of n ratings, 2 · 10⁸ on ML-1M, 9.5 · 10⁸ and
 * 3.4 · 10⁹ on data of the shapes of ML-10M and ML-32M, 40 bytes each for all three matrices if nothing were cached. Over M
 * dense columns it would take T M² multiplications for T = N/10 rows, 10¹², 3.5 · 10¹³ and 10¹⁴ (M = 3,260, then 6,000). That is
 * 5,000 to 37,000 times as many, while a GPU, by its peak rates, does some hundreds in the time of one scattered addition.
 * Source: written for this project; rows are cut into chunks as in gather.wgsl.
 */
struct Params {
  firstJob: u32,
  jobs: u32,
  unusedFirst: u32,
  unusedEnd: u32,
  unusedResume: u32,
  constant: u32, // M
  first: u32,
  step: u32,
  rate: f32, // log2 e / h
  floor: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> jobs: array<vec4u>; // row, start, end, slot | row, first slot, slots, -
@group(0) @binding(2) var<storage, read> visits: array<vec2u>;
@group(0) @binding(3) var<storage, read> users: array<vec4u>;
@group(0) @binding(4) var<storage, read> tastes: array<vec2u>;
@group(0) @binding(5) var<storage, read> pulls: array<vec4f>;
@group(0) @binding(6) var<storage, read> targets: array<vec4u>;
@group(0) @binding(7) var<storage, read> weights: array<f32>;
@group(0) @binding(8) var<storage, read_write> out: array<f32>;
@group(0) @binding(9) var<storage, read_write> parts: array<f32>;

const DIRECT = 0xffffffffu;
const CONSTANT = 0xffffffffu;
const THREADS = 64u;
const LIKED = 0x80000000u;
const COLUMN = 0x7fffffffu;

var<workgroup> tile: array<f32, TILE>;

fn timeOf(row: u32) -> u32 { return p.first + row * p.step; }

/** How many rows stand at time m or before. */
fn rowsUntil(m: u32, rows: u32) -> u32 {
  if (m < p.first) { return 0u; }
  return min(rows, (m - p.first) / p.step + 1u);
}

fn faded(times: u32) -> f32 { return exp2(-p.rate * f32(times)); }

/** Adds to the column of a taste, where this tile, from column `first` on, has it. */
fn put(column: u32, first: u32, value: f32) {
  let x = (column & COLUMN) - first;
  if (x < TILE) { tile[x] += value; }
}

fn addInputs(entry: u32, user: vec4u, first: u32, t: u32) {
  let pull = pulls[entry];
  if (pull.x == 0.0 && pull.y == 0.0) { return; }
  for (var j = user.x + t; j <= entry; j += THREADS) {
    let taste = tastes[j];
    let value = bitcast<f32>(taste.y) * (pull.x + pull.y * faded(entry - j));
    put(taste.x, first, select(value, 0.5 * value, j == entry));
  }
}

fn addInputConstants(user: vec4u, firstWeight: u32, first: u32, t: u32) {
  for (var j = user.x + t; j < user.y; j += THREADS) { put(tastes[j].x, first, pulls[j].z); }
  if (t == 0u) { put(p.constant, first, 0.5 * weights[firstWeight + user.w]); }
}

fn addTargets(entry: u32, user: vec4u, firstWeight: u32, first: u32, t: u32) {
  let g = bitcast<f32>(tastes[entry].y);
  let m = entry - user.x;
  let after = rowsUntil(m, user.w);
  if (g == 0.0 || after >= user.w) { return; }
  for (var k = user.x + timeOf(after) + t; k < user.y; k += THREADS) {
    let taste = tastes[k].x;
    if ((taste & LIKED) == 0u) { continue; }
    let like = targets[k];
    var sum = 0.0;
    if (like.w >= after) {
      sum = bitcast<f32>(like.x) + bitcast<f32>(like.y) * faded(timeOf(like.w) - 1u - m);
    } else {
      for (var row = after; row < rowsUntil(k - user.x, user.w); row++) {
        sum += weights[firstWeight + row] * (p.floor + (1.0 - p.floor) * faded(timeOf(row) - 1u - m));
      }
    }
    put(taste, first, g * sum);
  }
}

fn addTargetConstants(user: vec4u, first: u32, t: u32) {
  for (var k = user.x + t; k < user.y; k += THREADS) { put(tastes[k].x, first, bitcast<f32>(targets[k].z)); }
}

fn addLikes(entry: u32, user: vec4u, first: u32, t: u32) {
  if ((tastes[entry].x & LIKED) == 0u) { return; }
  for (var j = user.x + t; j <= entry; j += THREADS) {
    let taste = tastes[j].x;
    if ((taste & LIKED) != 0u) { put(taste, first, select(1.0, 0.5, j == entry)); }
  }
}

@compute @workgroup_size(THREADS)
fn moments(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.jobs) { return; }
  let job = jobs[p.firstJob + item];
  if (job.y == job.z) { return; }
  let first = group.z * TILE;
  for (var x = t; x < TILE; x += THREADS) { tile[x] = 0.0; }
  workgroupBarrier();
  for (var v = job.y; v < job.z; v++) {
    let entry = visits[v].x;
    let user = users[visits[v].y];
    let firstWeight = user.z + visits[v].y;
    if (INPUTS) {
      if (entry == CONSTANT) { addInputConstants(user, firstWeight, first, t); } else { addInputs(entry, user, first, t); }
    } else if (TARGETS) {
      if (entry == CONSTANT) { addTargetConstants(user, first, t); } else { addTargets(entry, user, firstWeight, first, t); }
    } else {
      addLikes(entry, user, first, t);
    }
    workgroupBarrier();
  }
  for (var x = t; x < min(TILE, WIDTH - first); x += THREADS) {
    if (job.w == DIRECT) { out[job.x * WIDTH + first + x] += tile[x]; } else { parts[job.w * WIDTH + first + x] = tile[x]; }
  }
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
  let first = group.z * TILE;
  for (var x = first + t; x < min(WIDTH, first + TILE); x += THREADS) {
    var sum = 0.0;
    for (var s = 0u; s < job.z; s++) { sum += parts[(job.y + s) * WIDTH + x]; }
    out[job.x * WIDTH + x] += sum;
  }
}
