import { describe, expect, it } from 'vitest';
import type { Movie } from '../../../worker/web/state/api.ts';
import { answered, dealt, refilled, takenBack } from '../../../worker/web/state/deck.ts';

const film = (movieId: number): Movie => ({ movieId, title: `Film ${movieId}`, year: 2000, genres: [] });
const films = (...movieIds: number[]) => movieIds.map(film);
const ids = ({ places, queue }: ReturnType<typeof dealt>) => ({
  places: places.map((movie) => movie?.movieId ?? null),
  queue: queue.map(({ movieId }) => movieId),
});

describe('the deck of questions', () => {
  it('keeps an answered film in its place until the film in the other place is answered', () => {
    const first = dealt(films(1, 2, 3));
    expect(ids(first)).toEqual({ places: [1, null], queue: [2, 3] });
    const second = answered(first, 1);
    expect(ids(second)).toEqual({ places: [1, 2], queue: [3] });
    expect(second.turn).toBe(1);
    const third = answered(second, 2);
    expect(ids(third)).toEqual({ places: [3, 2], queue: [] });
    expect(third.turn).toBe(0);
  });

  it('stays as it is when an answer changes, or when a film of elsewhere is answered', () => {
    const deck = answered(dealt(films(1, 2, 3)), 1);
    expect(answered(deck, 1)).toBe(deck);
    expect(answered(deck, 9)).toBe(deck);
  });

  it('asks again about a film whose answer was taken back, and about the one that was asked meanwhile after it', () => {
    const deck = takenBack(answered(dealt(films(1, 2, 3)), 1), 1);
    expect(ids(deck)).toEqual({ places: [1, null], queue: [2, 3] });
    expect(deck.turn).toBe(0);
    expect(ids(answered(deck, 1))).toEqual({ places: [1, 2], queue: [3] });
  });

  it('takes new questions without those on the table and those answered, and fills a place that waits', () => {
    const deck = answered(dealt(films(1, 2)), 1);
    expect(ids(refilled(deck, films(1, 2, 4, 5), (movieId) => movieId === 5))).toEqual({ places: [1, 2], queue: [4] });
    const waiting = answered(deck, 2);
    expect(ids(waiting)).toEqual({ places: [null, 2], queue: [] });
    expect(ids(refilled(waiting, films(6, 7), () => false))).toEqual({ places: [6, 2], queue: [7] });
  });
});
