import { describe, expect, it } from 'vitest';
import type { NewMark } from '../../../shared/ratings/mark.ts';
import { marksChange, ratingsChange } from '../../../shared/ratings/user-change.ts';
import { OwnRatings } from '../../../worker/web/private/own-ratings.ts';

function newRatings(texts = new Map<string, string>()) {
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

const marking = (...rows: [movieId: number, mark: NewMark['mark'], timestamp: number][]) =>
  marksChange(
    0,
    rows.map(([movieId, mark, timestamp]) => ({ movieId, mark, timestamp })),
    'page',
    0,
  );

const imported = (at: number, change: ReturnType<typeof ratingsChange> | ReturnType<typeof marksChange>) => ({
  ...change,
  source: 'import' as const,
  acceptedAt: at,
});

describe('ratings that stay in the browser', () => {
  it('are listed oldest first, of equal times in the order in which they came', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30], [2, 3, 10]));
    ratings.take(change([3, 0.5, 10]));
    expect(ratings.read().ratings.map(({ movieId }) => movieId)).toEqual([2, 3, 1]);
  });

  it('keep the latest of a movie, as D1 does, and say what became of each', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30]));
    expect(ratings.take(change([1, 2, 20]))).toEqual({ stored: 0, held: 0, older: 1 });
    expect(ratings.take(change([1, 4, 30]))).toEqual({ stored: 0, held: 1, older: 0 });
    expect(ratings.take(change([1, 5, 30]))).toEqual({ stored: 1, held: 0, older: 0 });
    expect(ratings.take(change([1, null, 40]))).toEqual({ stored: 1, held: 0, older: 0 });
    expect(ratings.read().ratings).toEqual([{ movieId: 1, rating: null, timestamp: 40 }]);
  });

  it('are the same list while nothing changes', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30]));
    expect(ratings.read().ratings).toBe(ratings.read().ratings);
    expect(ratings.read().marks).toBe(ratings.read().marks);
  });

  it('are gone when they are forgotten', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30]));
    ratings.take(marking([2, 'watchlist', 30]));
    ratings.take({ kind: 'deletion', user: 0, acceptedAt: 0 });
    expect(ratings.read()).toEqual({ ratings: [], marks: [] });
  });

  it('say that the browser has no room, and stay as they are', () => {
    const texts = new Map<string, string>();
    newRatings(texts).take(change([1, 4, 30]));
    const full = new OwnRatings({
      getItem: (key) => texts.get(key) ?? null,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
      removeItem: () => {},
    });
    expect(() => full.take(change([2, 4, 30]))).toThrow(expect.objectContaining({ code: 'store-unavailable' }));
    expect(full.read().ratings).toHaveLength(1);
  });
});

describe('marks that stay in the browser', () => {
  it('are the latest of each film, oldest first, without those that were taken back', () => {
    const ratings = newRatings();
    ratings.take(marking([1, 'watchlist', 30], [2, 'seen', 20], [3, 'dismissed', 10]));
    expect(ratings.take(marking([1, 'seen', 20]))).toEqual({ stored: 0, held: 0, older: 1 });
    ratings.take(marking([2, null, 40]));
    expect(ratings.read().marks).toEqual([
      { movieId: 3, mark: 'dismissed', timestamp: 10 },
      { movieId: 1, mark: 'watchlist', timestamp: 30 },
    ]);
  });
});

describe('an import that stays in the browser', () => {
  it('is taken back as a whole, but not what was rated or marked again since', () => {
    const ratings = newRatings();
    ratings.take(change([1, 4, 30], [2, 3, 10]));
    ratings.take(marking([8, 'watchlist', 5]));
    ratings.take(imported(77, change([1, 5, 40], [3, 2, 40], [4, 1, 40])));
    ratings.take(imported(77, marking([8, 'seen', 40], [9, 'watchlist', 40])));
    ratings.take(change([4, 3.5, 50]));
    expect(ratings.undo(77)).toEqual({ removed: 2, restored: 2, kept: 1 });
    expect(ratings.read()).toEqual({
      ratings: [
        { movieId: 2, rating: 3, timestamp: 10 },
        { movieId: 1, rating: 4, timestamp: 30 },
        { movieId: 4, rating: 3.5, timestamp: 50 },
      ],
      marks: [{ movieId: 8, mark: 'watchlist', timestamp: 5 }],
    });
    expect(ratings.undo(77)).toEqual({ removed: 0, restored: 0, kept: 0 });
  });

  it('cannot be taken back where there was none', () => {
    expect(() => newRatings().undo(1)).toThrow(expect.objectContaining({ code: 'not-found' }));
  });
});
