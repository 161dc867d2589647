/** Small dense float64 algebra. Matrices are row-major, n × n, in flat arrays. */
import { MarqueeError } from '../errors.ts';

/**
 * Overwrites the lower triangle of a symmetric positive definite matrix with L of A = L Lᵀ; the upper triangle is not
 * read. Returns false, leaving the matrix half done, at the first pivot that is not positive: for callers that have an
 * answer to that. Others call `factorSymmetric`.
 */
export function cholesky(a: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    let pivot = a[rowJ + j];
    for (let k = 0; k < j; k++) pivot -= a[rowJ + k] * a[rowJ + k];
    if (!(pivot > 0)) return false;
    const root = Math.sqrt(pivot);
    a[rowJ + j] = root;
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n;
      let sum = a[rowI + j];
      for (let k = 0; k < j; k++) sum -= a[rowI + k] * a[rowJ + k];
      a[rowI + j] = sum / root;
    }
  }
  return true;
}

/** b (n) ← L⁻¹ b for a lower triangular L. */
export function solveLower(l: Float64Array, b: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[row + k] * b[k];
    b[i] = sum / l[row + i];
  }
}

/** b (n) ← L⁻ᵀ b for a lower triangular L. */
export function solveLowerTransposed(l: Float64Array, b: Float64Array, n: number): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const x = b[i] / l[row + i];
    b[i] = x;
    for (let k = 0; k < i; k++) b[k] -= l[row + k] * x;
  }
}

/** b (n) ← A⁻¹ b, by the Cholesky factor L of A. */
export function solveFactored(l: Float64Array, b: Float64Array, n: number): void {
  solveLower(l, b, n);
  solveLowerTransposed(l, b, n);
}

/**
 * a ← L of a = L Lᵀ, in the lower triangle.
 *
 * @throws `training-diverged` when `a` is not positive definite
 */
export function factorSymmetric(a: Float64Array, n: number): void {
  if (!cholesky(a, n)) throw notPositive();
}

/**
 * b (n) ← A⁻¹ b for a symmetric positive definite A, whose lower triangle becomes its Cholesky factor.
 *
 * @throws `training-diverged` when `a` is not positive definite
 */
export function solveSymmetric(a: Float64Array, b: Float64Array, n: number): void {
  factorSymmetric(a, n);
  solveFactored(a, b, n);
}

/** The error for a matrix that has no Cholesky factor. */
export function notPositive(): MarqueeError {
  return new MarqueeError('training-diverged', 'a precision matrix is not positive definite', {
    fix: 'Look for ratings or options that are not finite; another seed or fewer factors may help.',
  });
}

/** A⁻¹ (full, symmetric) from its Cholesky factor L. */
export function inverseFromCholesky(l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    column.fill(0);
    column[j] = 1;
    solveFactored(l, column, n);
    for (let i = 0; i < n; i++) inverse[i * n + j] = column[i];
  }
  return inverse;
}
