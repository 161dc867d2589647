/** H + Hᵀ, where half of a symmetric matrix was summed (`moments.as.ts`). */

const BLOCK: usize = 64;

/** a (n, n) ← a + aᵀ in place, blocks of rows [from, to) and the columns above them, the last first. */
export function momentsMirror(from: i32, to: i32, _scratch: usize, a: usize, n: usize): i32 {
  const step = n << 2;
  const blocks = (n + BLOCK - 1) / BLOCK;
  for (let item = <usize>from; item < <usize>to; item++) {
    const top = (blocks - 1 - item) * BLOCK;
    const bottom = min(n, top + BLOCK);
    for (let left: usize = 0; left <= top; left += BLOCK) {
      for (let i = top; i < bottom; i++) {
        const right = min(left + BLOCK, i + 1);
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
