import { describe, expect, it } from 'vitest';
import { missingIn, outcomesOf } from '../../../worker/recommend/deciding.ts';

describe('the ratings that stand for all that somebody may give', () => {
  it('have the mean and the variance of the rating where the scale does not cut them', () => {
    const outcomes = outcomesOf(3, Math.sqrt(3) / 2);
    expect(outcomes.map(({ rating }) => rating)).toEqual([4.5, 3, 1.5]);
    const mean = outcomes.reduce((sum, { rating, chance }) => sum + chance * rating, 0);
    const variance = outcomes.reduce((sum, { rating, chance }) => sum + chance * (rating - mean) ** 2, 0);
    expect(mean).toBeCloseTo(3, 12);
    expect(variance).toBeCloseTo(3 / 4, 12);
  });

  it('stay on the scale, best first, and are one where they meet', () => {
    expect(outcomesOf(4.9, 1).map(({ rating }) => rating)).toEqual([5, 3]);
    expect(outcomesOf(0.6, 2).map(({ rating }) => rating)).toEqual([4, 0.5]);
    expect(outcomesOf(3.1, 0.01)).toEqual([{ rating: 3, chance: expect.closeTo(1, 12) }]);
  });
});

describe('what a list brings', () => {
  it('is what the other one lacks, in its order', () => {
    expect(missingIn([1, 2, 3], [4, 2, 5])).toEqual([4, 5]);
  });
});
