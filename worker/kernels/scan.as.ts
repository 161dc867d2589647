import {
  blocks,
  rating,
  ratingColumns,
  ratingInverse,
  relevance,
  relevanceBlocks,
  relevanceColumns,
  relevanceInverse,
} from './version.as';

/**
 * Scores of 16 movies at a time, both kinds of vectors in one pass:
 *   dot      score = constant + rating · user + relevance · user
 *   cosine   score = (rating · user) / ‖rating‖ + (relevance · user) / ‖relevance‖
 * `user` holds ratingColumns numbers, then relevanceColumns. A kind that does not count is not read.
 *
 * Sixteen sums in four registers, a column a step: two loads of the user's number are shared by four multiplications.
 * Sums run in the order of the columns, whatever else is asked, so that a movie has the same score, to the bit, in every
 * scan that finds it.
 */
export let user: usize = 0;
export let constant: f32 = 0;
let cosine = false;
let withRating = false;
let withRelevance = false;

export function setUser(at: usize, plus: f32, byCosine: bool, useRating: bool, useRelevance: bool): void {
  user = at;
  constant = plus;
  cosine = byCosine;
  withRating = useRating;
  withRelevance = useRelevance;
}

/** Scores of block b → out (16) f32. */
export function scoreBlock(b: u32, out: usize): void {
  const start = f32x4.splat(cosine ? 0 : constant);
  let s0 = start;
  let s1 = start;
  let s2 = start;
  let s3 = start;
  if (withRating) {
    let at = rating + ((b * ratingColumns) << 6);
    let x = user;
    for (const end = x + (ratingColumns << 2); x < end; x += 8, at += 128) {
      const u = v128.load32_splat(x);
      s0 = f32x4.add(s0, f32x4.mul(v128.load(at), u));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(at, 16), u));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(at, 32), u));
      s3 = f32x4.add(s3, f32x4.mul(v128.load(at, 48), u));
      const w = v128.load32_splat(x, 4);
      s0 = f32x4.add(s0, f32x4.mul(v128.load(at, 64), w));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(at, 80), w));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(at, 96), w));
      s3 = f32x4.add(s3, f32x4.mul(v128.load(at, 112), w));
    }
    if (cosine) {
      const inverse = ratingInverse + (b << 6);
      s0 = f32x4.mul(s0, v128.load(inverse));
      s1 = f32x4.mul(s1, v128.load(inverse, 16));
      s2 = f32x4.mul(s2, v128.load(inverse, 32));
      s3 = f32x4.mul(s3, v128.load(inverse, 48));
    }
  }
  if (withRelevance && b < relevanceBlocks) {
    let r0 = s0;
    let r1 = s1;
    let r2 = s2;
    let r3 = s3;
    if (cosine) {
      r0 = f32x4.splat(0);
      r1 = r0;
      r2 = r0;
      r3 = r0;
    }
    let at = relevance + ((b * relevanceColumns) << 6);
    let x = user + (ratingColumns << 2);
    for (const end = x + (relevanceColumns << 2); x < end; x += 8, at += 128) {
      const u = v128.load32_splat(x);
      r0 = f32x4.add(r0, f32x4.mul(v128.load(at), u));
      r1 = f32x4.add(r1, f32x4.mul(v128.load(at, 16), u));
      r2 = f32x4.add(r2, f32x4.mul(v128.load(at, 32), u));
      r3 = f32x4.add(r3, f32x4.mul(v128.load(at, 48), u));
      const w = v128.load32_splat(x, 4);
      r0 = f32x4.add(r0, f32x4.mul(v128.load(at, 64), w));
      r1 = f32x4.add(r1, f32x4.mul(v128.load(at, 80), w));
      r2 = f32x4.add(r2, f32x4.mul(v128.load(at, 96), w));
      r3 = f32x4.add(r3, f32x4.mul(v128.load(at, 112), w));
    }
    if (cosine) {
      const inverse = relevanceInverse + (b << 6);
      s0 = f32x4.add(s0, f32x4.mul(r0, v128.load(inverse)));
      s1 = f32x4.add(s1, f32x4.mul(r1, v128.load(inverse, 16)));
      s2 = f32x4.add(s2, f32x4.mul(r2, v128.load(inverse, 32)));
      s3 = f32x4.add(s3, f32x4.mul(r3, v128.load(inverse, 48)));
    } else {
      s0 = r0;
      s1 = r1;
      s2 = r2;
      s3 = r3;
    }
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}

/** Scores of every movie → out (16 · blocks) f32, by position. */
export function scoreAll(out: usize): void {
  for (let b: u32 = 0; b < blocks; b++, out += 64) scoreBlock(b, out);
}
