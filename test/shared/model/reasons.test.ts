import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../../shared/model/explain.ts';
import { reasonsOf } from '../../../shared/model/reasons.ts';

function explanation(contributions: number[], others: Partial<Explanation> = {}): Explanation {
  const byScale = new Float64Array(contributions.length);
  return { contributions: Float64Array.from(contributions), byScale, popularity: 0, base: 0, common: 0, ...others };
}

const reasons = (...asked: Parameters<typeof reasonsOf>) => [...reasonsOf(...asked)];

describe('reasonsOf', () => {
  it('names the ratings that add most, the largest first, and none that takes away', () => {
    expect(reasons(explanation([0.2, 1, -3, 0.5]), undefined, 2)).toEqual([1, 3]);
    expect(reasons(explanation([0.2, 1, -3, 0.5]), undefined, 5)).toEqual([1, 3, 0]);
  });

  it('a rating that makes less than a twentieth of the score is none, one that makes as much is', () => {
    expect(reasons(explanation([0.25, 0.75], { popularity: 4 }), undefined, 5)).toEqual([1, 0]);
    expect(reasons(explanation([0.24, 0.76], { popularity: 4 }), undefined, 5)).toEqual([1]);
    expect(reasons(explanation([0.43], { popularity: 9 }), undefined, 5)).toEqual([]);
  });

  it('parts that cancel make no small score: a rating must matter beside their size', () => {
    expect(reasons(explanation([0.1], { popularity: -5, base: 5 }), undefined, 5)).toEqual([]);
    expect(reasons(explanation([1], { popularity: -5, base: 5 }), undefined, 5)).toEqual([0]);
  });

  it('what all movies have in common does not count into the score', () => {
    expect(reasons(explanation([0.1], { base: 4 }), undefined, 5)).toEqual([]);
    expect(reasons(explanation([0.1], { base: 4, common: 3.5 }), undefined, 5)).toEqual([0]);
  });

  it('a rating that adds as much or more to the next movie of the list is none', () => {
    expect(reasons(explanation([1, 2, 3]), explanation([1, 1.5, 4]), 5)).toEqual([1]);
    expect(reasons(explanation([1]), explanation([-1]), 5)).toEqual([0]);
  });

  it('without ratings there are none', () => {
    expect(reasons(explanation([], { popularity: 1 }), undefined, 5)).toEqual([]);
  });
});
