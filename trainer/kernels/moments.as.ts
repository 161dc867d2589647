/**
 * Second moments of the next-watch rows (history-moments.ts has the formulas) without scattered writes. A user's sequence
 * is first summed up entry by entry; then each row of the matrices is computed by itself, by visiting everybody who rated
 * that movie, so that all additions go to one row, which stays in the first-level cache.
 *
 *   H  (N, N)   half of Σ x xᵀ: a row gets its pairs with earlier entries, the pair with itself by half; H + Hᵀ is all of it
 *   xy (N, M)   Σ x yᵀ, a row gets its pairs with later liked entries
 *   G  (M, M)   half of Σ l lᵀ, as H
 *
 * Threads: `momentsEntries` by users, `momentsRows` by movies, `momentsMirror` by blocks of rows. What is written depends
 * on the user or movie alone and sums are in the order of the users, so the bytes do not depend on the number of threads.
 *
 * Memory: a block of users' entries, e the position in the block; user u has starts[u] ≤ e < starts[u + 1] in each table:
 *   tastes   16 bytes   column · 4, position · 4, g, –            what weighs something, packed to the user's start
 *   visits   32 bytes   user's start, flat g, fading g, constant g, first row after, place among the likes or −1,
 *                       asked, end of the likes                   of each taste
 *   likes    16 bytes   column · 4, (time of the oldest row that asks − 1) · 4, flat, fading      packed likewise
 *   rows     16 bytes   first like it asks, (time − 1) · 4, q, end of the likes it asks           packed, then one that asks
 *                       nothing
 * `fades` (float32) and `powers` (float64) hold e^{−d / decay} for d = 0, 1, … up to the longest sequence.
 */
const LOG_RECORD: usize = 4;
const LOG_VISIT: usize = 5;
/** Bytes of a training row in scratch: time (int32), end (int32), 1/√W, 1/√count (float64). */
const LOG_ROW: usize = 5;
const BLOCK: usize = 64;

/** Users [from, to): counts (U) ← tastes of each. `scratch` holds a count of likes before each position, then rows. */
export function momentsEntries(
  from: i32,
  to: i32,
  scratch: usize,
  starts: usize,
  columns: usize,
  stars: usize,
  powers: usize,
  tastes: usize,
  visits: usize,
  likes: usize,
  rowTable: usize,
  counts: usize,
  rowCounts: usize,
  longest: usize,
  likeFrom: f32,
  dislikeBelow: f32,
  dislikeWeight: f32,
  floor: f64,
  first: i32,
  step: i32,
  window: i32,
  windowShare: f64,
): i32 {
  const before = scratch;
  const rows = scratch + ((longest + 4) & ~3) * 4;
  const fade = load<f64>(powers, 8);
  for (let u = from; u < to; u++) {
    const start = load<u32>(starts + ((<usize>u) << 2));
    const n = <i32>(load<u32>(starts + ((<usize>u) << 2), 4) - start);
    const ownTastes = tastes + ((<usize>start) << LOG_RECORD);
    const ownVisits = visits + ((<usize>start) << LOG_VISIT);
    const ownLikes = likes + ((<usize>start) << LOG_RECORD);
    const ownRows = rowTable + ((<usize>start + <usize>u) << LOG_RECORD);

    let tasteCount = 0;
    let likeCount = 0;
    for (let k = 0; k < n; k++) {
      store<i32>(before + ((<usize>k) << 2), likeCount);
      const column = load<i32>(columns + ((<usize>start + k) << 2));
      const value = load<f32>(stars + ((<usize>start + k) << 2));
      const liked = value >= likeFrom;
      const g: f32 = liked ? 1 : value < dislikeBelow ? dislikeWeight : 0;
      if (column < 0 || g == 0) continue;
      const taste = ownTastes + ((<usize>tasteCount) << LOG_RECORD);
      store<i32>(taste, column << 2);
      store<i32>(taste, k << 2, 4);
      store<f32>(taste, g, 8);
      store<i32>(ownVisits + ((<usize>tasteCount) << LOG_VISIT), liked ? <i32>start + likeCount : -1, 20);
      tasteCount++;
      if (liked) {
        store<i32>(ownLikes + ((<usize>likeCount) << LOG_RECORD), column << 2);
        store<i32>(ownLikes + ((<usize>likeCount) << LOG_RECORD), k, 4);
        likeCount++;
      }
    }
    store<i32>(before + ((<usize>n) << 2), likeCount);
    const likesEnd = <i32>start + likeCount;
    store<i32>(counts + ((<usize>u) << 2), tasteCount);

    let rowCount = 0;
    for (let t = first; t < n - 2; t += step) {
      const end = min(n, t + max(window, <i32>Math.floor(<f64>t * windowShare)));
      const ahead = load<i32>(before + ((<usize>t) << 2));
      const behind = load<i32>(before + ((<usize>end) << 2));
      if (behind == ahead) continue;
      const total = floor * <f64>t + ((1 - floor) * (1 - load<f64>(powers + ((<usize>t) << 3)))) / (1 - fade);
      const inverseNorm = 1 / Math.sqrt(total);
      const target = 1 / Math.sqrt(<f64>(behind - ahead));
      const row = rows + ((<usize>rowCount) << LOG_ROW);
      store<i32>(row, t);
      store<i32>(row, end, 4);
      store<f64>(row, inverseNorm, 8);
      store<f64>(row, target, 16);
      const kept = ownRows + ((<usize>rowCount) << LOG_RECORD);
      store<i32>(kept, <i32>start + ahead);
      store<i32>(kept, (t - 1) << 2, 4);
      store<f32>(kept, <f32>(inverseNorm * target), 8);
      store<i32>(kept, <i32>start + behind, 12);
      rowCount++;
    }
    const none = ownRows + ((<usize>rowCount) << LOG_RECORD);
    store<i32>(none, likesEnd);
    store<i32>(none, 0, 4);
    store<f32>(none, 0, 8);
    store<i32>(none, likesEnd, 12);
    store<i32>(rowCounts + ((<usize>u) << 2), rowCount);

    sumInputs(ownTastes, ownVisits, tasteCount, rows, rowCount, fade, floor, start, ownRows, rowTable, likesEnd);
    sumTargets(ownTastes, ownVisits, tasteCount, ownLikes, rows, rowCount, powers, floor, start);
  }
  return 0;
}

