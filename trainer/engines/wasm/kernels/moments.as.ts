import { LOG_RECORD, LOG_VISIT } from './parts/history-tables.as';

/**
 * Second moments of the next-watch rows without scattered writes, from the tables of `histories.as.ts`. Each row of the
 * matrices belongs to a movie in a scale and is computed by itself, from the visits of everybody who rated that movie. So all
 * additions go to one row, which stays in the first-level cache.
 *
 *   H  (P, P)   half of Σ x xᵀ: a row gets its pairs with earlier entries, and half the pair with itself; H + Hᵀ is the whole
 *   xy (P, M)   Σ x yᵀ: a row gets its pairs with later entries that are asked for
 *   G  (M, M)   half of Σ l lᵀ, like H
 *
 * Threads: items are movies. What is written depends on the movie alone and users are added in order, so the bytes do not
 * depend on the number of threads.
 */

/** visitStarts (M + 1), places ← where each taste of the block stands by movie, users ascending. One thread runs it. */
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
  places: usize,
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
      store<u32>(places + ((<usize>e) << 2), place);
    }
  }
  return 0;
}

/** A block of H or G, the rows of the movies work[from … to), longest first: += the pairs of their visits. */
export function addPairs(
  from: i32,
  to: i32,
  _scratch: usize,
  work: usize,
  visitStarts: usize,
  pairs: usize,
  tastes: usize,
  fades: usize,
  block: usize,
  width: usize,
): i32 {
  for (let item = from; item < to; item++) {
    const movie = <usize>load<u32>(work + ((<usize>item) << 2));
    const begin = pairs + ((<usize>load<u32>(visitStarts + (movie << 2))) << LOG_VISIT);
    const end = pairs + ((<usize>load<u32>(visitStarts + (movie << 2), 4)) << LOG_VISIT);
    const line = block + movie * (width << 2);
    for (let pair = begin; pair < end; pair += 1 << LOG_VISIT) {
      addEarlier(pair, tastes, fades, line, line + (movie << 2));
    }
  }
  return 0;
}

/** A block of xy, the rows of the movies work[from … to), longest first: += what is asked for after their visits. */
export function addTargets(
  from: i32,
  to: i32,
  _scratch: usize,
  work: usize,
  visitStarts: usize,
  asked: usize,
  likes: usize,
  spans: usize,
  fades: usize,
  floor: f32,
  block: usize,
  width: usize,
): i32 {
  for (let item = from; item < to; item++) {
    const movie = <usize>load<u32>(work + ((<usize>item) << 2));
    const begin = asked + ((<usize>load<u32>(visitStarts + (movie << 2))) << LOG_VISIT);
    const end = asked + ((<usize>load<u32>(visitStarts + (movie << 2), 4)) << LOG_VISIT);
    const line = block + movie * (width << 2);
    for (let visit = begin; visit < end; visit += 1 << LOG_VISIT) {
      addLater(visit, likes, spans, fades, floor, line);
    }
  }
  return 0;
}

function add(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}

function addEarlier(pair: usize, tastes: usize, fades: usize, line: usize, itself: usize): void {
  const flat = load<f32>(pair, 8);
  const fading = load<f32>(pair, 12);
  if (flat == 0 && fading == 0) return;
  const ages = fades + load<u32>(pair, 20);
  const end = tastes + ((<usize>load<u32>(pair, 4)) << LOG_RECORD);
  for (let taste = tastes + ((<usize>load<u32>(pair)) << LOG_RECORD); taste < end; taste += 1 << LOG_RECORD) {
    const value = load<f32>(taste, 8) * (flat + fading * load<f32>(ages - load<u32>(taste, 4)));
    add(line + load<u32>(taste), value);
  }
  add(itself, load<f32>(pair, 16));
}

function addLater(visit: usize, likes: usize, spans: usize, fades: usize, floor: f32, line: usize): void {
  const g = load<f32>(visit, 16);
  const far = spans + ((<usize>load<u32>(visit, 4)) << LOG_RECORD);
  // Until the last row before this entry ends, rows after it only begin: their sum grows.
  let sum: f32 = 0;
  let fade = fades + load<u32>(visit, 24);
  for (let span = spans + ((<usize>load<u32>(visit)) << LOG_RECORD); span < far; span += 1 << LOG_RECORD) {
    sum += g * load<f32>(span, 4) * (floor + (1 - floor) * load<f32>(fade));
    add(line + load<u32>(span), load<f32>(span, 8) * sum);
    fade += 4;
  }
  const ages = fades - load<u32>(visit, 20);
  const end = likes + ((<usize>load<u32>(visit, 12)) << LOG_RECORD);
  for (let like = likes + ((<usize>load<u32>(visit, 8)) << LOG_RECORD); like < end; like += 1 << LOG_RECORD) {
    const value = g * (load<f32>(like, 8) + load<f32>(like, 12) * load<f32>(ages + load<u32>(like, 4)));
    add(line + load<u32>(like), value);
  }
}
