import { describe, expect, it } from 'vitest';
import type { Mark, Marked, Rated } from '../../../worker/web/state/api.ts';
import { everOf, firstMarks, heldMarks, isDone, markOf, NO_MARKS, withMark } from '../../../worker/web/state/marks.ts';

const marked = (movieId: number, mark: Mark, timestamp: number): Marked => ({
  movieId,
  mark,
  timestamp,
  title: `Movie ${movieId}`,
  year: null,
});
const rated = (movieId: number, timestamp: number | null): Rated => ({
  movieId,
  rating: 4,
  timestamp,
  title: `Movie ${movieId}`,
  year: null,
});
const state = (held: Marked[], ratings: Rated[] = []) => ({ ratings, marks: { ...NO_MARKS, held } });

describe('marks on the page', () => {
  it('of a film hold until it is rated, and again when it was put on the watchlist after that', () => {
    const held = [marked(1, 'watchlist', 100), marked(2, 'watchlist', 300), marked(3, 'seen', 300)];
    const said = state(held, [rated(1, 100), rated(2, 200), rated(3, 200)]);
    expect([1, 2, 3].map((movieId) => markOf(said, movieId))).toEqual([undefined, 'watchlist', undefined]);
    expect(heldMarks(said)).toEqual([held[1]]);
    expect(heldMarks(state(held))).toEqual(held);
    expect(markOf(state(held, [rated(1, null)]), 1)).toBe('watchlist'); // a rating without a time is the oldest
  });

  it('of a film that is seen, dismissed or rated end its place in the list; those of the watchlist do not', () => {
    const said = state([marked(1, 'watchlist', 1), marked(2, 'seen', 1), marked(3, 'dismissed', 1)], [rated(4, 1)]);
    expect([1, 2, 3, 4, 5].map((movieId) => isDone(said, movieId))).toEqual([false, true, true, true, false]);
  });

  it('that were taken back here stay listed in their places, newest first', () => {
    const [old, young] = [marked(1, 'seen', 10), marked(2, 'seen', 20)];
    const marks = { ...withMark(state([old, young]).marks, 1, null), before: { 1: old, 3: null } };
    expect(everOf({ ratings: [], marks }, 'seen')).toEqual([young, old]);
    expect(everOf({ ratings: [], marks }, 'watchlist')).toEqual([]);
  });

  it('stand in the document up to two hundred, those of the watchlist before the others', () => {
    const seen = Array.from({ length: 300 }, (_, at) => marked(at, 'seen', 1000 + at));
    const wanted = [marked(900, 'watchlist', 1), marked(901, 'watchlist', 2)];
    const { held, hasAll } = firstMarks([...wanted, ...seen], null);
    expect(hasAll).toBe(false);
    expect(held).toHaveLength(200);
    expect(held.slice(-2)).toEqual(wanted);
    expect(firstMarks(wanted, null)).toMatchObject({ held: wanted, hasAll: true });
  });
});