/** Σ over the rows after each taste of 1, e and e² over W, and of 1 and e over √W, from the last taste back. */
function sumInputs(
  tastes: usize,
  visits: usize,
  count: i32,
  rows: usize,
  rowCount: i32,
  fade: f64,
  f: f64,
  start: u32,
  ownRows: usize,
  rowTable: usize,
  likesEnd: i32,
): void {
  const fade2 = fade * fade;
  let next = rowCount - 1;
  let s0: f64 = 0;
  let s1: f64 = 0;
  let s2: f64 = 0;
  let c0: f64 = 0;
  let c1: f64 = 0;
  let k = count - 1;
  if (k < 0) return;
  for (let m = load<i32>(tastes + ((<usize>k) << LOG_RECORD), 4) >> 2; m >= 0; m--) {
    // Rows after the last taste weigh as if m had come down to it from them.
    s1 *= fade;
    s2 *= fade2;
    c1 *= fade;
    for (; next >= 0 && load<i32>(rows + ((<usize>next) << LOG_ROW)) > m; next--) {
      const row = rows + ((<usize>next) << LOG_ROW);
      const q = load<f64>(row, 8);
      let e: f64 = 1;
      for (let t = load<i32>(row) - 1; t > m; t--) e *= fade;
      s0 += q * q;
      s1 += q * q * e;
      s2 += q * q * e * e;
      c0 += q;
      c1 += q * e;
    }
    const taste = tastes + ((<usize>k) << LOG_RECORD);
    if (load<i32>(taste, 4) >> 2 != m) continue;
    const g = <f64>load<f32>(taste, 8);
    const visit = visits + ((<usize>k) << LOG_VISIT);
    store<u32>(visit, start);
    store<f32>(visit, <f32>(g * (f * f * s0 + f * (1 - f) * s1)), 4);
    store<f32>(visit, <f32>(g * (f * (1 - f) * s1 + (1 - f) * (1 - f) * s2)), 8);
    store<f32>(visit, <f32>(g * (f * c0 + (1 - f) * c1)), 12);
    store<i32>(visit, <i32>((ownRows - rowTable) >> LOG_RECORD) + next + 1, 16);
    store<i32>(visit, likesEnd, 28);
    if (--k < 0) return;
  }
}

