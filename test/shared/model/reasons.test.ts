import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../../shared/model/explain.ts';
import { reasonsOf, whyOf } from '../../../shared/model/reasons.ts';

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

describe('whyOf', () => {
  const scales = [
    { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 },
    { decay: 3, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 },
  ];
  /** Of one rating, by what each scale makes of its contribution. */
  const why = (byScale: number[], stars: number, contribution = byScale[0] + byScale[1]) =>
    whyOf(explanation([contribution], { byScale: Float64Array.from(byScale) }), { j: 0, stars }, scales);

  it('a rating matters by the scale that does most of its contribution', () => {
    expect(why([0.5, 0.4], 5)).toBe('liked');
    expect(why([0.4, 0.5], 5)).toBe('just-watched');
    expect(why([-0.4, 0.5], 5)).toBe('just-watched');
  });

  it('a rating that holds a movie down does so by the scale that takes most away', () => {
    expect(why([-0.5, -0.4], 5)).toBe('liked');
    expect(why([-0.6, 0.4], 5)).toBe('liked');
    expect(why([0.4, -0.6], 5)).toBe('just-watched');
  });

  it('nobody is told that they liked what they rated low', () => {
    expect(why([0.5, 0.4], 2)).toBe('just-watched');
    expect(why([0.5, -0.1], 2)).toBeUndefined();
  });

  it('where relevance has no part in a contribution there is no why', () => {
    expect(why([0, 0], 5, 1)).toBeUndefined();
    expect(why([-0.1, -0.2], 5, 1)).toBeUndefined();
  });
});
