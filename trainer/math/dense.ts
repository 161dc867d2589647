import { factorSymmetric, solveLower } from '../../shared/math/linalg.ts';

/** Any flat array of numbers. */
export type FloatArray = Float32Array | Float64Array;

/** AᵀB (width, width) for tall blocks (rows, width) whose product is symmetric: its upper triangle, mirrored. */
export function gram(a: Float64Array, b: Float64Array, rows: number, width: number): Float64Array {
  const sums = new Float64Array(width * width);
  // Four rows at a time, so that reads and writes of the sums do not dominate.
  for (let r = 0; r < rows; r += 4) {
    const left = Math.min(4, rows - r);
    const r0 = r * width;
    const [r1, r2, r3] = [1, 2, 3].map((k) => r0 + (k < left ? k * width : 0));
    for (let x = 0; x < width; x++) {
      const a0 = a[r0 + x];
      const a1 = left > 1 ? a[r1 + x] : 0;
      const a2 = left > 2 ? a[r2 + x] : 0;
      const a3 = left > 3 ? a[r3 + x] : 0;
      for (let y = x; y < width; y++) {
        sums[x * width + y] += a0 * b[r0 + y] + a1 * b[r1 + y] + a2 * b[r2 + y] + a3 * b[r3 + y];
      }
    }
  }
  for (let x = 0; x < width; x++) for (let y = 0; y < x; y++) sums[x * width + y] = sums[y * width + x];
  return sums;
}

/** out_k = Σ_x a_x · table[rows_k][x], for rows of `width` numbers, of which `a` may have fewer. */
export function rowDots(a: Float64Array, table: FloatArray, width: number, rows: Int32Array, out: Float64Array): void {
  let k = 0;
  // Four rows at a time, so that their sums do not wait for each other.
  for (; k + 4 <= rows.length; k += 4) {
    let [p, q, r, s] = [rows[k] * width, rows[k + 1] * width, rows[k + 2] * width, rows[k + 3] * width];
    let [sumP, sumQ, sumR, sumS] = [0, 0, 0, 0];
    for (let x = 0; x < a.length; x++) {
      const value = a[x];
      sumP += value * table[p++];
      sumQ += value * table[q++];
      sumR += value * table[r++];
      sumS += value * table[s++];
    }
    out[k] = sumP;
    out[k + 1] = sumQ;
    out[k + 2] = sumR;
    out[k + 3] = sumS;
  }
  for (; k < rows.length; k++) {
    const p = rows[k] * width;
    let sum = 0;
    for (let x = 0; x < a.length; x++) sum += a[x] * table[p + x];
    out[k] = sum;
  }
}

/**
 * Z (rows, width) with orthonormal columns: Z ← Z L⁻ᵀ for ZᵀZ = L Lᵀ, twice for full precision (Cholesky QR2; Yamamoto,
 * Nakatsukasa, Yanagisawa & Fukaya, "Roundoff error analysis of the CholeskyQR2 algorithm", ETNA 44, 2015).
 */
export function orthonormal(z: Float64Array, rows: number, width: number): Float64Array {
  let out = z;
  for (let pass = 0; pass < 2; pass++) {
    const factor = gram(out, out, rows, width);
    const largest = Math.max(...Array.from({ length: width }, (_, x) => factor[x * width + x]));
    // Keeps directions that vanished finite, even where all of them did.
    for (let x = 0; x < width; x++) factor[x * width + x] += 1e-14 * largest + 1e-300;
    factorSymmetric(factor, width);
    const next = new Float64Array(out.length);
    for (let r = 0; r < rows; r++) {
      const row = out.slice(r * width, (r + 1) * width);
      solveLower(factor, row, width);
      next.set(row, r * width);
    }
    out = next;
  }
  return out;
}

/** A B, (rows, columns) float32, for A (rows, inner) and B (inner, columns). */
export function times(a: FloatArray, b: Float64Array, rows: number, inner: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  const line = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    line.fill(0);
    for (let k = 0; k < inner; k++) {
      const value = a[r * inner + k];
      for (let c = 0; c < columns; c++) line[c] += value * b[k * columns + c];
    }
    out.set(line, r * columns);
  }
  return out;
}

/** (R, from) → (R, to), with columns of zeros at the end. */
export function withColumns(rows: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return rows;
  const out = new Float32Array((rows.length / from) * to);
  for (let at = 0, line = 0; at < rows.length; at += from, line += to) {
    for (let x = 0; x < from; x++) out[line + x] = rows[at + x];
  }
  return out;
}
