import { GROUP, planeColumns, rowBytes } from './encode.as';
import { addPairs } from './relaxed.as';
import { errorWeight, scoreBlocks } from './scan.as';
import { keptCount, offer, offerBlocks, openTop, passes, raiseThreshold, threshold } from './top.as';
import { blocks, count, order, standardErrorHeads } from './version.as';

/**
 * The same list as `topOfAll` from a fraction of the bytes. The codes of a movie's vector (`encode.as.ts`) bound its score
 * from above, and only blocks where a bound reaches the threshold are scored.
 *
 * Before the cut that a query makes v = s c + r, and the user's vector is u = t d + e, d integers of eight bits. By Cauchy
 * and Schwarz
 *   |u·v − t s (d·c)| ≤ ‖t d‖ ‖r‖ + ‖e‖ ‖v‖ + ‖u′‖ ‖v′‖
 * where u′ and v′ are what stands behind the cut, and ‖r‖, ‖v‖ and ‖v′‖ the largest of the group. The host adds to ‖e‖ what
 * rounding in float32 may do to either side, so that a bound is never below the score that `scoreBlocks` finds: no movie
 * is missed. Products are summed modulo 2^16; t is such that d·c fits (|d·c| ≤ ‖d‖ ‖c‖).
 *
 * Bias and deviation stand apart. Their weights may be several times those of the factors: among the bytes of d they would
 * cost the precision of all others, and within ‖u‖ ‖v‖ hardly a group could be left out by its length.
 *
 * Standard errors count by the least and the largest of a group, which lie close together: positions go by popularity.
 */

/**
 * A kind of vectors and the user's vector for it, `QUERY` bytes each that the host writes:
 *    0  codes, heads, plain columns (0: there are none), groups: u32
 *   16  columns before the cut, address of their d (i8): u32 · −64 Σd: i32 · heads of the cut: u32
 *   32  t, ‖t d‖, ‖e‖ and rounding, ‖u‖ before the cut, ‖u′‖, weights of bias and deviation: f32
 */
export const QUERY: usize = 60;

/** The scan that runs: its queries, what every score has besides with the slack, and the slack. */
let queries: usize = 0;
let queriesEnd: usize = 0;
let plus: f32 = 0;
let minus: f32 = 0;

function groupCount(): u32 {
  return (blocks + GROUP - 1) / GROUP;
}

/** Upper bounds of the scores of four groups, the first a multiple of four, by the lengths of their vectors. */
function ceilings(group: u32): v128 {
  let sum = f32x4.splat(plus);
  if (errorWeight != 0) {
    const weight = f32x4.splat(errorWeight);
    const least = standardErrorHeads + (group << 2);
    const largest = f32x4.mul(weight, v128.load(least + rowBytes(groupCount())));
    sum = f32x4.add(sum, f32x4.max(f32x4.mul(weight, v128.load(least)), largest));
  }
  for (let query = queries; query < queriesEnd; query += QUERY) {
    if (group >= load<u32>(query, 12)) continue;
    const row = rowBytes(load<u32>(query, 12));
    const cut = load<u32>(query, 28) + (group << 2);
    const before = f32x4.splat(load<f32>(query, 44) + load<f32>(query, 40));
    const behind = f32x4.splat(load<f32>(query, 48));
    sum = f32x4.add(sum, f32x4.mul(before, v128.load(cut + row)));
    sum = f32x4.add(sum, f32x4.mul(behind, v128.load(cut + 2 * row)));
    if (load<u32>(query, 8) == 0) continue;
    let at = load<u32>(query, 4) + (group << 2) + row;
    for (let weights = query + 52; weights < query + 60; weights += 4, at += 3 * row) {
      const weight = f32x4.splat(load<f32>(weights));
      const largest = f32x4.mul(weight, v128.load(at));
      sum = f32x4.add(sum, f32x4.max(largest, f32x4.mul(weight, v128.load(at + row))));
    }
  }
  return sum;
}

/**
 * How sums of dots and plain columns are formed in each of four groups:
 *    0  (4) f32 unit: sums are whole numbers of it, of sixteen bits
 *   16  (4) f32: what their scores may differ from sum and constant
 *   32  for each kind the share of the unit, in 32768ths, that one of d·c, bias and deviation counts: (3, 4) i32
 */
const FOUR: usize = 128;
/** The most units that roundings add up to in a sum of two kinds, bias and deviation. */
const SUM_ERROR: f32 = 6;

