import { factorSymmetric, solveLower, solveLowerTransposed } from '../../../shared/math/linalg.ts';
import type { Tensor } from '../engine.ts';
import { data } from './tensors.ts';

/** A (n, n) ← its lower Cholesky factor; the upper triangle stays. Rejects with `training-diverged`. */
export async function cholesky(a: Tensor, n: number): Promise<void> {
  factorSymmetric(data(a), n);
}

/** B (n, c) ← L⁻¹ B, or L⁻ᵀ B, column by column. */
export function triangularSolve(l: Tensor, n: number, b: Tensor, c: number, transposed: boolean): void {
  const [L, B] = [data(l), data(b)];
  const column = new Float64Array(n);
  for (let j = 0; j < c; j++) {
    for (let i = 0; i < n; i++) column[i] = B[i * c + j];
    if (transposed) solveLowerTransposed(L, column, n);
    else solveLower(L, column, n);
    for (let i = 0; i < n; i++) B[i * c + j] = column[i];
  }
}

/** out (n) = diag((L Lᵀ)⁻¹). */
export function inverseDiagonal(l: Tensor, n: number, out: Tensor): void {
  data(out).set(inverseDiagonalOf(data(l), n));
}

/** diag((L Lᵀ)⁻¹) = column sums of squares of L⁻¹. */
export function inverseDiagonalOf(l: Float64Array, n: number): Float64Array {
  const diagonal = new Float64Array(n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    // Column j of L⁻¹ is zero above row j.
    let sum = 0;
    for (let i = j; i < n; i++) {
      let value = i === j ? 1 : 0;
      for (let k = j; k < i; k++) value -= l[i * n + k] * column[k];
      column[i] = value / l[i * n + i];
      sum += column[i] * column[i];
    }
    diagonal[j] = sum;
  }
  return diagonal;
}
