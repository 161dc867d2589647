/**
 * Codes of the vectors of a blk16 area, seven bits a number, by which scores are bounded (`codes.as.ts`).
 *
 * In groups of 64 positions with one scale s: v = s c + r, |c| ≤ 63 integers. What stands before the vectors (bias and
 * deviation, which may weigh more than all factors) has sixteen bits, and a scale for itself. Factors stand on principal
 * axes: a scan may read leading columns alone and bound the rest by its length. So codes lie in planes: the first 16
 * columns, then each time as many as before, and behind each plane one may cut. Where room is short the leading planes
 * alone are kept.
 *
 *   codes  plane after plane, (groups, its columns / 2, 64, 2) bytes: for every two columns 64 positions, c + 64: 0 to
 *          127, as the product of bytes wants its second operand; columns of zeros to a multiple of four
 *   plain  (2, groups, 64) i16: bias and deviation; nothing where the area has none
 *   heads  rows of one f32 a group, filled up to fours: s; the largest bias, the least, and their scale; the same of the
 *          deviations; then for every plane what a cut behind it has: the largest ‖r‖ and ‖v‖ before the cut, and ‖v‖
 *          behind it
 */

/** Blocks of a group. */
export const GROUP: u32 = 4;
/** Columns of the first plane of codes. */
export const PLANE: usize = 16;
/** Rows of heads before those of the cuts. */
export const CUTS: usize = 7;

/** Columns of codes. */
function fours(width: usize): usize {
  return (width + 3) & ~3;
}

/** Columns of the plane that begins at a column, of `left` from there on. */
export function planeColumns(start: usize, left: usize): usize {
  return min(max(start, PLANE), left);
}

/** Where the last plane of so many columns begins. */
function lastPlane(columns: usize): usize {
  return columns <= PLANE ? 0 : 1 << (31 - clz<u32>(columns - 1));
}

/** Bytes of a row of heads. */
export function rowBytes(groups: u32): usize {
  return (<usize>((groups + 3) & ~3)) << 2;
}

/**
 * Makes codes, plain columns and heads, in memory that holds zeros. Returns the largest ‖c‖². A group with numbers that
 * are not finite, or too far from 1, has codes of 0: its lengths bound its scores, or no number does.
 *
 * @param first the first column of the vectors themselves: 2, or 0 where nothing stands before them
 * @param kept how many columns, from there on, have codes: whole planes
 */
export function encode(
  area: usize,
  columns: usize,
  first: usize,
  kept: usize,
  areaBlocks: u32,
  codes: usize,
  plain: usize,
  heads: usize,
): f32 {
  const groups = (areaBlocks + GROUP - 1) / GROUP;
  const row = rowBytes(groups);
  const blockBytes = columns << 6;
  const width = columns - first;
  let largest: f32 = 0;
  memory.fill(codes, 64, ((<usize>groups) << 6) * fours(kept));
  for (let group: u32 = 0; group < groups; group++, heads += 4) {
    const from = area + group * GROUP * blockBytes;
    const to = from + min<u32>(GROUP, areaBlocks - group * GROUP) * blockBytes;
    if (first > 0) keepPlain(from, to, blockBytes, plain + ((<usize>group) << 7), groups, heads + row, row);
    let peaks = f32x4.splat(0);
    for (let b = from; b < to; b += blockBytes) {
      for (let at = b + (first << 6), end = b + blockBytes; at < end; at += 16) {
        peaks = f32x4.max(peaks, f32x4.abs(v128.load(at)));
      }
    }
    const peak = highest(peaks);
    const scale: f32 = peak / 63;
    const cuts = heads + CUTS * row;
    let end = cuts + 3 * row;
    for (let start = lastPlane(kept); start > 0; start = lastPlane(start)) end += 3 * row;
    if (scale > 1e-18 && scale < 1e18) {
      store<f32>(heads, scale);
      for (let b = from + (first << 6), lanes: usize = 0; b < to; b += blockBytes, lanes += 32) {
        for (let half: usize = 0; half < 2; half++) {
          const lane = lanes + (half << 4);
          largest = max<f32>(
            largest,
            encodeEight(b + (half << 5), width, kept, scale, codes, groups, group, lane, cuts, row),
          );
        }
      }
      for (let cut = cuts; cut < end; cut += 3 * row) {
        const length = sqrt<f32>(load<f32>(cut + row)) * scale * 1.0001;
        store<f32>(cut, sqrt<f32>(load<f32>(cut)) * scale * 1.0001 + length * 1e-6);
        store<f32>(cut + row, length);
        store<f32>(cut + 2 * row, sqrt<f32>(load<f32>(cut + 2 * row)) * scale * 1.0001);
      }
    } else {
      const longest = peak * sqrt<f32>(<f32>width) * 1.0001;
      for (let at = cuts; at < end; at += row) store<f32>(at, longest);
    }
  }
  return largest;
}

