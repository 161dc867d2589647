import { LOG_RECORD, LOG_VISIT } from './parts/history-tables.as';

/**
 * What each rating of a history weighs in the second moments of the next-watch rows (`history-moments.ts` has the formulas).
 * It is summed once a user, so that `moments.as.ts` need not visit training rows one by one.
 *
 * Threads: items are users. Each writes its own part of the tables (`parts/history-tables.as.ts`).
 */

/** Bytes of scratch that `weighTargets` needs for histories of at most `longest` ratings. */
export function targetsScratch(longest: usize): usize {
  return ((longest + 4) & ~3) * (4 + 4 + 8 + 8);
}

/** tastes, counts (U) ← the ratings of each user that weigh something. */
export function weighTastes(
  from: i32,
  to: i32,
  _scratch: usize,
  starts: usize,
  columns: usize,
  stars: usize,
  likeFrom: f32,
  dislikeBelow: f32,
  dislikeWeight: f32,
  tastes: usize,
  counts: usize,
): i32 {
  for (let u = from; u < to; u++) {
    const start = <usize>load<u32>(starts + ((<usize>u) << 2));
    const end = <usize>load<u32>(starts + ((<usize>u) << 2), 4);
    let taste = tastes + (start << LOG_RECORD);
    let count = 0;
    for (let e = start; e < end; e++) {
      const column = load<i32>(columns + (e << 2));
      const value = load<f32>(stars + (e << 2));
      const g: f32 = value >= likeFrom ? 1 : value < dislikeBelow ? dislikeWeight : 0;
      if (column < 0 || g == 0) continue;
      store<i32>(taste, column << 2);
      store<i32>(taste, (<i32>(e - start)) << 2, 4);
      store<f32>(taste, g, 8);
      taste += 1 << LOG_RECORD;
      count++;
    }
    store<i32>(counts + ((<usize>u) << 2), count);
  }
  return 0;
}

/**
 * pairs ← for each taste of scale a, from the last one back: its weight with earlier tastes of scale b, Σ over the later rows
 * of q_a q_b times 1, e_a, e_b and e_a e_b. Tastes of b more than `reach` older do not count.
 */
export function weighPairs(
  from: i32,
  to: i32,
  _scratch: usize,
  starts: usize,
  tastesA: usize,
  countsA: usize,
  normsA: usize,
  fadeA: f64,
  fa: f64,
  tastesB: usize,
  countsB: usize,
  normsB: usize,
  fadeB: f64,
  fb: f64,
  reach: i32,
  first: i32,
  step: i32,
  places: usize,
  pairs: usize,
): i32 {
  for (let u = from; u < to; u++) {
    const start = load<u32>(starts + ((<usize>u) << 2));
    const n = <i32>(load<u32>(starts + ((<usize>u) << 2), 4) - start);
    const userA = tastesA + ((<usize>start) << LOG_RECORD);
    const userB = tastesB + ((<usize>start) << LOG_RECORD);
    const userPlaces = places + ((<usize>start) << 2);
    const countB = load<i32>(countsB + ((<usize>u) << 2));
    let begin = countB;
    let end = countB;
    let s0: f64 = 0;
    let s1a: f64 = 0;
    let s1b: f64 = 0;
    let s12: f64 = 0;
    let row = n > first ? first + ((n - 1 - first) / step) * step : -1;
    let k = load<i32>(countsA + ((<usize>u) << 2)) - 1;
    for (let m = n - 1; m >= 0 && k >= 0; m--) {
      s1a *= fadeA;
      s1b *= fadeB;
      s12 *= fadeA * fadeB;
      if (m + 1 == row) {
        const q = load<f64>(normsA + ((<usize>row) << 3)) * load<f64>(normsB + ((<usize>row) << 3));
        s0 += q;
        s1a += q;
        s1b += q;
        s12 += q;
        row = row - step >= first ? row - step : -1;
      }
      const taste = userA + ((<usize>k) << LOG_RECORD);
      if (timeOf(taste) != m) continue;
      while (end > 0 && timeOf(userB + ((<usize>(end - 1)) << LOG_RECORD)) >= m) end--;
      while (begin > 0 && timeOf(userB + ((<usize>(begin - 1)) << LOG_RECORD)) >= m - reach) begin--;
      const itself = userB + ((<usize>end) << LOG_RECORD);
      const g = <f64>load<f32>(taste, 8);
      const flat = g * (fa * fb * s0 + (1 - fa) * fb * s1a);
      const fading = g * (fa * (1 - fb) * s1b + (1 - fa) * (1 - fb) * s12);
      const same = end < countB && timeOf(itself) == m ? 0.5 * <f64>load<f32>(itself, 8) * (flat + fading) : 0;
      const pair = pairs + ((<usize>load<u32>(userPlaces + ((<usize>k) << 2))) << LOG_VISIT);
      store<u32>(pair, start + begin);
      store<u32>(pair, start + end, 4);
      store<f32>(pair, <f32>flat, 8);
      store<f32>(pair, <f32>fading, 12);
      store<f32>(pair, <f32>same, 16);
      store<i32>(pair, m << 2, 20);
      k--;
    }
  }
  return 0;
}

