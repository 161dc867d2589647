import { describe, expect, it } from 'vitest';
import { cholesky } from '../../../shared/math/linalg.ts';
import { drawTaste, normalsOf } from '../../../shared/model/draw.ts';

describe('a draw from the posterior', () => {
  it('is the mean plus L⁻ᵀ z, computed by hand', () => {
    // A = L Lᵀ, L = [[2, 0], [1, 3]]; L⁻ᵀ z: second z₂ / 3, first (z₁ − second) / 2
    const posterior = { mean: Float64Array.of(10, 20), factor: Float64Array.of(2, 0, 1, 3) };
    const z = [3, 6];
    expect([...drawTaste(posterior, () => z.shift()!)]).toEqual([10 + (3 - 2) / 2, 20 + 2]);
  });

  it('has mean and covariance of the posterior, over many draws', () => {
    const factor = Float64Array.of(4, 0, 1, 2); // the lower triangle of a precision of determinant 7
    cholesky(factor, 2);
    const [covariance, draws] = [[2 / 7, -1 / 7, 4 / 7], 40_000];
    const sums = [0, 0, 0, 0, 0];
    for (let draw = 0; draw < draws; draw++) {
      const [x, y] = drawTaste({ mean: Float64Array.of(1, -1), factor }, normalsOf(`explore/${draw}`));
      for (const [at, value] of [x - 1, y + 1, (x - 1) ** 2, (x - 1) * (y + 1), (y + 1) ** 2].entries())
        sums[at] += value;
    }
    const means = sums.map((sum) => sum / draws);
    for (const mean of means.slice(0, 2)) expect(Math.abs(mean)).toBeLessThan(0.015);
    for (const [at, value] of covariance.entries()) expect(Math.abs(means[2 + at] - value)).toBeLessThan(0.015);
  });
});
