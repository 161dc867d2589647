import type { Tensor } from '../engine.ts';
import { data } from './tensors.ts';

/** out (S) = Σ_r a_r ∘ b_r for A and B (R, S). */
export function columnDots(a: Tensor, b: Tensor, out: Tensor): void {
  const [A, B, O] = [a, b, out].map(data);
  O.fill(0);
  for (let k = 0; k < A.length; k++) O[k % O.length] += A[k] * B[k];
}

const quotient = (numerator: number, denominator: number) => (denominator === 0 ? 0 : numerator / denominator);

/** Y ← Y + sign · X diag(numerator / denominator), (R, S); 0/0 counts as 0. */
export function columnStep(y: Tensor, x: Tensor, sign: 1 | -1, numerator: Tensor, denominator: Tensor): void {
  const [Y, X, N, D] = [y, x, numerator, denominator].map(data);
  const factor = N.map((value, column) => sign * quotient(value, D[column]));
  for (let k = 0; k < Y.length; k++) Y[k] += factor[k % N.length] * X[k];
}

/** X ← R + X diag(numerator / denominator), (R, S); 0/0 counts as 0. */
export function columnRedirect(x: Tensor, r: Tensor, numerator: Tensor, denominator: Tensor): void {
  const [X, R, N, D] = [x, r, numerator, denominator].map(data);
  const factor = N.map((value, column) => quotient(value, D[column]));
  for (let k = 0; k < X.length; k++) X[k] = R[k] + factor[k % N.length] * X[k];
}

/** y_k ← y_k + factor · x_k for the first `count` numbers. */
export function add(y: Tensor, factor: number, x: Tensor, count: number): void {
  const [Y, X] = [data(y), data(x)];
  for (let k = 0; k < count; k++) Y[k] += factor * X[k];
}

/** X (n, c) ← diag(d)⁻¹ X for d (n). */
export function divideRows(x: Tensor, c: number, d: Tensor): void {
  const [X, D] = [data(x), data(d)];
  for (let k = 0; k < X.length; k++) X[k] /= D[Math.floor(k / c)];
}

/** A (n, n) ← A + value · I. */
export function addDiagonal(a: Tensor, n: number, value: number): void {
  for (let i = 0; i < n; i++) data(a)[i * (n + 1)] += value;
}
