/**
 * Whole posterior covariances of a row, packed: the upper triangle of (S, S) by rows, row i from column i & ~3 on. That takes
 * S (S + 4) / 2 floats, and every row starts on a vector of four.
 */

/**
 * normal (S, S) += the upper triangle of C without its last column, the bias's, which goes to the right side instead:
 * rhs (S) −= Cov(factors, bias). Rows of normal are `step` bytes apart. The factorisation reads nothing left of the diagonal.
 */
export function addUpper(packed: usize, S: usize, normal: usize, step: usize, rhs: usize): void {
  const last = S - 1;
  for (let i: usize = 0; i < last; i++) {
    const row = normal + i * step;
    const first = i & ~3;
    const biasEntry = load<f32>(row + (last << 2));
    for (let j = first; j < S; j += 4) {
      const at = row + (j << 2);
      v128.store(at, f32x4.add(v128.load(at), v128.load(packed + ((j - first) << 2))));
    }
    store<f32>(row + (last << 2), biasEntry);
    packed += (S - first) << 2;
    store<f32>(rhs + (i << 2), load<f32>(rhs + (i << 2)) - load<f32>(packed - 4));
  }
}

/**
 * packed ← noise · V Vᵀ for V = U⁻¹, upper triangular with zeros below (`invert` of `small-cholesky.as.ts`). Entry (i, j),
 * i ≤ j, is the dot product of rows i and j from column j on. Four columns j at a time share the loads of row i.
 */
export function covariance(inverse: usize, step: usize, S: usize, noise: f32, packed: usize): void {
  const end = S << 2;
  const scale = f32x4.splat(noise);
  for (let i: usize = 0; i < S; i++) {
    const row = inverse + i * step;
    for (let j = i & ~3; j < S; j += 4) {
      const r0 = inverse + j * step;
      const r1 = r0 + step;
      const r2 = r1 + step;
      const r3 = r2 + step;
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let a2 = a0;
      let a3 = a0;
      for (let k = j << 2; k < end; k += 16) {
        const v = v128.load(row + k);
        a0 = f32x4.add(a0, f32x4.mul(v, v128.load(r0 + k)));
        a1 = f32x4.add(a1, f32x4.mul(v, v128.load(r1 + k)));
        a2 = f32x4.add(a2, f32x4.mul(v, v128.load(r2 + k)));
        a3 = f32x4.add(a3, f32x4.mul(v, v128.load(r3 + k)));
      }
      // Four sums of lanes at once: a 4 × 4 transpose, then its rows added.
      const t0 = v128.shuffle<f32>(a0, a1, 0, 4, 1, 5);
      const t1 = v128.shuffle<f32>(a0, a1, 2, 6, 3, 7);
      const t2 = v128.shuffle<f32>(a2, a3, 0, 4, 1, 5);
      const t3 = v128.shuffle<f32>(a2, a3, 2, 6, 3, 7);
      const pair = f32x4.add(v128.shuffle<f32>(t0, t2, 0, 1, 4, 5), v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
      const other = f32x4.add(v128.shuffle<f32>(t1, t3, 0, 1, 4, 5), v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
      v128.store(packed, f32x4.mul(scale, f32x4.add(pair, other)));
      packed += 16;
    }
  }
}