/** For each like, what the rows that ask for it weigh together, as they stand to entries before all of them. */
function sumTargets(
  tastes: usize,
  visits: usize,
  count: i32,
  likes: usize,
  rows: usize,
  rowCount: i32,
  powers: usize,
  f: f64,
  start: u32,
): void {
  let low = 0;
  let high = 0;
  let knownLow = -1;
  let knownHigh = -1;
  let flat: f32 = 0;
  let fading: f32 = 0;
  let asked: f32 = 0;
  for (let t = 0; t < count; t++) {
    const visit = visits + ((<usize>t) << LOG_VISIT);
    const own = load<i32>(visit, 20);
    if (own < 0) {
      store<f32>(visit, 0, 24);
      continue;
    }
    const like = likes + ((<usize>(own - <i32>start)) << LOG_RECORD);
    const k = load<i32>(like, 4);
    while (high < rowCount && load<i32>(rows + ((<usize>high) << LOG_ROW)) <= k) high++;
    while (low < high && load<i32>(rows + ((<usize>low) << LOG_ROW), 4) <= k) low++;
    if (low != knownLow || high != knownHigh) {
      knownLow = low;
      knownHigh = high;
      let sum0: f64 = 0;
      let sum1: f64 = 0;
      let targets: f64 = 0;
      const oldest = load<i32>(rows + ((<usize>low) << LOG_ROW));
      for (let r = low; r < high; r++) {
        const row = rows + ((<usize>r) << LOG_ROW);
        const q = load<f64>(row, 8) * load<f64>(row, 16);
        sum0 += q;
        sum1 += q * load<f64>(powers + ((<usize>(load<i32>(row) - oldest)) << 3));
        targets += load<f64>(row, 16);
      }
      flat = <f32>(f * sum0);
      fading = <f32>((1 - f) * sum1);
      asked = <f32>targets;
    }
    const time = low < high ? load<i32>(rows + ((<usize>low) << LOG_ROW)) - 1 : k;
    store<i32>(like, time << 2, 4);
    store<f32>(like, flat, 8);
    store<f32>(like, fading, 12);
    store<f32>(visit, asked, 24);
  }
}

