import type { Tensor } from '../engine.ts';
import { data } from './tensors.ts';

/** out (n, c) = A B for A (n, m) and B (m, c); Aᵀ B for A (m, n) where transposedA. */
export function multiply(
  a: Tensor,
  b: Tensor,
  out: Tensor,
  n: number,
  m: number,
  c: number,
  transposedA: boolean,
): void {
  const [A, B, O] = [a, b, out].map(data);
  O.fill(0);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < m; k++) {
      const value = transposedA ? A[k * n + i] : A[i * m + k];
      if (value === 0) continue;
      for (let j = 0; j < c; j++) O[i * c + j] += value * B[k * c + j];
    }
  }
}
