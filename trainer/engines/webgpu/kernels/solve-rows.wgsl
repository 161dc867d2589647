/*
 * The half sweep: posteriors of one side's rows given the other side. For row r with entries (c, y) and f_c = [g_c without its
 * bias, 1]:
 *   A = τ (Σ f_c f_cᵀ + spread_r) + Λ,   x = A⁻¹ (τ Σ f_c (y − bias_c) + Λ m_r)
 * spread_r is the diagonal of the other side's summed variances without the bias's, which `gather` left in `variances`. Where
 * `whole`, it is their summed packed covariances, which `gather` left in `covariances`; its bias column is subtracted from the
 * right side instead. The row's posterior overwrites both.
 *
 * Shapes: entries (N) of (column, value); other (C, S); priorMeans, means, variances (R, S); covariances (R, S (S + 4) / 2)
 * upper triangles by rows from column i & ~3 on; precision (S, S).
 * Threads: a workgroup takes one job (at most a chunk of a row). A is cut into tiles of T × T, one a thread, kept in registers
 * as V × V matrices of 4 × 4. These are four variables, because drivers keep indexed arrays in memory. Entries are staged in
 * workgroup memory, BATCH at a time. A symmetric Gauss-Jordan sweep gives A⁻¹ in place, with one barrier a pivot. A pivot that
 * is not positive sets `status`.
 * Memory: rows of several jobs leave (Gram S · S, right side S) in `parts`, which `join` adds and solves. Where `other` is
 * larger than a binding, jobs run once for each panel of its rows and continue their part (`resume`).
 * Source: Lim & Teh, "Variational Bayesian approach to movie rating prediction", KDD Cup 2007; Goodnight, "A tutorial on
 * the SWEEP operator", The American Statistician 33, 1979.
 */
