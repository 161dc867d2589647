/*
 * The half sweep. For each row r with entries (c, y) and f_c = [g_c without its bias, 1]:
 *   A = τ (Σ f_c f_cᵀ + spread_r) + Λ,   x = A⁻¹ (τ Σ f_c (y − bias_c) + Λ m_r)
 * spread_r = diag of the other side's summed variances without the bias's, found in `variances`; or, `whole`, their summed
 * packed covariances, found in `covariances`, whose bias column leaves the right side instead. Both are what `gather` left
 * in the row's own place; the row's posterior overwrites them.
 *
 * Shapes: entries (N) of (column, value); other (C, S); priorMeans, means, variances (R, S); covariances (R, S (S + 4) / 2)
 * upper triangles by rows from column i & ~3 on; precision (S, S).
 * Threads: one workgroup a job (at most a chunk of a row). A is cut into tiles of T × T, one a thread, kept in registers as
 * V × V matrices of 4 × 4. Entries are staged BATCH at a time through workgroup memory.
 * A⁻¹ comes from a symmetric Gauss-Jordan sweep in place, one barrier a pivot; a pivot that is not positive sets `status`.
 * Memory: rows of several jobs leave (Gram S · S, right side S) in `parts`, which `join` adds and solves. Where `other` is
 * larger than a binding, jobs run once for each panel of its rows and go on from their part (`resume`).
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
/** Column i of matrix (u, v) is row 4u + i of the tile, columns 4v to 4v + 3. */
var<private> tile: array<mat4x4f, V * V>;

/** y xᵀ: column i is y_i x. */
fn outer(y: vec4f, x: vec4f) -> mat4x4f { return mat4x4f(y.x * x, y.y * x, y.z * x, y.w * x); }

/** Whether a pivot is a positive, finite number; on its bits, since comparisons with NaN may be optimised away. */
fn positive(x: f32) -> bool { return bitcast<u32>(x) - 1u < 0x7f7fffffu; }

fn clearTile() {
  for (var q = 0u; q < V * V; q++) { tile[q] = mat4x4f(); }
}

fn addBatch(t: u32, count: u32) {
  let ti = (t / KT) * V;
  let tj = (t % KT) * V;
  for (var k = 0u; k < count; k++) {
    for (var u = 0u; u < V; u++) {
      let y = staged[k * KV + ti + u];
      for (var v = 0u; v < V; v++) { tile[u * V + v] += outer(y, staged[k * KV + tj + v]); }
    }
  }
}