/** Writes down what `addUp` needs of four groups, the first a multiple of four. */
function prepare(group: u32, four: usize): void {
  let unit = f32x4.splat(0);
  let width = f32x4.splat(minus);
  for (let query = queries, shares = four + 32; query < queriesEnd; query += QUERY, shares += 48) {
    const row = rowBytes(load<u32>(query, 12));
    const head = load<u32>(query, 4) + (group << 2);
    const cut = load<u32>(query, 28) + (group << 2);
    const known = group < load<u32>(query, 12);
    const step = known ? f32x4.mul(f32x4.splat(load<f32>(query, 32)), v128.load(head)) : f32x4.splat(0);
    v128.store(shares, step);
    unit = f32x4.add(unit, step);
    for (let column: usize = 0; column < 2; column++) {
      let brings = f32x4.splat(0);
      if (load<u32>(query, 8) != 0) {
        const weight = f32x4.splat(load<f32>(query + (column << 2), 52));
        brings = f32x4.mul(weight, v128.load(head + (3 + 3 * column) * row));
      }
      v128.store(shares + (column << 4), brings, 16);
      unit = f32x4.add(unit, f32x4.abs(brings));
    }
    if (!known) continue;
    width = f32x4.add(width, f32x4.mul(f32x4.splat(load<f32>(query, 36)), v128.load(cut)));
    width = f32x4.add(width, f32x4.mul(f32x4.splat(load<f32>(query, 40)), v128.load(cut + row)));
    width = f32x4.add(width, f32x4.mul(f32x4.splat(load<f32>(query, 48)), v128.load(cut + 2 * row)));
  }
  unit = f32x4.mul(unit, f32x4.splat(1.001));
  v128.store(four, unit);
  v128.store(four, f32x4.add(width, f32x4.mul(f32x4.splat(SUM_ERROR), unit)), 16);
  const inverse = f32x4.div(f32x4.splat(32768), unit);
  const end = four + 32 + 48 * ((queriesEnd - queries) / QUERY);
  for (let at = four + 32; at < end; at += 16) {
    v128.store(at, i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at), inverse))));
  }
}

/**
 * sums (64) i16 of the positions of a group += their t s (d·c), bias and deviation by the given shares (`prepare`); = where
 * the query is the first. None becomes too large; what becomes too small stays above what it should be. Returns the
 * largest.
 */
