import { describe, expect, it } from 'vitest';
import type { Rated } from '../../../worker/web/state/api.ts';
import { withRating } from '../../../worker/web/state/ratings.ts';

const rated = (movieId: number, rating = 3): Rated => ({
  movieId,
  rating,
  title: `Film ${movieId}`,
  year: 2000,
  timestamp: null,
});
const ratings = [rated(1), rated(2), rated(3)];

describe('the ratings of a person', () => {
  it('take a new one last, keep a changed one in its place, and lose what is taken back', () => {
    expect(withRating(ratings, 4, rated(4))).toEqual([...ratings, rated(4)]);
    expect(withRating(ratings, 2, rated(2, 5))).toEqual([rated(1), rated(2, 5), rated(3)]);
    expect(withRating(ratings, 2, null)).toEqual([rated(1), rated(3)]);
    expect(withRating(ratings, 9, null)).toEqual(ratings);
  });
});
