/** sums (width, width) += AᵀA's upper triangle, or that of AᵀB, for tall A, B (rows, width). */
export function addGram(sums: Float64Array, a: Float64Array, b: Float64Array, rows: number, width: number): void {
  // Four rows at a time, so that the sums are not most of what is read and written.
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
}
