import { scoreBlocks } from './scan.as';
import { keptCount, offer, offerBlocks, openTop, passes, raiseThreshold, threshold } from './top.as';
import { blocks, count, order } from './version.as';

/**
 * The same list as `topOfAll`, from a quarter of the bytes and little more. Every vector also has a code of seven bits a
 * number; what a score can be at most follows from the codes, and only blocks where that reaches the threshold are scored.
 *
 * In groups of 64 positions with one scale s: v = s c + r, |c| ≤ 63 integers. The user's vector is u = t d + e, d integers of
 * eight bits. By Cauchy and Schwarz
 *   u·v ≤ t s (d·c) + ‖t d‖ ‖r‖ + ‖e‖ ‖v‖
 * where ‖r‖ and ‖v‖ are the largest of the group. The host adds to ‖e‖ what rounding in float32 may do to either side, so
 * that a bound is never below the score that `scoreBlocks` finds: no movie is missed.
 *
 * Layout of a group: for every two columns 128 bytes, (64 positions, 2 columns), c + 64: 0 to 127, as the product
 * of bytes wants its second operand. Products are summed modulo 2^16; t is such that d·c fits (|d·c| ≤ ‖d‖ ‖c‖).
 * Head of a group, 16 bytes: s, ‖r‖, ‖v‖, f32, and 4 bytes of nothing.
 */

const GROUP: u32 = 4; // blocks

/**
 * Codes of a blk16 area and the heads of its groups. Returns the largest ‖c‖². Rows that are not finite get bounds that
 * are not either: they are always scored.
 */
export function encode(area: usize, columns: usize, areaBlocks: u32, codes: usize, heads: usize): f32 {
  let largest = f32x4.splat(0);
  const blockBytes = columns << 6;
  const middle = i32x4.splat(64);
  for (let first: u32 = 0; first < areaBlocks; first += GROUP) {
    const last = min<u32>(areaBlocks, first + GROUP);
    let peak = f32x4.splat(0);
    for (let at = area + first * blockBytes, end = area + last * blockBytes; at < end; at += 16) {
      peak = f32x4.max(peak, f32x4.abs(v128.load(at)));
    }
    const scale: f32 = highest(peak) / 63;
    const steps: f32 = scale > 1e-30 && scale < 1e30 ? 1 / scale : 0;
    let rest = f32x4.splat(0); // largest ‖r‖²
    let norm = f32x4.splat(0); // largest ‖v‖²
    for (let i: u32 = 0; i < GROUP; i++) {
      for (let half: usize = 0; half < 2; half++) {
        const to = codes + (i << 5) + (half << 4);
        if (first + i >= last) {
          for (let x: usize = 0; x < columns; x += 2) v128.store(to + (x << 6), i8x16.splat(64));
          continue;
        }
        let at = area + (first + i) * blockBytes + (half << 5);
        let r0 = f32x4.splat(0);
        let r1 = r0;
        let n0 = r0;
        let n1 = r0;
        let c0 = r0;
        let c1 = r0;
        for (let x: usize = 0; x < columns; x += 2, at += 128) {
          const a0 = v128.load(at);
          const a1 = v128.load(at, 16);
          const b0 = v128.load(at, 64);
          const b1 = v128.load(at, 80);
          const step = f32x4.splat(steps);
          const p0 = f32x4.nearest(f32x4.mul(a0, step));
          const p1 = f32x4.nearest(f32x4.mul(a1, step));
          const q0 = f32x4.nearest(f32x4.mul(b0, step));
          const q1 = f32x4.nearest(f32x4.mul(b1, step));
          c0 = f32x4.add(c0, f32x4.add(f32x4.mul(p0, p0), f32x4.mul(q0, q0)));
          c1 = f32x4.add(c1, f32x4.add(f32x4.mul(p1, p1), f32x4.mul(q1, q1)));
          n0 = f32x4.add(n0, f32x4.add(f32x4.mul(a0, a0), f32x4.mul(b0, b0)));
          n1 = f32x4.add(n1, f32x4.add(f32x4.mul(a1, a1), f32x4.mul(b1, b1)));
          const width = f32x4.splat(steps > 0 ? scale : 0);
          const da0 = f32x4.sub(a0, f32x4.mul(p0, width));
          const da1 = f32x4.sub(a1, f32x4.mul(p1, width));
          const db0 = f32x4.sub(b0, f32x4.mul(q0, width));
          const db1 = f32x4.sub(b1, f32x4.mul(q1, width));
          r0 = f32x4.add(r0, f32x4.add(f32x4.mul(da0, da0), f32x4.mul(db0, db0)));
          r1 = f32x4.add(r1, f32x4.add(f32x4.mul(da1, da1), f32x4.mul(db1, db1)));
          const a = i16x8.narrow_i32x4_s(
            i32x4.add(i32x4.trunc_sat_f32x4_s(p0), middle),
            i32x4.add(i32x4.trunc_sat_f32x4_s(p1), middle),
          );
          const b = i16x8.narrow_i32x4_s(
            i32x4.add(i32x4.trunc_sat_f32x4_s(q0), middle),
            i32x4.add(i32x4.trunc_sat_f32x4_s(q1), middle),
          );
          // Low byte of a, low byte of b: neighbours.
          v128.store(to + (x << 6), v128.or(a, i16x8.shl(b, 8)));
        }
        rest = f32x4.max(rest, f32x4.max(r0, r1));
        norm = f32x4.max(norm, f32x4.max(n0, n1));
        largest = f32x4.max(largest, f32x4.max(c0, c1));
      }
    }
    const length = sqrt<f32>(highest(norm)) * 1.0001;
    store<f32>(heads, steps > 0 ? scale : 0);
    store<f32>(heads, sqrt<f32>(highest(rest)) * 1.0001 + length * 1e-6, 4);
    store<f32>(heads, length, 8);
    heads += 16;
    codes += columns << 6;
  }
  return highest(largest);
}

