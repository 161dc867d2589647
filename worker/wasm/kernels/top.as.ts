import { scoreBlocks } from './scan.as';
import { blocks, count, marks, order } from './version.as';

/**
 * The k best rows by score, equal scores to the smaller row: a heap whose root is the worst of the kept. Only rows
 * that would enter are looked up among the marks, and the host is asked (`accept`) only about those that are not marked.
 */

/** The host's test of a row: 0 refuses it. */
declare function accept(row: u32): i32;

let asksHost = false;

/** Whether `accept` is called at all. */
export function askHost(asks: bool): void {
  asksHost = asks;
}

let wanted: u32 = 0;
let kept: u32 = 0;
/** (wanted) each: f32 scores and u32 rows, a heap. */
let scores: usize = 0;
let rows: usize = 0;
/** Scores below it cannot enter. */
export let threshold: f32 = 0;

/** Begins a list of k: `heap` holds k f32 and, behind them, k u32. */
export function openTop(k: u32, heap: usize): void {
  wanted = k;
  kept = 0;
  scores = heap;
  rows = heap + (k << 2);
  threshold = -Infinity;
}

/** Raises the threshold of a list that is known to fill with scores of at least `score`. */
export function raiseThreshold(score: f32): void {
  threshold = score;
}

/** Whether a row may come up, as far as the kernel knows. */
export function passes(row: u32): bool {
  return load<u8>(marks + row) == 0;
}

function worse(score: f32, row: u32, than: f32, thanRow: u32): bool {
  return score < than || (score == than && row > thanRow);
}

function put(at: u32, score: f32, row: u32): void {
  store<f32>(scores + (at << 2), score);
  store<u32>(rows + (at << 2), row);
}

/** Takes a movie into the list if it is among the best so far, which NaN never is. */
export function offer(position: u32, score: f32): void {
  if (position >= count || !(score >= threshold)) return;
  const row = load<u32>(order + (position << 2));
  if (kept == wanted && !worse(load<f32>(scores), load<u32>(rows), score, row)) return;
  if (!passes(row) || (asksHost && accept(row) == 0)) return;
  if (kept < wanted) rise(score, row);
  else sink(score, row);
  if (kept == wanted) threshold = load<f32>(scores);
}

function rise(score: f32, row: u32): void {
  let at = kept++;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const parentScore = load<f32>(scores + (parent << 2));
    const parentRow = load<u32>(rows + (parent << 2));
    if (!worse(score, row, parentScore, parentRow)) break;
    put(at, parentScore, parentRow);
    at = parent;
  }
  put(at, score, row);
}

function sink(score: f32, row: u32): void {
  let at: u32 = 0;
  for (;;) {
    let child: u32 = 2 * at + 1;
    if (child >= kept) break;
    let childScore = load<f32>(scores + (child << 2));
    let childRow = load<u32>(rows + (child << 2));
    if (child + 1 < kept) {
      const otherScore = load<f32>(scores + (child << 2), 4);
      const otherRow = load<u32>(rows + (child << 2), 4);
      if (worse(otherScore, otherRow, childScore, childRow)) {
        child++;
        childScore = otherScore;
        childRow = otherRow;
      }
    }
    if (!worse(childScore, childRow, score, row)) break;
    put(at, childScore, childRow);
    at = child;
  }
  put(at, score, row);
}

/** Offers those of the 16 n scores of blocks b to b + n that reach the threshold. */
export function offerBlocks(b: u32, n: u32, scores: usize): void {
  const first = b << 4;
  for (let i: u32 = 0; i < n << 4; i += 4) {
    const reached = f32x4.ge(v128.load(scores + (i << 2)), f32x4.splat(threshold));
    for (let lanes = i32x4.bitmask(reached); lanes != 0; lanes &= lanes - 1) {
      const at = i + ctz(lanes);
      offer(first + at, load<f32>(scores + (at << 2)));
    }
  }
}

/** Blocks that are scored at a time: their scores stay in the first cache, and a call costs little beside them. */
const TOGETHER: u32 = 16;
/** Bytes of scratch that `topOfAll` takes: the scores of those blocks. */
export const ALL_SCRATCH: usize = TOGETHER << 6;

/**
 * Scores every movie and keeps the k best in `heap` (k f32 and k u32), unordered; `scratch`: `ALL_SCRATCH` bytes. Returns how
 * many there are.
 */
export function topOfAll(k: u32, heap: usize, scratch: usize): u32 {
  openTop(k, heap);
  if (k == 0) return 0;
  for (let b: u32 = 0; b < blocks; b += TOGETHER) {
    const n = min(TOGETHER, blocks - b);
    scoreBlocks(b, n, scratch);
    offerBlocks(b, n, scratch);
  }
  return kept;
}

export function keptCount(): u32 {
  return kept;
}
