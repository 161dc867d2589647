/**
 * The register tile of which all matrix products here consist, and the Gram matrix by such tiles.
 *
 *   out (4, 8) ← out ± Σ_k a_k b_kᵀ        a_k: 4 floats at a + k · stepA,   b_k: 8 floats at b + k · stepB
 *
 * Registers: 8 accumulators, 2 for b, 1 for the broadcast of a, 1 for the product: 12 of the 15 that V8 hands out. One
 * step of k is 6 loads, 8 multiplications and 8 additions, which keeps both kinds of vector unit busy. Sums reach memory
 * once a tile. Relaxed multiply-add is not used: it rounds differently from machine to machine.
 *
 * Memory: pointers are byte offsets, steps are bytes. Packed panels hold 8 columns: (depth, 8) floats, so a step is 32.
 * Source: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
 */

/** out ← Σ a bᵀ. */
export const SET: i32 = 0;
/** out ← out + Σ a bᵀ. */
export const ADD: i32 = 1;
/** out ← out − Σ a bᵀ. */
export const SUBTRACT: i32 = 2;
/** out ← −Σ a bᵀ. */
export const NEGATE: i32 = 3;

export function tile(
  a: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  depth: usize,
  out: usize,
  stepOut: usize,
  mode: i32,
): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  for (const end = a + depth * stepA; a < end; a += stepA, b += stepB) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = f32x4.add(s00, f32x4.mul(x, b0));
    s01 = f32x4.add(s01, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 4);
    s10 = f32x4.add(s10, f32x4.mul(x, b0));
    s11 = f32x4.add(s11, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 8);
    s20 = f32x4.add(s20, f32x4.mul(x, b0));
    s21 = f32x4.add(s21, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 12);
    s30 = f32x4.add(s30, f32x4.mul(x, b0));
    s31 = f32x4.add(s31, f32x4.mul(x, b1));
  }
  const out1 = out + stepOut;
  const out2 = out1 + stepOut;
  const out3 = out2 + stepOut;
  if (mode == NEGATE) {
    s00 = f32x4.neg(s00);
    s01 = f32x4.neg(s01);
    s10 = f32x4.neg(s10);
    s11 = f32x4.neg(s11);
    s20 = f32x4.neg(s20);
    s21 = f32x4.neg(s21);
    s30 = f32x4.neg(s30);
    s31 = f32x4.neg(s31);
  } else if (mode == ADD) {
    s00 = f32x4.add(v128.load(out), s00);
    s01 = f32x4.add(v128.load(out, 16), s01);
    s10 = f32x4.add(v128.load(out1), s10);
    s11 = f32x4.add(v128.load(out1, 16), s11);
    s20 = f32x4.add(v128.load(out2), s20);
    s21 = f32x4.add(v128.load(out2, 16), s21);
    s30 = f32x4.add(v128.load(out3), s30);
    s31 = f32x4.add(v128.load(out3, 16), s31);
  } else if (mode == SUBTRACT) {
    s00 = f32x4.sub(v128.load(out), s00);
    s01 = f32x4.sub(v128.load(out, 16), s01);
    s10 = f32x4.sub(v128.load(out1), s10);
    s11 = f32x4.sub(v128.load(out1, 16), s11);
    s20 = f32x4.sub(v128.load(out2), s20);
    s21 = f32x4.sub(v128.load(out2, 16), s21);
    s30 = f32x4.sub(v128.load(out3), s30);
    s31 = f32x4.sub(v128.load(out3, 16), s31);
  }
  v128.store(out, s00);
  v128.store(out, s01, 16);
  v128.store(out1, s10);
  v128.store(out1, s11, 16);
  v128.store(out2, s20);
  v128.store(out2, s21, 16);
  v128.store(out3, s30);
  v128.store(out3, s31, 16);
}

/**
 * Upper triangle of out (S, S) += Σ_k x_k x_kᵀ for `depth` vectors in panels (S / 8, capacity, 8). Tiles that cross the
 * diagonal write a little of the lower triangle too.
 */
export function gram(panels: usize, capacity: usize, depth: usize, S: usize, out: usize, stepOut: usize): void {
  const panel = capacity << 5;
  for (let i: usize = 0; i < S; i += 4) {
    const a = panels + (i >> 3) * panel + ((i & 4) << 2);
    for (let j = i & ~7; j < S; j += 8) {
      tile(a, 32, panels + (j >> 3) * panel, 32, depth, out + i * stepOut + (j << 2), stepOut, ADD);
    }
  }
}
