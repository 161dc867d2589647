import { expect, it } from 'vitest';
import { weightsOfHistory } from '../../../shared/model/history.ts';
import { indexRatings } from '../../../trainer/data/rating-matrix.ts';
import { historyMoments } from '../../../trainer/engines/history-moments.ts';
import { lowRank } from '../../fixtures/datasets.ts';

const weights = { decay: 6, floor: 0.15, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.3 };
const config = { first: 4, step: 5, window: 6, windowShare: 0.5 };

it('historyMoments equals the sums over rows that are written out, for sequences with movies left out', () => {
  const { byUser } = indexRatings(lowRank(25, 18, 0.7));
  const sequences = { ...byUser, indices: byUser.indices.map((movie, k) => (k % 11 === 3 ? -1 : movie)) };
  const M = sequences.columns;
  const [xx, xy, likes] = [new Float64Array((M + 1) ** 2), new Float64Array((M + 1) * M), new Float64Array(M * M)];
  let rows = 0;
  for (let u = 0; u < sequences.rows; u++) {
    const movies = sequences.indices.subarray(sequences.offsets[u], sequences.offsets[u + 1]);
    const stars = sequences.values.subarray(sequences.offsets[u], sequences.offsets[u + 1]);
    const liked = (k: number) => movies[k] >= 0 && stars[k] >= 4;
    for (let a = 0; a < movies.length; a++) {
      for (let b = 0; b < movies.length; b++) if (liked(a) && liked(b)) likes[movies[a] * M + movies[b]]++;
    }
    for (const t of [4, 9, 14, 19]) {
      if (t >= movies.length - 2) continue;
      const end = Math.min(movies.length, t + Math.max(config.window, Math.floor(t * config.windowShare)));
      const targets = Array.from({ length: end - t }, (_, i) => t + i).filter(liked);
      if (targets.length === 0) continue;
      rows++;
      const x = new Float64Array(M + 1);
      x[M] = 1;
      weightsOfHistory(stars.subarray(0, t), weights).forEach((v, j) => {
        if (movies[j] >= 0) x[movies[j]] += v;
      });
      for (let i = 0; i <= M; i++) for (let j = 0; j <= M; j++) xx[i * (M + 1) + j] += x[i] * x[j];
      for (const k of targets) for (let i = 0; i <= M; i++) xy[i * M + movies[k]] += x[i] / Math.sqrt(targets.length);
    }
  }
  const moments = historyMoments(sequences, weights, config);
  expect(moments.rows).toBe(rows);
  expect(Math.max(...moments.xx.map((value, at) => Math.abs(value - xx[at])))).toBeLessThan(1e-4);
  expect(Math.max(...moments.xy.map((value, at) => Math.abs(value - xy[at])))).toBeLessThan(1e-4);
  expect([...moments.likes]).toEqual([...likes]);
});