/** pairs ← each like with all earlier ones, and half of it with itself: `tastes` are likes. */
export function weighLikes(
  from: i32,
  to: i32,
  _scratch: usize,
  starts: usize,
  tastes: usize,
  counts: usize,
  places: usize,
  pairs: usize,
): i32 {
  for (let u = from; u < to; u++) {
    const start = load<u32>(starts + ((<usize>u) << 2));
    const count = load<u32>(counts + ((<usize>u) << 2));
    for (let e = start; e < start + count; e++) {
      const pair = pairs + ((<usize>load<u32>(places + ((<usize>e) << 2))) << LOG_VISIT);
      store<u32>(pair, start);
      store<u32>(pair, e, 4);
      store<f32>(pair, 1, 8);
      store<f32>(pair, 0, 12);
      store<f32>(pair, 0.5, 16);
      store<u32>(pair, load<u32>(tastes + ((<usize>e) << LOG_RECORD), 4), 20);
    }
  }
  return 0;
}

/**
 * likes, spans, asked ← what the rows of a target weigh with the tastes of a scale. A like gets the sums over the rows that ask
 * for it, as they stand to an entry before all of them. Likes that only rows more than `reach` later ask for do not count.
 *
 * `scratch` holds the likes before each time; for each row the end of what it asks for, Σ q share over the rows before it, and
 * Σ q share e^{−(t' − t)/h} over it and the rows after it.
 */
export function weighTargets(
  from: i32,
  to: i32,
  scratch: usize,
  longest: usize,
  starts: usize,
  columns: usize,
  stars: usize,
  tastes: usize,
  counts: usize,
  norms: usize,
  powers: usize,
  floor: f64,
  reach: i32,
  first: i32,
  step: i32,
  likeFrom: f32,
  window: i32,
  windowShare: f64,
  likes: usize,
  spans: usize,
  places: usize,
  asked: usize,
): i32 {
  const words = ((longest + 4) & ~3) << 2;
  const likesAt = scratch;
  const ends = likesAt + words;
  const before = ends + words;
  const after = before + 2 * words;
  for (let u = from; u < to; u++) {
    const start = load<u32>(starts + ((<usize>u) << 2));
    const n = <i32>(load<u32>(starts + ((<usize>u) << 2), 4) - start);
    const userLikes = likes + ((<usize>start) << LOG_RECORD);
    const userSpans = spans + ((<usize>start) << LOG_RECORD);
    const ratings = (<usize>start) << 2;
    const likeCount = placeLikes(n, columns + ratings, stars + ratings, likeFrom, likesAt, userLikes, userSpans);

    let rowCount = 0;
    store<f64>(before, 0);
    for (let t = first; t < n; t += step) {
      const end = min(n, t + max(window, <i32>Math.floor(<f64>t * windowShare)));
      const count = load<i32>(likesAt + ((<usize>end) << 2)) - load<i32>(likesAt + ((<usize>t) << 2));
      const q = count > 0 ? load<f64>(norms + ((<usize>t) << 3)) / Math.sqrt(<f64>count) : 0;
      store<f32>(userSpans + ((<usize>t) << LOG_RECORD), <f32>q, 4);
      store<i32>(ends + ((<usize>rowCount) << 2), end);
      const at = (<usize>rowCount) << 3;
      store<f64>(before + at, load<f64>(before + at) + q, 8);
      store<f64>(after + at, q);
      rowCount++;
    }
    const stepFade = load<f64>(powers + ((<usize>min(step, n)) << 3));
    store<f64>(after + ((<usize>rowCount) << 3), 0);
    for (let r = rowCount - 1; r >= 0; r--) {
      const at = after + ((<usize>r) << 3);
      store<f64>(at, load<f64>(at) + stepFade * load<f64>(at, 8));
    }

    sumAsking(userLikes, likeCount, ends, rowCount, before, after, powers, floor, first, step);
    const userTastes = tastes + ((<usize>start) << LOG_RECORD);
    const tasteCount = load<i32>(counts + ((<usize>u) << 2));
    let seen = floor == 0 ? 0 : likeCount;
    for (let k = 0; k < tasteCount; k++) {
      const taste = userTastes + ((<usize>k) << LOG_RECORD);
      const time = timeOf(taste);
      while (seen < likeCount && timeOf(userLikes + ((<usize>seen) << LOG_RECORD)) <= time + reach) seen++;
      const next = rowsUntil(time, rowCount, first, step);
      const near = next < rowCount ? first + next * step : n;
      const far = next > 0 ? max(near, load<i32>(ends + ((<usize>(next - 1)) << 2))) : near;
      const visit = asked + ((<usize>load<u32>(places + ((<usize>start + <usize>k) << 2))) << LOG_VISIT);
      store<i32>(visit, <i32>start + near);
      store<i32>(visit, <i32>start + far, 4);
      store<i32>(visit, <i32>start + load<i32>(likesAt + ((<usize>far) << 2)), 8);
      store<i32>(visit, <i32>start + seen, 12);
      store<f32>(visit, load<f32>(taste, 8), 16);
      store<i32>(visit, time << 2, 20);
      store<i32>(visit, (near - 1 - time) << 2, 24);
    }
  }
  return 0;
}

