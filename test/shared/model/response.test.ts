import { describe, expect, it } from 'vitest';
import { identityResponse, sigmoidResponse } from '../../../shared/model/response.ts';

describe.each([
  ['identity', identityResponse(3.5)],
  ['sigmoid', sigmoidResponse(3.5, { min: 0.5, max: 5.5 })],
])('the link %s', (_, link) => {
  it('shows the mean rating at its intercept, and knows what a star is worth there', () => {
    expect(link.stars(link.intercept)).toBeCloseTo(3.5, 12);
    expect(link.perStar * link.slope(link.intercept)).toBeCloseTo(1, 12);
  });

  it('rises with the score, by its slope', () => {
    for (const score of [-6, -1, 0, 2, 5]) {
      const measured = (link.stars(score + 1e-5) - link.stars(score - 1e-5)) / 2e-5;
      expect(measured).toBeGreaterThan(0);
      expect(link.slope(score)).toBeCloseTo(measured, 6);
    }
  });
});

describe('a sigmoid', () => {
  const link = sigmoidResponse(3.5, { min: 0.5, max: 5.5 });

  it('keeps stars within its range, and its slope above zero, whatever the score', () => {
    for (const score of [-1e9, -50, 50, 1e9]) {
      expect(link.stars(score)).toBeGreaterThanOrEqual(0.5);
      expect(link.stars(score)).toBeLessThanOrEqual(5.5);
      expect(link.slope(score)).toBeGreaterThan(0);
    }
  });

  it.each([
    [0.5, 3.5],
    [3.5, 5],
    [4, 3],
  ])('refuses a range of %d to %d: no score would stand for the mean', (min, max) => {
    expect(() => sigmoidResponse(3.5, { min, max })).toThrow(/around the mean rating 3.5/);
  });
});
