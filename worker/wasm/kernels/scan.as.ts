import { madd32 } from './relaxed.as';
import {
  blocks,
  rating,
  ratingColumns,
  ratingInverse,
  relevance,
  relevanceBlocks,
  relevanceColumns,
  relevanceInverse,
  standardErrors,
} from './version.as';

/**
 * Scores of 16 movies at a time, both kinds of vectors in one pass:
 *   dot      score = constant + errorWeight · standard error + rating · user + relevance · user
 *   cosine   score = (rating · user) / ‖rating‖ + (relevance · user) / ‖relevance‖
 * `user` holds ratingColumns numbers, then relevanceColumns. A kind that does not count is not read.
 *
 * Workerd checks every access against the size of memory, so a load costs more than what is done with it: one load brings
 * four of the user's numbers. Eight registers hold sixteen sums over the even columns and sixteen over the odd; a chain of
 * fused multiplications and additions through four would take longer than memory does. Sums run in one order whatever
 * else is asked, so that a movie has the same score, to the bit, in every scan that finds it.
 */
export let user: usize = 0;
export let constant: f32 = 0;
/** 0: standard errors do not count, and need not be there. */
export let errorWeight: f32 = 0;
let cosine = false;
let withRating = false;
let withRelevance = false;

export function setUser(
  at: usize,
  plus: f32,
  perError: f32,
  byCosine: bool,
  useRating: bool,
  useRelevance: bool,
): void {
  user = at;
  constant = plus;
  errorWeight = perError;
  cosine = byCosine;
  withRating = useRating;
  withRelevance = useRelevance;
}

/** Scores of n blocks from b on → out (16 n) f32. */
export function scoreBlocks(b: u32, n: u32, out: usize): void {
  const start = f32x4.splat(cosine ? 0 : constant);
  if (errorWeight == 0) {
    for (let at = out, end = out + (n << 6); at < end; at += 16) v128.store(at, start);
  } else {
    const weight = f32x4.splat(errorWeight);
    for (let at = out, end = out + (n << 6), error = standardErrors + (b << 6); at < end; at += 16, error += 16) {
      v128.store(at, f32x4.add(start, f32x4.mul(weight, v128.load(error))));
    }
  }
  const norms = b << 6;
  if (withRating) {
    const at = rating + ((b * ratingColumns) << 6);
    addDots(at, n, ratingColumns, user, cosine ? ratingInverse + norms : 0, out);
  }
  if (withRelevance && b < relevanceBlocks) {
    const at = relevance + ((b * relevanceColumns) << 6);
    const x = user + (ratingColumns << 2);
    addDots(at, min(n, relevanceBlocks - b), relevanceColumns, x, cosine ? relevanceInverse + norms : 0, out);
  }
}

/** out (16 n) += the columns of n blocks · x, times `inverse` (16 n) where that is not 0. */
function addDots(at: usize, n: u32, columns: usize, x: usize, inverse: usize, out: usize): void {
  for (const end = out + (n << 6); out < end; out += 64, at += columns << 6) {
    addBlock(at, columns, x, inverse, out);
    if (inverse != 0) inverse += 64;
  }
}

function addBlock(at: usize, columns: usize, x: usize, inverse: usize, out: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  for (const end = x + ((columns >> 2) << 4); x < end; x += 16, at += 256) {
    const u = v128.load(x);
    let w = i32x4.shuffle(u, u, 0, 0, 0, 0);
    s0 = madd32(v128.load(at), w, s0);
    s1 = madd32(v128.load(at, 16), w, s1);
    s2 = madd32(v128.load(at, 32), w, s2);
    s3 = madd32(v128.load(at, 48), w, s3);
    w = i32x4.shuffle(u, u, 1, 1, 1, 1);
    s4 = madd32(v128.load(at, 64), w, s4);
    s5 = madd32(v128.load(at, 80), w, s5);
    s6 = madd32(v128.load(at, 96), w, s6);
    s7 = madd32(v128.load(at, 112), w, s7);
    w = i32x4.shuffle(u, u, 2, 2, 2, 2);
    s0 = madd32(v128.load(at, 128), w, s0);
    s1 = madd32(v128.load(at, 144), w, s1);
    s2 = madd32(v128.load(at, 160), w, s2);
    s3 = madd32(v128.load(at, 176), w, s3);
    w = i32x4.shuffle(u, u, 3, 3, 3, 3);
    s4 = madd32(v128.load(at, 192), w, s4);
    s5 = madd32(v128.load(at, 208), w, s5);
    s6 = madd32(v128.load(at, 224), w, s6);
    s7 = madd32(v128.load(at, 240), w, s7);
  }
  if (columns & 2) {
    const u = v128.load32_splat(x);
    s0 = madd32(v128.load(at), u, s0);
    s1 = madd32(v128.load(at, 16), u, s1);
    s2 = madd32(v128.load(at, 32), u, s2);
    s3 = madd32(v128.load(at, 48), u, s3);
    const w = v128.load32_splat(x, 4);
    s4 = madd32(v128.load(at, 64), w, s4);
    s5 = madd32(v128.load(at, 80), w, s5);
    s6 = madd32(v128.load(at, 96), w, s6);
    s7 = madd32(v128.load(at, 112), w, s7);
  }
  s0 = f32x4.add(s0, s4);
  s1 = f32x4.add(s1, s5);
  s2 = f32x4.add(s2, s6);
  s3 = f32x4.add(s3, s7);
  if (inverse != 0) {
    s0 = f32x4.mul(s0, v128.load(inverse));
    s1 = f32x4.mul(s1, v128.load(inverse, 16));
    s2 = f32x4.mul(s2, v128.load(inverse, 32));
    s3 = f32x4.mul(s3, v128.load(inverse, 48));
  }
  v128.store(out, f32x4.add(s0, v128.load(out)));
  v128.store(out, f32x4.add(s1, v128.load(out, 16)), 16);
  v128.store(out, f32x4.add(s2, v128.load(out, 32)), 32);
  v128.store(out, f32x4.add(s3, v128.load(out, 48)), 48);
}

/** Scores of every movie → out (16 · blocks) f32, by position. */
export function scoreAll(out: usize): void {
  scoreBlocks(0, blocks, out);
}
