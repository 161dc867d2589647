import { describe, expect, it } from 'vitest';
import { solveSymmetric } from '../../../shared/math/linalg.ts';

describe('solveSymmetric', () => {
  it('solves a system whose solution is known', () => {
    const a = Float64Array.of(4, 0, 0, 2, 5, 0, 1, 3, 6); // only the lower triangle is read
    const b = Float64Array.of(4 * 1 + 2 * 2 + 1 * 3, 2 * 1 + 5 * 2 + 3 * 3, 1 * 1 + 3 * 2 + 6 * 3);
    solveSymmetric(a, b, 3);
    [1, 2, 3].forEach((value, i) => {
      expect(b[i]).toBeCloseTo(value, 12);
    });
  });

  it.each([
    ['is indefinite', [1, 0, 2, 1]],
    ['is singular', [1, 0, 1, 1]],
    ['holds a number that is not finite', [Number.NaN, 0, 0, 1]],
  ])('throws where the matrix %s', (_, matrix) => {
    expect(() => solveSymmetric(Float64Array.from(matrix), new Float64Array(2), 2)).toThrow(
      expect.objectContaining({ code: 'training-diverged' }),
    );
  });
});
