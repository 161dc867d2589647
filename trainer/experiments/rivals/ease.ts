import type { Engine } from '../../engines/engine.ts';
import type { SparseRows } from '../../math/sparse.ts';
import type { Ranker } from './core.ts';

/**
 * EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019), the full item-item matrix:
 *   P = (XᵀX + λI)⁻¹;   B = I − P diag(P)⁻¹, whose diagonal is 0;   scores of a history h: hᵀB = h − diag(P)⁻¹ P h
 * P is never formed: two triangular solves apply it to a block of histories.
 *
 * @param likes users × C, the entries of X
 * @param ridge λ
 */
export async function fitEase(engine: Engine, likes: SparseRows, ridge: number): Promise<Ranker> {
  const C = likes.columns;
  const factor = engine.tensor(C * C, gram(likes, ridge));
  await engine.cholesky(factor, C);
  const diagonal = engine.tensor(C);
  engine.inverseDiagonal(factor, C, diagonal);
  const inverse = await engine.read(diagonal); // (C) diag P
  engine.free(diagonal);
  return {
    async score(histories) {
      const Q = histories.rows;
      const h = new Float32Array(C * Q); // (C, Q)
      for (let q = 0; q < Q; q++) {
        for (let k = histories.offsets[q]; k < histories.offsets[q + 1]; k++) {
          h[histories.indices[k] * Q + q] = histories.values[k];
        }
      }
      const block = engine.tensor(C * Q, h);
      engine.triangularSolve(factor, C, block, Q, false);
      engine.triangularSolve(factor, C, block, Q, true);
      const solved = await engine.read(block);
      engine.free(block);
      const scores = new Float32Array(Q * C);
      for (let i = 0; i < C; i++) {
        for (let q = 0; q < Q; q++) scores[q * C + i] = h[i * Q + q] - solved[i * Q + q] / inverse[i];
      }
      return scores;
    },
    close: () => engine.free(factor),
  };
}

/** XᵀX + ridge · I, (C, C), full. */
function gram({ rows, columns: C, offsets, indices, values }: SparseRows, ridge: number): Float32Array {
  const sums = new Float32Array(C * C);
  for (let u = 0; u < rows; u++) {
    for (let a = offsets[u]; a < offsets[u + 1]; a++) {
      const line = indices[a] * C;
      for (let b = offsets[u]; b < offsets[u + 1]; b++) sums[line + indices[b]] += values[a] * values[b];
    }
  }
  for (let i = 0; i < C; i++) sums[i * C + i] += ridge;
  return sums;
}