function addUp(query: usize, group: u32, shares: usize, sums: usize): i32 {
  const start = i16x8.splat(<i16>load<i32>(query, 24));
  let s0 = start;
  let s1 = start;
  let s2 = start;
  let s3 = start;
  let s4 = start;
  let s5 = start;
  let s6 = start;
  let s7 = start;
  const groups: usize = load<u32>(query, 12);
  let plane: usize = load<u32>(query);
  const columns: usize = load<u32>(query, 16);
  let d: usize = load<u32>(query, 20);
  for (let column: usize = 0; column < columns; ) {
    const some = planeColumns(column, columns - column);
    let at = plane + <usize>group * (some << 6);
    for (const end = d + some; d < end; d += 4, at += 256) {
      const four = v128.load32_splat(d);
      let u = i8x16.shuffle(four, four, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1);
      s0 = addPairs(s0, u, v128.load(at));
      s1 = addPairs(s1, u, v128.load(at, 16));
      s2 = addPairs(s2, u, v128.load(at, 32));
      s3 = addPairs(s3, u, v128.load(at, 48));
      s4 = addPairs(s4, u, v128.load(at, 64));
      s5 = addPairs(s5, u, v128.load(at, 80));
      s6 = addPairs(s6, u, v128.load(at, 96));
      s7 = addPairs(s7, u, v128.load(at, 112));
      u = i8x16.shuffle(four, four, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3);
      s0 = addPairs(s0, u, v128.load(at, 128));
      s1 = addPairs(s1, u, v128.load(at, 144));
      s2 = addPairs(s2, u, v128.load(at, 160));
      s3 = addPairs(s3, u, v128.load(at, 176));
      s4 = addPairs(s4, u, v128.load(at, 192));
      s5 = addPairs(s5, u, v128.load(at, 208));
      s6 = addPairs(s6, u, v128.load(at, 224));
      s7 = addPairs(s7, u, v128.load(at, 240));
    }
    plane += groups * (some << 6);
    column += some;
  }
  const step = v128.load16_splat(shares);
  s0 = i16x8.q15mulr_sat_s(s0, step);
  s1 = i16x8.q15mulr_sat_s(s1, step);
  s2 = i16x8.q15mulr_sat_s(s2, step);
  s3 = i16x8.q15mulr_sat_s(s3, step);
  s4 = i16x8.q15mulr_sat_s(s4, step);
  s5 = i16x8.q15mulr_sat_s(s5, step);
  s6 = i16x8.q15mulr_sat_s(s6, step);
  s7 = i16x8.q15mulr_sat_s(s7, step);
  let plain: usize = load<u32>(query, 8);
  if (plain != 0) {
    plain += (<usize>group) << 7;
    for (let column: usize = 0; column < 2; column++, plain += groups << 7) {
      const share = shares + (column << 4);
      if (load<i32>(share, 16) == 0) continue;
      const weight = v128.load16_splat(share, 16);
      s0 = i16x8.add_sat_s(s0, i16x8.q15mulr_sat_s(weight, v128.load(plain)));
      s1 = i16x8.add_sat_s(s1, i16x8.q15mulr_sat_s(weight, v128.load(plain, 16)));
      s2 = i16x8.add_sat_s(s2, i16x8.q15mulr_sat_s(weight, v128.load(plain, 32)));
      s3 = i16x8.add_sat_s(s3, i16x8.q15mulr_sat_s(weight, v128.load(plain, 48)));
      s4 = i16x8.add_sat_s(s4, i16x8.q15mulr_sat_s(weight, v128.load(plain, 64)));
      s5 = i16x8.add_sat_s(s5, i16x8.q15mulr_sat_s(weight, v128.load(plain, 80)));
      s6 = i16x8.add_sat_s(s6, i16x8.q15mulr_sat_s(weight, v128.load(plain, 96)));
      s7 = i16x8.add_sat_s(s7, i16x8.q15mulr_sat_s(weight, v128.load(plain, 112)));
    }
  }
  if (query != queries) {
    s0 = i16x8.add_sat_s(s0, v128.load(sums));
    s1 = i16x8.add_sat_s(s1, v128.load(sums, 16));
    s2 = i16x8.add_sat_s(s2, v128.load(sums, 32));
    s3 = i16x8.add_sat_s(s3, v128.load(sums, 48));
    s4 = i16x8.add_sat_s(s4, v128.load(sums, 64));
    s5 = i16x8.add_sat_s(s5, v128.load(sums, 80));
    s6 = i16x8.add_sat_s(s6, v128.load(sums, 96));
    s7 = i16x8.add_sat_s(s7, v128.load(sums, 112));
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(sums, s4, 64);
  v128.store(sums, s5, 80);
  v128.store(sums, s6, 96);
  v128.store(sums, s7, 112);
  let peak = i16x8.max_s(
    i16x8.max_s(i16x8.max_s(s0, s1), i16x8.max_s(s2, s3)),
    i16x8.max_s(i16x8.max_s(s4, s5), i16x8.max_s(s6, s7)),
  );
  peak = i16x8.max_s(peak, i16x8.shuffle(peak, peak, 4, 5, 6, 7, 0, 1, 2, 3));
  peak = i16x8.max_s(peak, i16x8.shuffle(peak, peak, 2, 3, 0, 1, 4, 5, 6, 7));
  return max(i16x8.extract_lane_s(peak, 0), i16x8.extract_lane_s(peak, 1));
}

/**
 * A group with scores that may come up:
 *    0  (64) i16 q: scores of its positions are at most ground + unit q
 *  128  the group: u32 · ground, unit: f32 · how far a score may be below its bound, the largest bound: f32
 *  148  blocks that are scored, a bit each: u32
 */
const KEPT: usize = 160;

/** Bytes of scratch that `topByCodes` takes for every group, and besides: a block's scores and `FOUR`. */
export const GROUP_SCRATCH: usize = KEPT;
export const SCAN_SCRATCH: usize = 64 + FOUR;

/**
 * Bounds the scores of a group by its codes. Keeps the group where a bound reaches the threshold, and offers the lower
 * bounds of its scores. Returns where the next group goes.
 *
 * @param four what `prepare` wrote of its four
 * @param kept where this group goes
 */
function lookInto(group: u32, four: usize, kept: usize): usize {
  const lane = four + ((group & 3) << 2);
  let peak: i32 = 0;
  for (let query = queries, shares = lane + 32; query < queriesEnd; query += QUERY, shares += 48) {
    if (group < load<u32>(query, 12)) peak = addUp(query, group, shares, kept);
    else if (query == queries) memory.fill(kept, 0, 128);
  }
  const unit = load<f32>(lane);
  const width = load<f32>(lane, 16);
  let ground: f32 = plus - minus + width;
  let below: f32 = 2 * width;
  if (errorWeight != 0) {
    const heads = standardErrorHeads + (group << 2);
    const least = errorWeight * load<f32>(heads);
    const largest = errorWeight * load<f32>(heads + rowBytes(groupCount()));
    ground += max<f32>(least, largest);
    below += abs<f32>(largest - least);
  }
  const ceiling = ground + unit * <f32>peak;
  if (ceiling < threshold) return kept;
  store<u32>(kept, group, 128);
  store<f32>(kept, ground, 132);
  store<f32>(kept, unit, 136);
  store<f32>(kept, below, 140);
  store<f32>(kept, ceiling, 144);
  store<u32>(kept, 0, 148);
  if (ceiling >= threshold + below) {
    for (let left = reaching(kept, threshold + below); left != 0; left &= left - 1) {
      const i = <u32>ctz(left);
      offer((group << 6) + i, boundOf(kept, i) - below);
    }
  }
  return kept + KEPT;
}

/** Upper bound of the score of a kept group's position. */
function boundOf(kept: usize, i: u32): f32 {
  return load<f32>(kept, 132) + load<f32>(kept, 136) * <f32>load<i16>(kept + (i << 1));
}

/** The positions of a kept group, a bit each, whose bounds reach the level; all of them where that is no number. */
function reaching(kept: usize, level: f32): u64 {
  const least = (level - load<f32>(kept, 132)) / load<f32>(kept, 136);
  if (!(least > -32767)) return ~0;
  if (least > 32767) return 0;
  const than = i16x8.splat(<i16>floor<f32>(least));
  let positions: u64 = 0;
  for (let i: usize = 0; i < 64; i += 8) {
    positions |= (<u64>i16x8.bitmask(i16x8.ge_s(v128.load(kept + (i << 1)), than))) << i;
  }
  return positions;
}

/** Scores the blocks of a kept group where the bound of some position reaches the level. */
function scoreReaching(kept: usize, level: f32, block: usize): void {
  if (load<f32>(kept, 144) < level) return;
  const group = load<u32>(kept, 128);
  for (let left = reaching(kept, level); left != 0; left &= left - 1) {
    const i = <u32>ctz(left);
    const position = (group << 6) + i;
    const scored = load<u32>(kept, 148);
    if ((scored >> (i >> 4)) & 1 || position >= count || boundOf(kept, i) < threshold) continue;
    if (!passes(load<u32>(order + (position << 2)))) continue;
    store<u32>(kept, scored | (1 << (i >> 4)), 148);
    scoreBlocks(position >> 4, 1, block);
    offerBlocks(position >> 4, 1, block);
  }
}

/**
 * Keeps the best of all movies; the user is set. `queriesAt` describes `kinds` kinds of vectors; every score has `constant`
 * besides, give or take `slack`. A first pass over the codes finds a threshold that at least k movies reach: those whose
 * lowest scores are highest. Their blocks are scored first, which raises the threshold about as far as it goes; then those
 * whose bounds still reach it.
 *
 * @param scratch `SCAN_SCRATCH` bytes, and `GROUP_SCRATCH` for every group
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
  const block = scratch;
  const four = block + 64;
  const kept = four + FOUR;
  let end = kept;
  const groups = groupCount();
  for (let first: u32 = 0; first < groups; first += 4) {
    const below = i32x4.bitmask(f32x4.lt(ceilings(first), f32x4.splat(threshold)));
    if (below == 15) continue;
    prepare(first, four);
    for (let lanes = 15 ^ below; lanes != 0; lanes &= lanes - 1) {
      const group = first + ctz(lanes);
      if (group < groups) end = lookInto(group, four, end);
    }
  }
  const reached = threshold;
  openTop(k, heap);
  raiseThreshold(reached);
  for (let at = kept; at < end; at += KEPT) scoreReaching(at, reached + load<f32>(at, 140), block);
  for (let at = kept; at < end; at += KEPT) scoreReaching(at, threshold, block);
  return keptCount();
}
