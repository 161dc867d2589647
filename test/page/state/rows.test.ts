import { describe, expect, it } from 'vitest';
import type { Pick } from '../../../worker/web/state/api.ts';
import { movesInWords, rearranged, replacedInTopTen, rowsOf } from '../../../worker/web/state/rows.ts';

const pick = (movieId: number): Pick => ({
  movieId,
  title: `Film ${movieId}`,
  year: 2000,
  genres: [],
  ratingCount: 1,
  score: 1,
  predictedRating: 3,
});
const picks = (...movieIds: number[]) => movieIds.map(pick);
const nobody = () => false;
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

describe('the rows of a list', () => {
  it('say how many places each film gained or lost, and which films are new', () => {
    const rows = rearranged(rowsOf(picks(1, 2, 3)), picks(3, 1, 4), nobody);
    expect(rows.map((row) => [row.pick.movieId, row.moved])).toEqual([
      [3, 2],
      [1, -1],
      [4, null],
    ]);
    expect(movesInWords(rows)).toBe('1 film is new in the list, 1 moved up.');
    expect(movesInWords(rowsOf(picks(1, 2)))).toBe('The list stays as it is.');
    expect(movesInWords(rearranged(rowsOf(picks(1, 2)), picks(1, 3), nobody))).toBe('1 film is new in the list.');
    expect(movesInWords(rearranged(rowsOf(picks(1, 2, 3)), picks(3, 2, 1), nobody))).toBe(
      '1 film moved up in the list.',
    );
  });

  it('keep a film that was answered in its place, whatever the others do', () => {
    const isAnswered = (movieId: number) => movieId === 2;
    const once = rearranged(rowsOf(picks(1, 2, 3)), picks(3, 1, 4), isAnswered);
    expect(once.map((row) => row.pick.movieId)).toEqual([3, 2, 1, 4]);
    const twice = rearranged(once, picks(1, 3, 5), isAnswered);
    expect(twice.map((row) => row.pick.movieId)).toEqual([1, 2, 3, 5]);
    expect(twice.map((row) => row.moved)).toEqual([1, 0, -1, null]);
  });

  it('count the films that an answer replaced in the top ten, without the one that was answered', () => {
    const before = rowsOf(picks(...upTo(12)));
    const after = rowsOf(picks(2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 11));
    const answered = (movieId: number) => movieId === 1;
    expect(replacedInTopTen(before, after, answered)).toBe(2); // 2 to 11 were the ten that could stay
    expect(replacedInTopTen(before, before, nobody)).toBe(0);
  });
});