/** likes, spans ← columns and times, no row yet; likesAt (n + 1) ← the likes before each time. Returns how many there are. */
function placeLikes(
  n: i32,
  columns: usize,
  stars: usize,
  likeFrom: f32,
  likesAt: usize,
  likes: usize,
  spans: usize,
): i32 {
  let count = 0;
  for (let k = 0; k < n; k++) {
    const at = (<usize>k) << 2;
    const column = load<i32>(columns + at);
    const liked = column >= 0 && load<f32>(stars + at) >= likeFrom;
    const span = spans + ((<usize>k) << LOG_RECORD);
    store<i32>(likesAt + at, count);
    store<i32>(span, max(column, 0) << 2);
    store<f32>(span, 0, 4);
    store<f32>(span, liked ? 1 : 0, 8);
    if (!liked) continue;
    const like = likes + ((<usize>count) << LOG_RECORD);
    store<i32>(like, column << 2);
    store<i32>(like, k << 2, 4);
    count++;
  }
  store<i32>(likesAt + ((<usize>n) << 2), count);
  return count;
}

/** Likes ← the sums over the rows low ≤ r < high that ask for each, and the time of the oldest of them. */
function sumAsking(
  likes: usize,
  likeCount: i32,
  ends: usize,
  rowCount: i32,
  before: usize,
  after: usize,
  powers: usize,
  f: f64,
  first: i32,
  step: i32,
): void {
  let low = 0;
  for (let l = 0; l < likeCount; l++) {
    const like = likes + ((<usize>l) << LOG_RECORD);
    const k = timeOf(like);
    const high = rowsUntil(k, rowCount, first, step);
    while (low < high && load<i32>(ends + ((<usize>low) << 2)) <= k) low++;
    let flat: f64 = 0;
    let fading: f64 = 0;
    if (low < high) {
      const lowest = (<usize>low) << 3;
      const highest = (<usize>high) << 3;
      const between = load<f64>(powers + ((<usize>((high - low) * step)) << 3));
      flat = load<f64>(before + highest) - load<f64>(before + lowest);
      fading = load<f64>(after + lowest) - between * load<f64>(after + highest);
      store<i32>(like, (first + low * step - 1) << 2, 4);
    }
    store<f32>(like, <f32>(f * flat), 8);
    store<f32>(like, <f32>((1 - f) * fading), 12);
  }
}

/** How many rows stand at time m or before. */
function rowsUntil(m: i32, rowCount: i32, first: i32, step: i32): i32 {
  return m < first ? 0 : min(rowCount, (m - first) / step + 1);
}

/** The time in a record of a taste or a like. */
function timeOf(record: usize): i32 {
  return load<i32>(record, 4) >> 2;
}