/** Where row i of matrix (u, v) of a thread's tile lies in an (S, S) matrix. */
fn place(t: u32, u: u32, v: u32, i: u32) -> u32 {
  return ((t / KT) * T + 4u * u + i) * KV + (t % KT) * V + v;
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

/** tile ← τ (tile + spread) + Λ, right ← τ (right − spread's bias column) + Λ m. */
fn addPrior(row: u32, t: u32) {
  for (var u = 0u; u < V; u++) {
    for (var v = 0u; v < V; v++) {
      let up = (t / KT) * V + u;
      let vp = (t % KT) * V + v;
      var m = tile[u * V + v];
      if (p.whole != 0u) {
        m += covariance(row, up, vp);
      } else if (up == vp) {
        let at = row * S + 4u * up;
        m[0].x += variances[at];
        m[1].y += variances[at + 1u];
        m[2].z += variances[at + 2u];
        if (up < KV - 1u) { m[3].w += variances[at + 3u]; }
      }
      for (var i = 0u; i < 4u; i++) { m[i] = p.tau * m[i] + lambda[place(t, u, v, i)]; }
      tile[u * V + v] = m;
    }
  }
  for (var x = t; x < S; x += THREADS) {
    var pull = vec4f();
    for (var j = 0u; j < KV; j++) { pull += lambda[x * KV + j] * priorMeans[row * KV + j]; }
    var sum = rhs[x / 4u][x % 4u];
    if (p.whole != 0u && x < S - 1u) { sum -= biasCovariance(row, x); }
    right[x] = p.tau * sum + pull.x + pull.y + pull.z + pull.w;
  }
}

/** Sweeps pivot 4 (V kt + w) + r: its row is shared, everything else is updated, A becomes −A⁻¹ after all of them. */
fn sweepPivot(t: u32, kt: u32, w: u32, r: u32) {
  let ti = t / KT;
  let tj = t % KT;
  let half = (r & 1u) * KV;
  if (ti == kt) {
    for (var v = 0u; v < V; v++) { pivotRow[half + tj * V + v] = tile[w * V + v][r]; }
  }
  workgroupBarrier();
  let pivot = pivotRow[half + kt * V + w][r];
  if (t == 0u && !positive(pivot)) { status[0] = 1u; }
  let inverse = 1.0 / pivot;
  for (var u = 0u; u < V; u++) {
    let y = pivotRow[half + ti * V + u];
    for (var v = 0u; v < V; v++) { tile[u * V + v] -= outer(y, inverse * pivotRow[half + tj * V + v]); }
  }
  if (ti == kt) {
    for (var v = 0u; v < V; v++) { tile[w * V + v][r] = inverse * pivotRow[half + tj * V + v]; }
  }
  if (tj == kt) {
    for (var u = 0u; u < V; u++) {
      let column = inverse * pivotRow[half + ti * V + u];
      for (var i = 0u; i < 4u; i++) { tile[u * V + w][i][r] = column[i]; }
    }
  }
  if (ti == kt && tj == kt) { tile[w * V + w][r][r] = -inverse; }
}

fn sweep(t: u32) {
  for (var kt = 0u; kt < KT; kt++) {
    for (var w = 0u; w < V; w++) {
      sweepPivot(t, kt, w, 0u);
      sweepPivot(t, kt, w, 1u);
      sweepPivot(t, kt, w, 2u);
      sweepPivot(t, kt, w, 3u);
    }
  }
}

/** The posterior of a row whose Gram matrix stands in `tile` and whose right side in `rhs`. */
fn finish(row: u32, t: u32) {
  addPrior(row, t);
  sweep(t);
  let ti = t / KT;
  let tj = t % KT;
  // x_j = −Σ_i a_ij right_i: each thread its tile, then the sum over tiles of a column.
  for (var v = 0u; v < V; v++) {
    var sum = vec4f();
    for (var u = 0u; u < V; u++) {
      let at = ti * T + 4u * u;
      sum -= tile[u * V + v] * vec4f(right[at], right[at + 1u], right[at + 2u], right[at + 3u]);
    }
    staged[ti * KV + tj * V + v] = sum;
  }
  for (var u = 0u; u < V; u++) {
    let m = tile[u * V + u];
    if (ti == tj) {
      let at = row * S + ti * T + 4u * u;
      variances[at] = -m[0].x;
      variances[at + 1u] = -m[1].y;
      variances[at + 2u] = -m[2].z;
      variances[at + 3u] = -m[3].w;
    }
    if (p.whole != 0u) {
      for (var v = 0u; v < V; v++) {
        let up = ti * V + u;
        let vp = tj * V + v;
        if (up > vp) { continue; }
        let at = row * COVARIANCE + 4u * up * KV - 2u * up * (up - 1u) + vp - up;
        for (var i = 0u; i < 4u; i++) { covariances[at + i * (KV - up)] = -tile[u * V + v][i]; }
      }
    }
  }
  workgroupBarrier();
  for (var x = t; x < KV; x += THREADS) {
    var sum = vec4f();
    for (var i = 0u; i < KT; i++) { sum += staged[i * KV + x]; }
    means[row * KV + x] = sum;
  }
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
  var own = vec4f();
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
          own += residual * f;
        }
      }
      staged[k * KV + lane] = f;
    }
    workgroupBarrier();
    addBatch(t, min(BATCH, job.z - start));
  }
  workgroupBarrier();
  if (loader < LOADERS) { staged[loader * KV + lane] = own; }
  workgroupBarrier();
  for (var x = t; x < KV; x += THREADS) {
    var sum = vec4f();
    for (var l = 0u; l < LOADERS; l++) { sum += staged[l * KV + x]; }
    rhs[x] = sum;
  }
  workgroupBarrier();
  if (job.w == DIRECT) {
    finish(job.x, t);
    return;
  }
  let base = job.w * SLOT;
  let go = p.resume != 0u;
  for (var q = 0u; q < V * V * 4u; q++) {
    let at = base + place(t, q / (4u * V), (q / 4u) % V, q % 4u);
    let value = tile[q / 4u][q % 4u];
    if (go) { parts[at] += value; } else { parts[at] = value; }
  }
  for (var x = t; x < KV; x += THREADS) {
    let at = base + S * KV + x;
    if (go) { parts[at] += rhs[x]; } else { parts[at] = rhs[x]; }
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
    for (var q = 0u; q < V * V * 4u; q++) {
      tile[q / 4u][q % 4u] += parts[slot * SLOT + place(t, q / (4u * V), (q / 4u) % V, q % 4u)];
    }
  }
  for (var x = t; x < KV; x += THREADS) {
    var sum = vec4f();
    for (var slot = job.y; slot < job.y + job.z; slot++) { sum += parts[slot * SLOT + S * KV + x]; }
    rhs[x] = sum;
  }
  workgroupBarrier();
  finish(job.x, t);
}
