/*
 * Second moments of the next-watch rows, a row a movie, from the tables of histories.wgsl. Each user who rated a movie visits it,
 * at time m of a history. With d ratings between two entries, e = e^{−d/h}:
 *   PAIRS       a block (M, M) of half of Σ x xᵀ, in scale a by scale b, or of Σ l lᵀ:
 *               H_movie,j += g_bj (flat + fading e_b) for each entry j before m, by half for j = m
 *   otherwise   a block (M, M) of Σ x yᵀ, in a scale: C_movie,k += g Σ q share (f + (1 − f) e) over the rows after m that ask for
 *               the entry k, a difference of two of the sums over later rows
 * What is more than `reach` older, or asked for by rows more than `reach` later, does not count: it has faded.
 *
 * Shapes: visits (N at most) of (entry, user), row by row; users (U) of (start, end, first row, rows); out, of which the block
 * begins at `corner` and a row has STRIDE floats; parts (·, WIDTH), WIDTH = M.
 * Threads: a workgroup takes a job, at most a chunk of a movie's visits, and TILE columns, which are in workgroup memory. It
 * takes one visit after the other. Its threads share the entries of that history, whose columns differ, so additions never
 * collide and their order is fixed, without atomics.
 * Memory: rows of several jobs leave their sums in `parts`, which `join` adds. A visit reads the part of a history before it or
 * after it (8 bytes an entry, then sums of rows), mostly from caches, because neighbours read the same. TILE is a whole row
 * where the device allows it (24 KB for 6,000 movies, nine workgroups a processor of an H100).
 *
 * Why not a product of dense rows: a block takes Σ n²/2 additions over users of n ratings, 2 · 10⁸ on ML-1M, 9.5 · 10⁸ and
 * 3.4 · 10⁹ on data of the shapes of ML-10M and ML-32M. Over M dense columns it would take T M² multiplications for T rows, with
 * one row every ten ratings 10¹², 3.5 · 10¹³ and 10¹⁴ (M = 3,260, then 6,000). That is 5,000 to 37,000 times as many, while a
 * GPU, by its peak rates, does some hundreds in the time of one scattered addition.
 * Source: written for this project; rows are cut into chunks as in gather.wgsl.
 */
struct Params {
  firstJob: u32,
  jobs: u32,
  unusedFirst: u32,
  unusedEnd: u32,
  unusedResume: u32,
  corner: u32,
  first: u32,
  step: u32,
  reach: u32,
  rate: f32, // log2 e / h
  floor: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> jobs: array<vec4u>; // row, start, end, slot | row, first slot, slots, -
@group(0) @binding(2) var<storage, read> visits: array<vec2u>;
@group(0) @binding(3) var<storage, read> users: array<vec4u>;
@group(0) @binding(4) var<storage, read> tastes: array<vec2u>;
@group(0) @binding(5) var<storage, read> weights: array<vec2u>;
@group(0) @binding(6) var<storage, read> sums: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;
@group(0) @binding(8) var<storage, read_write> parts: array<f32>;

const DIRECT = 0xffffffffu;
const NONE = 0xffffffffu;
const THREADS = 64u;

var<workgroup> tile: array<f32, TILE>;

fn timeOf(row: u32) -> u32 { return p.first + row * p.step; }

/** How many rows stand at time m or before. */
fn rowsUntil(m: u32, rows: u32) -> u32 {
  if (m < p.first) { return 0u; }
  return min(rows, (m - p.first) / p.step + 1u);
}

fn faded(times: u32) -> f32 { return exp2(-p.rate * f32(times)); }

/** Adds to a column, where this tile, from column `first` on, has it. */
fn put(column: u32, first: u32, value: f32) {
  let x = column - first;
  if (x < TILE) { tile[x] += value; }
}

fn addPairs(entry: u32, user: vec4u, first: u32, t: u32) {
  let pair = bitcast<vec2f>(weights[entry]);
  if (pair.x == 0.0 && pair.y == 0.0) { return; }
  for (var j = max(user.x, entry - min(entry, p.reach)) + t; j <= entry; j += THREADS) {
    let taste = tastes[j];
    let value = bitcast<f32>(taste.y) * (pair.x + pair.y * faded(entry - j));
    put(taste.x, first, select(value, 0.5 * value, j == entry));
  }
}

fn addTargets(entry: u32, user: vec4u, firstSum: u32, first: u32, t: u32) {
  let g = bitcast<f32>(tastes[entry].y);
  let m = entry - user.x;
  let after = rowsUntil(m, user.w);
  if (g == 0.0 || after >= user.w) { return; }
  for (var k = user.x + timeOf(after) + t; k < user.y; k += THREADS) {
    let asked = weights[k];
    let low = max(asked.y, after);
    let age = timeOf(low) - 1u - m;
    if (age > p.reach) { break; }
    if (asked.x == NONE) { continue; }
    let high = rowsUntil(k - user.x, user.w);
    let lowSum = sums[firstSum + low];
    let highSum = sums[firstSum + high];
    let fading = faded(age) * (lowSum.y - faded((high - low) * p.step) * highSum.y);
    put(asked.x, first, g * (p.floor * (lowSum.x - highSum.x) + (1.0 - p.floor) * fading));
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
    let visit = visits[v];
    let user = users[visit.y];
    if (PAIRS) { addPairs(visit.x, user, first, t); } else { addTargets(visit.x, user, user.z + visit.y, first, t); }
    workgroupBarrier();
  }
  for (var x = t; x < min(TILE, WIDTH - first); x += THREADS) {
    let at = p.corner + job.x * STRIDE + first + x;
    if (job.w == DIRECT) { out[at] += tile[x]; } else { parts[job.w * WIDTH + first + x] = tile[x]; }
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
    out[p.corner + job.x * STRIDE + x] += sum;
  }
}