struct Params {
  firstJob: u32,
  jobs: u32,
  firstColumn: u32,
  endColumn: u32,
  resume: u32,
  whole: u32,
  tau: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> jobs: array<vec4u>; // row, start, end, slot | row, first slot, slots, -
@group(0) @binding(2) var<storage, read> entries: array<vec2u>;
@group(0) @binding(3) var<storage, read> other: array<vec4f>;
@group(0) @binding(4) var<storage, read> priorMeans: array<vec4f>;
@group(0) @binding(5) var<storage, read> lambda: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> means: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> variances: array<f32>;
@group(0) @binding(8) var<storage, read_write> covariances: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> parts: array<vec4f>;
@group(0) @binding(10) var<storage, read_write> status: array<u32>;

const DIRECT = 0xffffffffu;
const KV = S / 4u; // vectors of a row
const V = select(1u, 2u, S > 64u); // 4 x 4 matrices along a tile
const T = 4u * V;
const KT = S / T; // tiles along A
const THREADS = KT * KT;
const LOADERS = THREADS / KV; // entries read at a time
const BATCH = select(32u, 16u, S > 64u);
const SLOT = S * KV + KV;
const COVARIANCE = S * (S + 4u) / 8u;

var<workgroup> staged: array<vec4f, max(max(BATCH, LOADERS), KT) * KV>;
var<workgroup> pivotRow: array<vec4f, 2u * KV>;
var<workgroup> rhs: array<vec4f, KV>;
var<workgroup> right: array<f32, S>;
/**
 * The tile's matrices (u, v): column i of a matrix is row 4u + i of the tile, columns 4v to 4v + 3. Only the first is used
 * where V is 1.
 */
var<private> tile00: mat4x4f;
var<private> tile01: mat4x4f;
var<private> tile10: mat4x4f;
var<private> tile11: mat4x4f;

/** y xᵀ: column i is y_i x. */
fn outer(y: vec4f, x: vec4f) -> mat4x4f { return mat4x4f(y.x * x, y.y * x, y.z * x, y.w * x); }

/** Whether a pivot is a positive, finite number; on its bits, since comparisons with NaN may be optimised away. */
fn positive(x: f32) -> bool { return bitcast<u32>(x) - 1u < 0x7f7fffffu; }

/** Matrix (q / V, q % V). */
fn matrix(q: u32) -> mat4x4f {
  switch q {
    case 0u: { return tile00; }
    case 1u: { return tile01; }
    case 2u: { return tile10; }
    default: { return tile11; }
  }
}

fn setMatrix(q: u32, m: mat4x4f) {
  switch q {
    case 0u: { tile00 = m; }
    case 1u: { tile01 = m; }
    case 2u: { tile10 = m; }
    default: { tile11 = m; }
  }
}

fn clearTile() {
  tile00 = mat4x4f();
  tile01 = mat4x4f();
  tile10 = mat4x4f();
  tile11 = mat4x4f();
}

fn addBatch(t: u32, count: u32) {
  let ti = (t / KT) * V;
  let tj = (t % KT) * V;
  for (var k = 0u; k < count; k++) {
    let y0 = staged[k * KV + ti];
    let x0 = staged[k * KV + tj];
    tile00 += outer(y0, x0);
    if (V == 2u) {
      let y1 = staged[k * KV + ti + 1u];
      let x1 = staged[k * KV + tj + 1u];
      tile01 += outer(y0, x1);
      tile10 += outer(y1, x0);
      tile11 += outer(y1, x1);
    }
  }
}

/** Where matrix (u, v) of a thread's tile begins in an (S, S) matrix; its rows are KV vectors apart. */
fn place(t: u32, u: u32, v: u32) -> u32 {
  return ((t / KT) * T + 4u * u) * KV + (t % KT) * V + v;
}

/** Matrix (up, vp) of a row's packed covariance, from its upper triangle only; zero in the bias's row and column. */
fn covariance(row: u32, up: u32, vp: u32) -> mat4x4f {
  let low = min(up, vp);
  let step = KV - low;
  let at = row * COVARIANCE + 4u * low * KV - 2u * low * (low - 1u) + max(up, vp) - low;
  let a = covariances[at];
  let b = covariances[at + step];
  let c = covariances[at + 2u * step];
  let d = covariances[at + 3u * step];
  var m = mat4x4f(a, b, c, d);
  if (up == vp) { m = mat4x4f(a, vec4f(a.y, b.yzw), vec4f(a.z, b.z, c.zw), vec4f(a.w, b.w, c.w, d.w)); }
  if (up > vp) { m = transpose(m); }
  if (up == KV - 1u) { m[3] = vec4f(); }
  if (vp == KV - 1u) { m = mat4x4f(vec4f(m[0].xyz, 0), vec4f(m[1].xyz, 0), vec4f(m[2].xyz, 0), vec4f(m[3].xyz, 0)); }
  return m;
}

/** The bias's covariance with slot x. */
fn biasCovariance(row: u32, x: u32) -> f32 {
  let low = x / 4u;
  let at = row * COVARIANCE + 4u * low * KV - 2u * low * (low - 1u) + (x % 4u) * (KV - low) + KV - 1u - low;
  return covariances[at].w;
}

/** τ (m + spread) + Λ of matrix (u, v). */
fn withPrior(m: mat4x4f, row: u32, t: u32, u: u32, v: u32) -> mat4x4f {
  let up = (t / KT) * V + u;
  let vp = (t % KT) * V + v;
  var sum = m;
  if (p.whole != 0u) {
    sum += covariance(row, up, vp);
  } else if (up == vp) {
    let at = row * S + 4u * up;
    sum[0].x += variances[at];
    sum[1].y += variances[at + 1u];
    sum[2].z += variances[at + 2u];
    if (up < KV - 1u) { sum[3].w += variances[at + 3u]; }
  }
  let at = place(t, u, v);
  return p.tau * sum + mat4x4f(lambda[at], lambda[at + KV], lambda[at + 2u * KV], lambda[at + 3u * KV]);
}

/** tile ← τ (tile + spread) + Λ, right ← τ (right − spread's bias column) + Λ m. */
fn addPrior(row: u32, t: u32) {
  for (var q = 0u; q < V * V; q++) { setMatrix(q, withPrior(matrix(q), row, t, q / V, q % V)); }
  for (var x = t; x < S; x += THREADS) {
    var pull = vec4f();
    for (var j = 0u; j < KV; j++) { pull += lambda[x * KV + j] * priorMeans[row * KV + j]; }
    var sum = rhs[x / 4u][x % 4u];
    if (p.whole != 0u && x < S - 1u) { sum -= biasCovariance(row, x); }
    right[x] = p.tau * sum + pull.x + pull.y + pull.z + pull.w;
  }
}

/** Four of a row after a pivot: y is the row's element in the pivot's column, x the pivot's row over the pivot, `at` its column. */
fn sweptRow(old: vec4f, y: f32, x: vec4f, inverse: f32, isPivot: bool, inColumn: bool, at: vec4<bool>) -> vec4f {
  var next = select(old - y * x, x, isPivot);
  if (inColumn) { next = select(next, vec4f(select(inverse * y, -inverse, isPivot)), at); }
  return next;
}

/** Matrix (u, v) after pivot 4 (V kt + w) + r, whose row is shared. After all pivots A is −A⁻¹. */
fn swept(m: mat4x4f, t: u32, u: u32, v: u32, kt: u32, w: u32, r: u32) -> mat4x4f {
  let half = (r & 1u) * KV;
  let inverse = 1.0 / pivotRow[half + kt * V + w][r];
  let y = pivotRow[half + (t / KT) * V + u];
  let x = inverse * pivotRow[half + (t % KT) * V + v];
  let inRow = t / KT == kt && u == w;
  let inColumn = t % KT == kt && v == w;
  let at = vec4u(r) == vec4u(0u, 1u, 2u, 3u);
  return mat4x4f(
    sweptRow(m[0], y.x, x, inverse, inRow && r == 0u, inColumn, at),
    sweptRow(m[1], y.y, x, inverse, inRow && r == 1u, inColumn, at),
    sweptRow(m[2], y.z, x, inverse, inRow && r == 2u, inColumn, at),
    sweptRow(m[3], y.w, x, inverse, inRow && r == 3u, inColumn, at),
  );
}

fn rowOf(m: mat4x4f, r: u32) -> vec4f {
  return select(select(m[0], m[1], r == 1u), select(m[2], m[3], r == 3u), r > 1u);
}

fn sweepPivot(t: u32, kt: u32, w: u32, r: u32) {
  let half = (r & 1u) * KV;
  if (t / KT == kt) {
    let at = half + (t % KT) * V;
    if (V == 1u) {
      pivotRow[at] = rowOf(tile00, r);
    } else if (w == 0u) {
      pivotRow[at] = rowOf(tile00, r);
      pivotRow[at + 1u] = rowOf(tile01, r);
    } else {
      pivotRow[at] = rowOf(tile10, r);
      pivotRow[at + 1u] = rowOf(tile11, r);
    }
  }
  workgroupBarrier();
  if (t == 0u && !positive(pivotRow[half + kt * V + w][r])) { status[0] = 1u; }
  for (var q = 0u; q < V * V; q++) { setMatrix(q, swept(matrix(q), t, q / V, q % V, kt, w, r)); }
}

fn sweep(t: u32) {
  for (var k = 0u; k < S; k++) { sweepPivot(t, k / T, (k / 4u) % V, k % 4u); }
}

/** Four of the right side. */
fn rightOf(at: u32) -> vec4f { return vec4f(right[at], right[at + 1u], right[at + 2u], right[at + 3u]); }

/** Writes the part of the row's spread that matrix (u, v) of −A⁻¹ holds. */
fn writeSpread(m: mat4x4f, row: u32, t: u32, u: u32, v: u32) {
  let up = (t / KT) * V + u;
  let vp = (t % KT) * V + v;
  if (up == vp) {
    let at = row * S + 4u * up;
    variances[at] = -m[0].x;
    variances[at + 1u] = -m[1].y;
    variances[at + 2u] = -m[2].z;
    variances[at + 3u] = -m[3].w;
  }
  if (p.whole != 0u && up <= vp) {
    let at = row * COVARIANCE + 4u * up * KV - 2u * up * (up - 1u) + vp - up;
    let step = KV - up;
    covariances[at] = -m[0];
    covariances[at + step] = -m[1];
    covariances[at + 2u * step] = -m[2];
    covariances[at + 3u * step] = -m[3];
  }
}

/** Writes the posterior of a row whose Gram matrix is in the tiles and whose right side is in `rhs`. */
fn solveRow(row: u32, t: u32) {
  addPrior(row, t);
  sweep(t);
  // x_j = −Σ_i a_ij right_i: each thread multiplies its tile, then the tiles of a column are added.
  let ti = t / KT;
  let at = ti * KV + (t % KT) * V;
  let first = rightOf(ti * T);
  for (var q = 0u; q < V * V; q++) { writeSpread(matrix(q), row, t, q / V, q % V); }
  if (V == 2u) {
    let second = rightOf(ti * T + 4u);
    staged[at] = -(tile00 * first + tile10 * second);
    staged[at + 1u] = -(tile01 * first + tile11 * second);
  } else {
    staged[at] = -(tile00 * first);
  }
  workgroupBarrier();
  for (var x = t; x < KV; x += THREADS) {
    var sum = vec4f();
    for (var i = 0u; i < KT; i++) { sum += staged[i * KV + x]; }
    means[row * KV + x] = sum;
  }
}

/** Leaves a matrix in parts, added to what an earlier panel left there. */
fn storePart(m: mat4x4f, at: u32) {
  var sum = m;
  if (p.resume != 0u) { sum += partAt(at); }
  parts[at] = sum[0];
  parts[at + KV] = sum[1];
  parts[at + 2u * KV] = sum[2];
  parts[at + 3u * KV] = sum[3];
}

fn partAt(at: u32) -> mat4x4f {
  return mat4x4f(parts[at], parts[at + KV], parts[at + 2u * KV], parts[at + 3u * KV]);
}

@compute @workgroup_size(THREADS)
fn gram(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
) {
  let item = group.x + group.y * grid.x;
  if (item >= p.jobs) { return; }
  let job = jobs[p.firstJob + item];
  let lane = t % KV;
  let loader = t / KV;
  clearTile();
  var rhsPart = vec4f();
  for (var start = job.y; start < job.z; start += BATCH) {
    workgroupBarrier();
    for (var k = loader; loader < LOADERS && k < BATCH; k += LOADERS) {
      var f = vec4f();
      if (start + k < job.z) {
        let entry = entries[start + k];
        let c = entry.x - p.firstColumn;
        if (entry.x >= p.firstColumn && entry.x < p.endColumn) {
          f = other[c * KV + lane];
          let residual = bitcast<f32>(entry.y) - other[c * KV + KV - 1u].w;
          if (lane == KV - 1u) { f.w = 1.0; }
          rhsPart += residual * f;
        }
      }
      staged[k * KV + lane] = f;
    }
    workgroupBarrier();
    addBatch(t, min(BATCH, job.z - start));
  }
  workgroupBarrier();
  if (loader < LOADERS) { staged[loader * KV + lane] = rhsPart; }
  workgroupBarrier();
  for (var x = t; x < KV; x += THREADS) {
    var sum = vec4f();
    for (var l = 0u; l < LOADERS; l++) { sum += staged[l * KV + x]; }
    rhs[x] = sum;
  }
  workgroupBarrier();
  if (job.w == DIRECT) {
    solveRow(job.x, t);
    return;
  }
  let base = job.w * SLOT;
  for (var q = 0u; q < V * V; q++) { storePart(matrix(q), base + place(t, q / V, q % V)); }
  for (var x = t; x < KV; x += THREADS) {
    let at = base + S * KV + x;
    if (p.resume != 0u) { parts[at] += rhs[x]; } else { parts[at] = rhs[x]; }
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
  clearTile();
  for (var slot = job.y; slot < job.y + job.z; slot++) {
    let base = slot * SLOT;
    for (var q = 0u; q < V * V; q++) { setMatrix(q, matrix(q) + partAt(base + place(t, q / V, q % V))); }
  }
  for (var x = t; x < KV; x += THREADS) {
    var sum = vec4f();
    for (var slot = job.y; slot < job.y + job.z; slot++) { sum += parts[slot * SLOT + S * KV + x]; }
    rhs[x] = sum;
  }
  workgroupBarrier();
  solveRow(job.x, t);
}
