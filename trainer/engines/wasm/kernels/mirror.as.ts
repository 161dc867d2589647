import { MIRROR_BLOCK } from './sizes.as';

/**
 * a (n, n) ← a + aᵀ in place, after `moments` summed half of a symmetric matrix.
 *
 * Items are blocks of MIRROR_BLOCK rows with the columns that mirror them, the last and longest first.
 */
export function mirror(from: i32, to: i32, _scratch: usize, a: usize, n: usize): i32 {
  const step = n << 2;
  const blocks = (n + MIRROR_BLOCK - 1) / MIRROR_BLOCK;
  for (let item = <usize>from; item < <usize>to; item++) {
    const top = (blocks - 1 - item) * MIRROR_BLOCK;
    const bottom = min(n, top + MIRROR_BLOCK);
    for (let left: usize = 0; left <= top; left += MIRROR_BLOCK) {
      for (let i = top; i < bottom; i++) {
        const right = min(left + MIRROR_BLOCK, i + 1);
        let lower = a + i * step + (left << 2);
        let upper = a + left * step + (i << 2);
        for (let j = left; j < right; j++, lower += 4, upper += step) {
          const sum = load<f32>(lower) + load<f32>(upper);
          store<f32>(lower, sum);
          store<f32>(upper, sum);
        }
      }
    }
  }
  return 0;
}
