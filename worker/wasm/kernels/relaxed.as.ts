/**
 * What relaxed SIMD does in one step, and the same in several for the module that browsers without it load, as Safari is.
 */

/** a · b + c of each lane; in several steps it is rounded twice. */
export function madd32(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

export function madd64(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f64x2.relaxed_madd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
}

/** c + a · b of each pair of bytes, i16; those of b are from 0 to 127. */
export function addPairs(c: v128, a: v128, b: v128): v128 {
  return i16x8.add(c, ASC_FEATURE_RELAXED_SIMD ? i16x8.relaxed_dot_i8x16_i7x16_s(a, b) : pairs(a, b));
}

function pairs(a: v128, b: v128): v128 {
  const low = i16x8.extmul_low_i8x16_s(a, b);
  const high = i16x8.extmul_high_i8x16_s(a, b);
  const even = i16x8.shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
  return i16x8.add(even, i16x8.shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15));
}
