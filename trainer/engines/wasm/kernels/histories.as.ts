import { LOG_RECORD, LOG_VISIT } from './parts/history-tables.as';

/**
 * What each rating of a history weighs in the second moments of the next-watch rows (`history-moments.ts` has the formulas).
 * It is summed once a user, so that `moments.as.ts` need not visit training rows one by one.
 *
 * Threads: items are users. Each writes its own part of the tables (`parts/history-tables.as.ts`).
 */

/** log₂ of the bytes of a training row in scratch: time (int32), end (int32), 1/√W, 1/√count (float64), unused. */
const LOG_ROW: usize = 5;

/** Bytes of scratch for histories of at most `longest` ratings. */
export function historiesScratch(longest: usize): usize {
  return (longest + 4) * (4 + (1 << LOG_ROW));
}

/** Users [from, to): counts (U) ← tastes of each. `scratch` holds the likes before each position, then training rows. */
export function histories(
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
  const likesAt = scratch;
  const rows = scratch + ((longest + 4) & ~3) * 4;
  const fade = load<f64>(powers, 8);
  for (let u = from; u < to; u++) {
    const start = load<u32>(starts + ((<usize>u) << 2));
    const n = <i32>(load<u32>(starts + ((<usize>u) << 2), 4) - start);
    const userTastes = tastes + ((<usize>start) << LOG_RECORD);
    const userVisits = visits + ((<usize>start) << LOG_VISIT);
    const userLikes = likes + ((<usize>start) << LOG_RECORD);
    const userRows = rowTable + ((<usize>start + <usize>u) << LOG_RECORD);

    let tasteCount = 0;
    let likeCount = 0;
    for (let k = 0; k < n; k++) {
      store<i32>(likesAt + ((<usize>k) << 2), likeCount);
      const column = load<i32>(columns + ((<usize>start + k) << 2));
      const value = load<f32>(stars + ((<usize>start + k) << 2));
      const liked = value >= likeFrom;
      const g: f32 = liked ? 1 : value < dislikeBelow ? dislikeWeight : 0;
      if (column < 0 || g == 0) continue;
      const taste = userTastes + ((<usize>tasteCount) << LOG_RECORD);
      store<i32>(taste, column << 2);
      store<i32>(taste, k << 2, 4);
      store<f32>(taste, g, 8);
      store<i32>(userVisits + ((<usize>tasteCount) << LOG_VISIT), liked ? <i32>start + likeCount : -1, 20);
      tasteCount++;
      if (liked) {
        store<i32>(userLikes + ((<usize>likeCount) << LOG_RECORD), column << 2);
        store<i32>(userLikes + ((<usize>likeCount) << LOG_RECORD), k, 4);
        likeCount++;
      }
    }
    store<i32>(likesAt + ((<usize>n) << 2), likeCount);
    const likesEnd = <i32>start + likeCount;
    store<i32>(counts + ((<usize>u) << 2), tasteCount);

    let rowCount = 0;
    for (let t = first; t < n - 2; t += step) {
      const end = min(n, t + max(window, <i32>Math.floor(<f64>t * windowShare)));
      const likesBefore = load<i32>(likesAt + ((<usize>t) << 2));
      const likesUntil = load<i32>(likesAt + ((<usize>end) << 2));
      if (likesUntil == likesBefore) continue;
      const total = floor * <f64>t + ((1 - floor) * (1 - load<f64>(powers + ((<usize>t) << 3)))) / (1 - fade);
      const inverseNorm = 1 / Math.sqrt(total);
      const target = 1 / Math.sqrt(<f64>(likesUntil - likesBefore));
      const row = rows + ((<usize>rowCount) << LOG_ROW);
      store<i32>(row, t);
      store<i32>(row, end, 4);
      store<f64>(row, inverseNorm, 8);
      store<f64>(row, target, 16);
      const record = userRows + ((<usize>rowCount) << LOG_RECORD);
      store<i32>(record, <i32>start + likesBefore);
      store<i32>(record, (t - 1) << 2, 4);
      store<f32>(record, <f32>(inverseNorm * target), 8);
      store<i32>(record, <i32>start + likesUntil, 12);
      rowCount++;
    }
    const last = userRows + ((<usize>rowCount) << LOG_RECORD);
    store<i32>(last, likesEnd);
    store<i32>(last, 0, 4);
    store<f32>(last, 0, 8);
    store<i32>(last, likesEnd, 12);
    store<i32>(rowCounts + ((<usize>u) << 2), rowCount);

    sumInputs(userTastes, userVisits, tasteCount, rows, rowCount, fade, floor, start, userRows, rowTable, likesEnd);
    sumTargets(userTastes, userVisits, tasteCount, userLikes, rows, rowCount, powers, floor, start);
  }
  return 0;
}

/** Visits ← for each taste, from the last one back: Σ over the later rows of 1, e and e² over W, and of 1 and e over √W. */
function sumInputs(
  tastes: usize,
  visits: usize,
  count: i32,
  rows: usize,
  rowCount: i32,
  fade: f64,
  f: f64,
  start: u32,
  userRows: usize,
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
    // Rows after the last taste fade by the time between them and it.
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
    store<i32>(visit, <i32>((userRows - rowTable) >> LOG_RECORD) + next + 1, 16);
    store<i32>(visit, likesEnd, 28);
    if (--k < 0) return;
  }
}

/** Likes ← what the rows that ask for each weigh together, seen from an entry before all of them. */
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
    const place = load<i32>(visit, 20);
    if (place < 0) {
      store<f32>(visit, 0, 24);
      continue;
    }
    const like = likes + ((<usize>(place - <i32>start)) << LOG_RECORD);
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