/** The largest of four; NaN if one is. */
function highest(four: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    max<f32>(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  );
}

/**
 * A kind of vectors and the user's vector for it, 48 bytes each that the host writes:
 *   codes, heads: u32 · groups, columns: u32 · d: u32, address of (columns) i8 · −64 Σd: i32
 *   t, ‖t d‖, ‖e‖ and rounding, ‖u‖: f32 · 8 bytes of nothing
 */
const QUERY: usize = 48;

function headOf(query: usize, group: u32): usize {
  return load<u32>(query, 4) + ((<usize>group) << 4);
}

/** κ = ‖t d‖ ‖r‖ + ‖e‖ ‖v‖ of a group: scores lie within it of t s (d·c). */
function widthOf(query: usize, group: u32): f32 {
  const head = headOf(query, group);
  return load<f32>(query, 28) * load<f32>(head, 4) + load<f32>(query, 32) * load<f32>(head, 8);
}

/** t s of a group. */
function stepOf(query: usize, group: u32): f32 {
  return load<f32>(query, 24) * load<f32>(headOf(query, group));
}

/** dots (64) i16 = d·c for the positions of a group; returns the largest. */
function multiply(query: usize, group: u32, dots: usize): i32 {
  const columns: usize = load<u32>(query, 12);
  const start = i16x8.splat(<i16>load<i32>(query, 20));
  let s0 = start;
  let s1 = start;
  let s2 = start;
  let s3 = start;
  let s4 = start;
  let s5 = start;
  let s6 = start;
  let s7 = start;
  let at: usize = load<u32>(query) + group * (columns << 6);
  let d: usize = load<u32>(query, 16);
  for (const end = d + columns; d < end; d += 2, at += 128) {
    const u = v128.load16_splat(d);
    s0 = i16x8.add(s0, i16x8.relaxed_dot_i8x16_i7x16_s(u, v128.load(at)));
    s1 = i16x8.add(s1, i16x8.relaxed_dot_i8x16_i7x16_s(u, v128.load(at, 16)));
    s2 = i16x8.add(s2, i16x8.relaxed_dot_i8x16_i7x16_s(u, v128.load(at, 32)));
    s3 = i16x8.add(s3, i16x8.relaxed_dot_i8x16_i7x16_s(u, v128.load(at, 48)));
    s4 = i16x8.add(s4, i16x8.relaxed_dot_i8x16_i7x16_s(u, v128.load(at, 64)));
    s5 = i16x8.add(s5, i16x8.relaxed_dot_i8x16_i7x16_s(u, v128.load(at, 80)));
    s6 = i16x8.add(s6, i16x8.relaxed_dot_i8x16_i7x16_s(u, v128.load(at, 96)));
    s7 = i16x8.add(s7, i16x8.relaxed_dot_i8x16_i7x16_s(u, v128.load(at, 112)));
  }
  v128.store(dots, s0);
  v128.store(dots, s1, 16);
  v128.store(dots, s2, 32);
  v128.store(dots, s3, 48);
  v128.store(dots, s4, 64);
  v128.store(dots, s5, 80);
  v128.store(dots, s6, 96);
  v128.store(dots, s7, 112);
  let peak = i16x8.max_s(
    i16x8.max_s(i16x8.max_s(s0, s1), i16x8.max_s(s2, s3)),
    i16x8.max_s(i16x8.max_s(s4, s5), i16x8.max_s(s6, s7)),
  );
  peak = i16x8.max_s(peak, i16x8.shuffle(peak, peak, 4, 5, 6, 7, 0, 1, 2, 3));
  peak = i16x8.max_s(peak, i16x8.shuffle(peak, peak, 2, 3, 0, 1, 4, 5, 6, 7));
  return max(i16x8.extract_lane_s(peak, 0), i16x8.extract_lane_s(peak, 1));
}

