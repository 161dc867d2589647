import { expect, it } from 'vitest';
import { weightsOfHistory } from '../../../shared/model/history.ts';
import { indexRatings } from '../../../trainer/data/rating-matrix.ts';
import { historyMoments } from '../../../trainer/engines/history-moments.ts';
import { lowRank } from '../../fixtures/datasets.ts';

const scales = [
  { decay: 6, floor: 0.15, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.3 },
  { decay: 2, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 },
];
const targets = [
  { likeFrom: 4, window: 6, windowShare: 0.5 },
  { likeFrom: 0, window: 1, windowShare: 0 },
];
const config = { first: 4, step: 5, likeFrom: 3.5 };

it('historyMoments equals the sums over rows that are written out, for sequences with movies left out', () => {
  const { byUser } = indexRatings(lowRank(25, 18, 0.7));
  const sequences = { ...byUser, indices: byUser.indices.map((movie, k) => (k % 11 === 3 ? -1 : movie)) };
  const M = sequences.columns;
  const P = 2 * M;
  const xx = new Float64Array(P * P);
  const xy = targets.map(() => new Float64Array(P * M));
  const likes = new Float64Array(M * M);
  for (let u = 0; u < sequences.rows; u++) {
    const movies = sequences.indices.subarray(sequences.offsets[u], sequences.offsets[u + 1]);
    const stars = sequences.values.subarray(sequences.offsets[u], sequences.offsets[u + 1]);
    const liked = (k: number, likeFrom: number) => movies[k] >= 0 && stars[k] >= likeFrom;
    for (let a = 0; a < movies.length; a++) {
      for (let b = 0; b < movies.length; b++) if (liked(a, 3.5) && liked(b, 3.5)) likes[movies[a] * M + movies[b]]++;
    }
    for (const t of [4, 9, 14, 19]) {
      if (t >= movies.length) continue;
      const x = new Float64Array(P);
      scales.forEach((weights, s) => {
        weightsOfHistory(stars.subarray(0, t), weights).forEach((v, j) => {
          if (movies[j] >= 0) x[s * M + movies[j]] += v;
        });
      });
      for (let i = 0; i < P; i++) for (let j = 0; j < P; j++) xx[i * P + j] += x[i] * x[j];
      targets.forEach(({ likeFrom, window, windowShare }, at) => {
        const end = Math.min(movies.length, t + Math.max(window, Math.floor(t * windowShare)));
        const asked = Array.from({ length: end - t }, (_, i) => t + i).filter((k) => liked(k, likeFrom));
        for (const k of asked) for (let i = 0; i < P; i++) xy[at][i * M + movies[k]] += x[i] / Math.sqrt(asked.length);
      });
    }
  }
  const moments = historyMoments(sequences, scales, targets, config);
  const largest = (got: Float64Array, wanted: Float64Array) =>
    Math.max(...got.map((v, at) => Math.abs(v - wanted[at])));
  expect(largest(moments.xx, xx)).toBeLessThan(1e-12);
  for (const at of targets.keys()) expect(largest(moments.xy[at], xy[at])).toBeLessThan(1e-12);
  expect([...moments.likes]).toEqual([...likes]);
});
