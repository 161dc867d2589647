import { describe, expect, it } from 'vitest';
import { identityResponse, sigmoidResponse } from '../../../shared/model/response.ts';

describe.each([
  ['identity', identityResponse(3.5)],
  ['sigmoid', sigmoidResponse(3.5, { min: 0.5, max: 5.5 })],
])('the response %s', (_, response) => {
  it('a response function gives the mean rating at its intercept, and perStar is the inverse slope there', () => {
    expect(response.stars(response.intercept)).toBeCloseTo(3.5, 12);
    expect(response.perStar * response.slope(response.intercept)).toBeCloseTo(1, 12);
  });

  it('a response function rises with the score, by its slope', () => {
    for (const score of [-6, -1, 0, 2, 5]) {
      const measured = (response.stars(score + 1e-5) - response.stars(score - 1e-5)) / 2e-5;
      expect(measured).toBeGreaterThan(0);
      expect(response.slope(score)).toBeCloseTo(measured, 6);
    }
  });
});

describe('a sigmoid', () => {
  const response = sigmoidResponse(3.5, { min: 0.5, max: 5.5 });

  it('a sigmoid keeps stars within its range and its slope above zero', () => {
    for (const score of [-1e9, -50, 50, 1e9]) {
      expect(response.stars(score)).toBeGreaterThanOrEqual(0.5);
      expect(response.stars(score)).toBeLessThanOrEqual(5.5);
      expect(response.slope(score)).toBeGreaterThan(0);
    }
  });

  it.each([
    [0.5, 3.5],
    [3.5, 5],
    [4, 3],
  ])('a sigmoid refuses a range of %d to %d, in which no score gives the mean', (min, max) => {
    expect(() => sigmoidResponse(3.5, { min, max })).toThrow(/around the mean rating 3.5/);
  });
});