/** The scan that runs: its queries, what every score has besides and give or take, and its dots (`topByCodes`). */
let queries: usize = 0;
let queriesEnd: usize = 0;
let plus: f32 = 0;
let minus: f32 = 0;
let dots: usize = 0;

function dotsOf(query: usize, group: u32): usize {
  const kinds = (queriesEnd - queries) / QUERY;
  return dots + ((group * kinds + (query - queries) / QUERY) << 7);
}

/** What the scores of a group are at most by their vectors' lengths alone. */
function ceilingByLength(group: u32): f32 {
  let ceiling = plus;
  for (let query = queries; query < queriesEnd; query += QUERY) {
    if (group >= load<u32>(query, 8)) continue;
    ceiling += (load<f32>(query, 36) + load<f32>(query, 32)) * load<f32>(headOf(query, group), 8);
  }
  return ceiling;
}

/** What they are at most by their codes; leaves the dots. */
function ceilingByCodes(group: u32): f32 {
  let ceiling = plus;
  for (let query = queries; query < queriesEnd; query += QUERY) {
    if (group >= load<u32>(query, 8)) continue;
    ceiling += stepOf(query, group) * <f32>multiply(query, group, dotsOf(query, group)) + widthOf(query, group);
  }
  return ceiling;
}

/** How far a score of the group may be below its bound. */
function depthOf(group: u32): f32 {
  let width = minus;
  for (let query = queries; query < queriesEnd; query += QUERY) {
    if (group < load<u32>(query, 8)) width += widthOf(query, group);
  }
  return 2 * width;
}

/** bounds (64): what the scores of a group's positions are at most, from its dots. */
function boundsOf(group: u32, bounds: usize): void {
  let constant = plus;
  for (let query = queries; query < queriesEnd; query += QUERY) {
    if (group < load<u32>(query, 8)) constant += widthOf(query, group);
  }
  for (let at: usize = 0; at < 256; at += 16) v128.store(bounds + at, f32x4.splat(constant));
  for (let query = queries; query < queriesEnd; query += QUERY) {
    if (group >= load<u32>(query, 8)) continue;
    const step = f32x4.splat(stepOf(query, group));
    let from = dotsOf(query, group);
    for (let at = bounds, end = bounds + 256; at < end; at += 16, from += 8) {
      const four = f32x4.convert_i32x4_s(v128.load16x4_s(from));
      v128.store(at, f32x4.add(v128.load(at), f32x4.mul(four, step)));
    }
  }
}

