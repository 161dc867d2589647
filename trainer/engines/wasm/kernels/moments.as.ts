import { LOG_RECORD, LOG_VISIT } from './parts/history-tables.as';

/**
 * Second moments of the next-watch rows without scattered writes, from the tables of `histories.as.ts`. Each row of the
 * matrices belongs to a movie and is computed by itself, from the visits of everybody who rated that movie. So all additions
 * go to one row, which stays in the first-level cache.
 *
 *   H  (N, N)   half of Σ x xᵀ: a row gets its pairs with earlier entries, and half the pair with itself; H + Hᵀ is the whole
 *   xy (N, M)   Σ x yᵀ: a row gets its pairs with later liked entries
 *   G  (M, M)   half of Σ l lᵀ, like H
 *
 * Threads: items of `moments` are movies. What is written depends on the movie alone and users are added in order, so the
 * bytes do not depend on the number of threads.
 */

/** visitStarts (M + 1), order ← the block's tastes by movie, users ascending within each. One thread runs it. */
export function orderVisits(
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
  // Counts go two places further on, so that filling moves ends to starts.
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
export function moments(
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
  const ownTaste = tastes + ((<usize>e) << LOG_RECORD);
  const ages = fades + load<u32>(ownTaste, 4);
  for (let taste = tastes + ((<usize>load<u32>(visit)) << LOG_RECORD); taste < ownTaste; taste += 1 << LOG_RECORD) {
    const value = load<f32>(taste, 8) * (flat + fading * load<f32>(ages - load<u32>(taste, 4)));
    add(row + load<u32>(taste), value);
  }
  add(row + load<u32>(ownTaste), <f32>0.5 * load<f32>(ownTaste, 8) * (flat + fading));
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
  const ownTaste = tastes + ((<usize>e) << LOG_RECORD);
  const g = load<f32>(ownTaste, 8);
  let row = rowTable + ((<usize>load<u32>(visit, 16)) << LOG_RECORD);
  const time = <usize>load<u32>(ownTaste, 4);
  const end = likes + ((<usize>load<u32>(visit, 28)) << LOG_RECORD);
  let like = likes + ((<usize>load<u32>(row)) << LOG_RECORD);
  // Up to the end of the first row after this entry, rows only begin and none ends.
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
  const ownLike = likes + ((<usize>place) << LOG_RECORD);
  for (let like = likes + ((<usize>load<u32>(visit)) << LOG_RECORD); like < ownLike; like += 1 << LOG_RECORD) {
    add(row + load<u32>(like), 1);
  }
  add(row + load<u32>(ownLike), 0.5);
}
