import { describe, expect, it } from 'vitest';
import { ratingsChange } from '../../../shared/ratings/user-change.ts';
import { OwnRatings } from '../../../worker/web/private/own-ratings.ts';

function newRatings() {
  const texts = new Map<string, string>();
  return new OwnRatings({
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, text) => void texts.set(key, text),
    removeItem: (key) => void texts.delete(key),
  });
}

const change = (...rows: [movieId: number, rating: number | null, timestamp: number][]) =>
  ratingsChange(
    0,
    rows.map(([movieId, rating, timestamp]) => ({ movieId, rating, timestamp })),
    'page',
    0,
  );

describe('ratings that stay in the browser', () => {
  it('are listed oldest first, of equal times in the order in which they came', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30], [2, 3, 10]));
    ratings.take(change([3, 0.5, 10]));
    expect(ratings.read().map(({ movieId }) => movieId)).toEqual([2, 3, 1]);
  });

  it('keep the latest of a movie, as D1 does, and say what became of each', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30]));
    expect(ratings.take(change([1, 2, 20]))).toEqual({ stored: 0, held: 0, older: 1 });
    expect(ratings.take(change([1, 4, 30]))).toEqual({ stored: 0, held: 1, older: 0 });
    expect(ratings.take(change([1, 5, 30]))).toEqual({ stored: 1, held: 0, older: 0 });
    expect(ratings.take(change([1, null, 40]))).toEqual({ stored: 1, held: 0, older: 0 });
    expect(ratings.read()).toEqual([{ movieId: 1, rating: null, timestamp: 40 }]);
  });

  it('are the same list while nothing changes', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30]));
    expect(ratings.read()).toBe(ratings.read());
  });

  it('are gone when they are forgotten', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30]));
    ratings.take({ kind: 'deletion', user: 0, acceptedAt: 0 });
    expect(ratings.read()).toEqual([]);
  });
});