/** Whether a position of the block may come up whose bound reaches the level. Bounds that are NaN do. */
function reaches(b: u32, bounds: usize, level: f32): bool {
  for (let at: u32 = 0; at < 16; at += 4) {
    const below = f32x4.lt(v128.load(bounds + (at << 2)), f32x4.splat(level));
    for (let lanes = 15 ^ i32x4.bitmask(below); lanes != 0; lanes &= lanes - 1) {
      const position = (b << 4) + at + ctz(lanes);
      if (position < count && passes(load<u32>(order + (position << 2)))) return true;
    }
  }
  return false;
}

/** Offers what the scores of a group are at least, bound − depth, where that reaches the threshold. */
function offerLowest(group: u32, bounds: usize, depth: f32): void {
  for (let at: u32 = 0; at < 64; at += 4) {
    const reached = f32x4.ge(v128.load(bounds + (at << 2)), f32x4.splat(threshold + depth));
    for (let lanes = i32x4.bitmask(reached); lanes != 0; lanes &= lanes - 1) {
      const i = at + ctz(lanes);
      offer((group << 6) + i, load<f32>(bounds + (i << 2)) - depth);
    }
  }
}

/**
 * Keeps the best of all movies; the user is set. `queriesAt` describes `kinds` kinds of vectors; every score has `constant`
 * besides, give or take `slack`. A first pass over the codes finds a threshold that at least k movies reach: those whose
 * bound less its depth is highest. Their blocks are scored first, which raises the threshold about as far as it goes;
 * then those whose bounds still reach it.
 *
 * @param scratch for every group 64 i16 a kind and one f32, then 83 f32
 */
export function topByCodes(
  k: u32,
  heap: usize,
  queriesAt: usize,
  kinds: u32,
  constant: f32,
  slack: f32,
  scratch: usize,
): u32 {
  openTop(k, heap);
  if (k == 0) return 0;
  queries = queriesAt;
  queriesEnd = queriesAt + <usize>kinds * QUERY;
  plus = constant + slack;
  minus = slack;
  dots = scratch;
  const groups = (blocks + GROUP - 1) / GROUP;
  const ceilings = scratch + ((<usize>groups * kinds) << 7);
  const bounds = (ceilings + ((<usize>groups) << 2) + 15) & ~15;
  const block = bounds + 256;
  for (let group: u32 = 0; group < groups; group++) {
    let ceiling = ceilingByLength(group);
    if (!(ceiling < threshold)) {
      ceiling = ceilingByCodes(group);
      const depth = depthOf(group);
      if (ceiling >= threshold + depth) {
        boundsOf(group, bounds);
        offerLowest(group, bounds, depth);
      }
    }
    store<f32>(ceilings + ((<usize>group) << 2), ceiling);
  }
  const reached = threshold;
  openTop(k, heap);
  raiseThreshold(reached);
  for (let round = 0; round < 2; round++) {
    for (let group: u32 = 0; group < groups; group++) {
      const ceiling = load<f32>(ceilings + ((<usize>group) << 2));
      if (ceiling < threshold) continue;
      const depth = depthOf(group);
      const early = !(ceiling < reached + depth);
      if (round == 0 && !early) continue;
      boundsOf(group, bounds);
      const last = min<u32>(blocks, (group + 1) * GROUP);
      for (let b = group * GROUP, at = bounds; b < last; b++, at += 64) {
        const first = early && reaches(b, at, reached + depth);
        if (round == 0 ? !first : first || !reaches(b, at, threshold)) continue;
        scoreBlocks(b, 1, block);
        offerBlocks(b, 1, block);
      }
    }
  }
  return keptCount();
}
