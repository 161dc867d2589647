import { describe, expect, it } from 'vitest';
import type { NewRating } from '../../../shared/ratings/new-rating.ts';
import { isOnScale, toHalfStars } from '../../../shared/ratings/rating.ts';
import { mergeRatings } from '../../../shared/ratings/rating-store.ts';

const TRAINED = { movieIds: [1, 2, 3], stars: [4, 3, 2], times: [100, 200, 300] };

function rated(movieId: number, rating: number | null, timestamp = 400): NewRating {
  return { movieId, rating, timestamp };
}

describe('mergeRatings', () => {
  it.each<[string, NewRating[], [number, number][], boolean]>([
    [
      'nothing new',
      [],
      [
        [1, 4],
        [2, 3],
        [3, 2],
      ],
      false,
    ],
    [
      'what training knew',
      [rated(2, 3), rated(1, 4)],
      [
        [1, 4],
        [2, 3],
        [3, 2],
      ],
      false,
    ],
    [
      'a removal of nothing',
      [rated(9, null)],
      [
        [1, 4],
        [2, 3],
        [3, 2],
      ],
      false,
    ],
    [
      'another movie',
      [rated(9, 5)],
      [
        [1, 4],
        [2, 3],
        [3, 2],
        [9, 5],
      ],
      true,
    ],
    [
      'another opinion, which is the newest now',
      [rated(1, 1)],
      [
        [2, 3],
        [3, 2],
        [1, 1],
      ],
      true,
    ],
    [
      'a removal',
      [rated(2, null)],
      [
        [1, 4],
        [3, 2],
      ],
      true,
    ],
  ])('%s', (_, newer, expected, changed) => {
    const merged = mergeRatings(TRAINED, newer);
    expect(Array.from(merged.movieIds, (movieId, j) => [movieId, merged.stars[j]])).toEqual(expected);
    expect(merged.changed).toBe(changed);
  });

  it('an old diary that is imported stands at its time, not as what was watched last', () => {
    const diary = [rated(7, 4, 50), rated(8, 5, 200), rated(9, 1, 250)];
    expect(mergeRatings(TRAINED, diary).movieIds).toEqual([7, 1, 2, 8, 9, 3]);
    expect(mergeRatings(TRAINED, diary).stars).toEqual([4, 4, 3, 5, 1, 2]);
  });

  it('of two ratings of one movie the later holds', () => {
    const twice = [rated(9, 5, 400), rated(8, 4, 500), rated(9, 2, 600)];
    expect(mergeRatings(null, twice)).toEqual({ movieIds: [8, 9], stars: [4, 2], changed: true });
  });

  it('what training knows without a time comes before what D1 knows more', () => {
    const untimed = { ...TRAINED, times: [0, 0, 0] };
    expect(mergeRatings(untimed, [rated(2, 1, 50), rated(9, 5, 60)]).movieIds).toEqual([1, 3, 2, 9]);
  });

  it('mergeRatings takes a user whom training never saw', () => {
    expect(mergeRatings(null, [rated(5, 4)])).toEqual({ movieIds: [5], stars: [4], changed: true });
    expect(mergeRatings(null, [])).toEqual({ movieIds: [], stars: [], changed: false });
  });
});

describe('the half-star scale', () => {
  it('the half-star scale has ten values', () => {
    const on = Array.from({ length: 61 }, (_, tenth) => tenth / 10).filter((rating) => isOnScale(rating));
    expect(on).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]);
    expect(on.map(toHalfStars)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('the half-star scale refuses every other value', () => {
    for (const rating of [0, 5.5, 3.3, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => toHalfStars(rating)).toThrow(expect.objectContaining({ code: 'bad-rating' }));
    }
  });
});