/** The plain columns of a group in sixteen bits, side by side, and their largest, least, and scale. */
function keepPlain(
  from: usize,
  to: usize,
  blockBytes: usize,
  out: usize,
  groups: u32,
  bounds: usize,
  row: usize,
): void {
  for (let column: usize = 0; column < 2; column++) {
    let largest = f32x4.splat(-Infinity);
    let least = f32x4.splat(Infinity);
    for (let b = from; b < to; b += blockBytes) {
      for (let at = b; at < b + 64; at += 16) {
        largest = f32x4.max(largest, v128.load(at));
        least = f32x4.min(least, v128.load(at));
      }
    }
    const peak = max<f32>(highest(f32x4.abs(largest)), highest(f32x4.abs(least)));
    store<f32>(bounds, highest(largest));
    store<f32>(bounds + row, -highest(f32x4.neg(least)));
    const known = peak > 1e-18 && peak < 1e18;
    store<f32>(bounds + 2 * row, known ? peak / 32767 : peak == 0 ? 0 : NaN);
    const steps = f32x4.splat(known ? 32767 / peak : 0);
    for (let b = from, at = out; b < to; b += blockBytes) {
      for (let line = b; line < b + 64; line += 32, at += 16) {
        const low = f32x4.nearest(f32x4.mul(v128.load(line), steps));
        const high = f32x4.nearest(f32x4.mul(v128.load(line, 16), steps));
        v128.store(at, i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(low), i32x4.trunc_sat_f32x4_s(high)));
      }
    }
    from += 64;
    to += 64;
    out += (<usize>groups) << 7;
    bounds += 3 * row;
  }
}

/**
 * Codes of the first `kept` of `width` columns of eight positions, which begin at `from`; `lane` is their place in each
 * pair of columns of the group. Raises the squared lengths of the cuts, in units of s²; returns the largest ‖c‖².
 */
function encodeEight(
  from: usize,
  width: usize,
  kept: usize,
  scale: f32,
  codes: usize,
  groups: u32,
  group: u32,
  lane: usize,
  cuts: usize,
  row: usize,
): f32 {
  const steps = f32x4.splat(1 / scale);
  const middle = i32x4.splat(64);
  // Of positions 0 to 3 and 4 to 7: ‖r‖², ‖v‖², ‖c‖².
  let r0 = f32x4.splat(0);
  let r1 = r0;
  let n0 = r0;
  let n1 = r0;
  let c0 = r0;
  let c1 = r0;
  let cut = cuts;
  let at = from;
  for (let left = kept; left > 0; cut += 3 * row) {
    const some = planeColumns(kept - left, left);
    const stride = fours(some) << 6;
    let to = codes + <usize>group * stride + lane;
    for (const end = at + (some << 6); at < end; at += 128, to += 128) {
      const a0 = f32x4.mul(v128.load(at), steps);
      const a1 = f32x4.mul(v128.load(at, 16), steps);
      const b0 = f32x4.mul(v128.load(at, 64), steps);
      const b1 = f32x4.mul(v128.load(at, 80), steps);
      n0 = f32x4.add(n0, f32x4.add(f32x4.mul(a0, a0), f32x4.mul(b0, b0)));
      n1 = f32x4.add(n1, f32x4.add(f32x4.mul(a1, a1), f32x4.mul(b1, b1)));
      const p0 = f32x4.nearest(a0);
      const p1 = f32x4.nearest(a1);
      const q0 = f32x4.nearest(b0);
      const q1 = f32x4.nearest(b1);
      c0 = f32x4.add(c0, f32x4.add(f32x4.mul(p0, p0), f32x4.mul(q0, q0)));
      c1 = f32x4.add(c1, f32x4.add(f32x4.mul(p1, p1), f32x4.mul(q1, q1)));
      const da0 = f32x4.sub(a0, p0);
      const da1 = f32x4.sub(a1, p1);
      const db0 = f32x4.sub(b0, q0);
      const db1 = f32x4.sub(b1, q1);
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
      v128.store(to, v128.or(a, i16x8.shl(b, 8)));
    }
    raise(cut, f32x4.max(r0, r1));
    raise(cut + row, f32x4.max(n0, n1));
    codes += groups * stride;
    left -= some;
  }
  // Behind the cuts, from the last to the first.
  let t0 = f32x4.splat(0);
  let t1 = t0;
  at = from + (width << 6);
  for (let end = kept; end > 0; end = lastPlane(end)) {
    for (const start = from + (end << 6); at > start; ) {
      at -= 64;
      const a0 = f32x4.mul(v128.load(at), steps);
      const a1 = f32x4.mul(v128.load(at, 16), steps);
      t0 = f32x4.add(t0, f32x4.mul(a0, a0));
      t1 = f32x4.add(t1, f32x4.mul(a1, a1));
    }
    cut -= 3 * row;
    raise(cut + 2 * row, f32x4.max(t0, t1));
  }
  return highest(f32x4.max(c0, c1));
}

/** The f32 at `at` becomes the largest of it and the four. */
function raise(at: usize, four: v128): void {
  store<f32>(at, max<f32>(load<f32>(at), highest(four)));
}

/** The largest of four; NaN if one is. */
function highest(four: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    max<f32>(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  );
}