/** One thread: the block's tastes by movie, visitStarts (M + 1) and order: taste of each visit, users ascending. */
export function momentsOrder(
  _from: i32,
  _to: i32,
  _scratch: usize,
  users: usize,
  starts: usize,
  counts: usize,
  tastes: usize,
  M: usize,
  visitStarts: usize,
  order: usize,
): i32 {
  memory.fill(visitStarts, 0, (M + 2) << 2);
  // Counted two places on, so that filling turns ends into starts.
  const next = visitStarts + 4;
  for (let u: usize = 0; u < users; u++) {
    const begin = tastes + ((<usize>load<u32>(starts + (u << 2))) << LOG_RECORD);
    const end = begin + ((<usize>load<u32>(counts + (u << 2))) << LOG_RECORD);
    for (let taste = begin; taste < end; taste += 1 << LOG_RECORD) {
      const at = next + 4 + load<u32>(taste);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
  for (let m: usize = 1; m <= M; m++) {
    store<u32>(next + (m << 2), load<u32>(next + (m << 2)) + load<u32>(next + (m << 2) - 4));
  }
  for (let u: usize = 0; u < users; u++) {
    const start = load<u32>(starts + (u << 2));
    const count = load<u32>(counts + (u << 2));
    for (let e = start; e < start + count; e++) {
      const at = next + load<u32>(tastes + ((<usize>e) << LOG_RECORD));
      const place = load<u32>(at);
      store<u32>(at, place + 1);
      store<u32>(order + ((<usize>place) << 2), e);
    }
  }
  return 0;
}

/** Rows of the movies work[from … to), longest first: H, xy and G += what the block's users add. */
export function momentsRows(
  from: i32,
  to: i32,
  _scratch: usize,
  work: usize,
  visitStarts: usize,
  order: usize,
  tastes: usize,
  visits: usize,
  likes: usize,
  rowTable: usize,
  fades: usize,
  floor: f32,
  M: usize,
  H: usize,
  xy: usize,
  G: usize,
): i32 {
  for (let item = from; item < to; item++) {
    const movie = <usize>load<u32>(work + ((<usize>item) << 2));
    const begin = order + ((<usize>load<u32>(visitStarts + (movie << 2))) << 2);
    const end = order + ((<usize>load<u32>(visitStarts + (movie << 2), 4)) << 2);
    const rowH = H + movie * ((M + 1) << 2);
    for (let at = begin; at < end; at += 4) addInputs(load<u32>(at), tastes, visits, fades, rowH, M);
    const rowXy = xy + movie * (M << 2);
    const constant = xy + M * (M << 2) + (movie << 2);
    for (let at = begin; at < end; at += 4) {
      addTargets(load<u32>(at), tastes, visits, likes, rowTable, fades, floor, rowXy, constant);
    }
    const rowG = G + movie * (M << 2);
    for (let at = begin; at < end; at += 4) addLikes(load<u32>(at), visits, likes, rowG);
  }
  return 0;
}

function add(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}

function addInputs(e: u32, tastes: usize, visits: usize, fades: usize, row: usize, M: usize): void {
  const visit = visits + ((<usize>e) << LOG_VISIT);
  const flat = load<f32>(visit, 4);
  const fading = load<f32>(visit, 8);
  if (flat == 0 && fading == 0) return;
  const own = tastes + ((<usize>e) << LOG_RECORD);
  const ages = fades + load<u32>(own, 4);
  for (let taste = tastes + ((<usize>load<u32>(visit)) << LOG_RECORD); taste < own; taste += 1 << LOG_RECORD) {
    const value = load<f32>(taste, 8) * (flat + fading * load<f32>(ages - load<u32>(taste, 4)));
    add(row + load<u32>(taste), value);
  }
  add(row + load<u32>(own), <f32>0.5 * load<f32>(own, 8) * (flat + fading));
  add(row + (M << 2), load<f32>(visit, 12));
}

function addTargets(
  e: u32,
  tastes: usize,
  visits: usize,
  likes: usize,
  rowTable: usize,
  fades: usize,
  floor: f32,
  line: usize,
  constant: usize,
): void {
  const visit = visits + ((<usize>e) << LOG_VISIT);
  const own = tastes + ((<usize>e) << LOG_RECORD);
  const g = load<f32>(own, 8);
  let row = rowTable + ((<usize>load<u32>(visit, 16)) << LOG_RECORD);
  const time = <usize>load<u32>(own, 4);
  const end = likes + ((<usize>load<u32>(visit, 28)) << LOG_RECORD);
  let like = likes + ((<usize>load<u32>(row)) << LOG_RECORD);
  // Until the first row after this entry ends, rows only join.
  const far = likes + ((<usize>load<u32>(row, 12)) << LOG_RECORD);
  let sum: f32 = 0;
  while (like < far) {
    sum += g * load<f32>(row, 8) * (floor + (1 - floor) * load<f32>(fades + load<u32>(row, 4) - time));
    row += 1 << LOG_RECORD;
    const until = min(far, likes + ((<usize>load<u32>(row)) << LOG_RECORD));
    for (; like < until; like += 1 << LOG_RECORD) add(line + load<u32>(like), sum);
  }
  for (; like < end; like += 1 << LOG_RECORD) {
    const value = g * (load<f32>(like, 8) + load<f32>(like, 12) * load<f32>(fades + load<u32>(like, 4) - time));
    add(line + load<u32>(like), value);
  }
  add(constant, load<f32>(visit, 24));
}

function addLikes(e: u32, visits: usize, likes: usize, row: usize): void {
  const visit = visits + ((<usize>e) << LOG_VISIT);
  const place = load<i32>(visit, 20);
  if (place < 0) return;
  const own = likes + ((<usize>place) << LOG_RECORD);
  for (let like = likes + ((<usize>load<u32>(visit)) << LOG_RECORD); like < own; like += 1 << LOG_RECORD) {
    add(row + load<u32>(like), 1);
  }
  add(row + load<u32>(own), 0.5);
}

/** a (n, n) ← a + aᵀ in place, blocks of rows [from, to) and the columns above them, the last first. */
export function momentsMirror(from: i32, to: i32, _scratch: usize, a: usize, n: usize): i32 {
  const step = n << 2;
  const blocks = (n + BLOCK - 1) / BLOCK;
  for (let item = <usize>from; item < <usize>to; item++) {
    const top = (blocks - 1 - item) * BLOCK;
    const bottom = min(n, top + BLOCK);
    for (let left: usize = 0; left <= top; left += BLOCK) {
      for (let i = top; i < bottom; i++) {
        const right = min(left + BLOCK, i + 1);
        let lower = a + i * step + (left << 2);
        let upper = a + left * step + (i << 2);
        for (let j = left; j < right; j++, lower += 4, upper += step) {
          const sum = load<f32>(lower) + load<f32>(upper);
          store<f32>(lower, sum);
          store<f32>(upper, sum);
        }
      }
    }
  }
  return 0;
}
