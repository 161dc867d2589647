/**
 * Eigenvalues, descending, and eigenvectors, columns of (n, n), of a symmetric matrix, for n up to a few hundred. Cyclic
 * Jacobi rotations (Golub & Van Loan, "Matrix computations", 4th ed., 2013, §8.5) are slow, but exact to rounding. Written
 * here instead of taken from a library so that every machine and release gives the same bytes.
 */
export function symmetricEigen(matrix: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const norm = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
  for (let round = 0; round < 60 && offDiagonal(a, n) > 1e-15 * norm; round++) {
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((x, y) => a[y * n + y] - a[x * n + x] || x - y);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let i = 0; i < n; i++) vectors[i * n + to] = v[from * n + i];
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += 2 * a[i * n + j] ** 2;
  return Math.sqrt(sum);
}

/** Rotates rows and columns p and q so that a_pq becomes zero. Row i of `v` is eigenvector i so far. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const pq = a[p * n + q];
  if (pq === 0) return;
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * pq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const [rowP, rowQ] = [p * n, q * n];
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[rowP + k], a[rowQ + k]];
    a[rowP + k] = c * x - s * y;
    a[rowQ + k] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [v[rowP + k], v[rowQ + k]];
    v[rowP + k] = c * x - s * y;
    v[rowQ + k] = s * x + c * y;
  }
}
