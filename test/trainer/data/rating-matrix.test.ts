import { expect, it } from 'vitest';
import { indexRatings, timesByUser } from '../../../trainer/data/rating-matrix.ts';
import { distinct, rowsOf } from '../../../trainer/math/ids.ts';
import { transpose } from '../../../trainer/math/sparse.ts';
import { ratingsOf } from '../../fixtures/datasets.ts';

it('indexRatings gives rows to users and movies in ascending order of their ids', () => {
  const { userIds, movieIds, byUser, byMovie } = indexRatings(
    ratingsOf([
      [9, 70, 4],
      [2, 70, 3],
      [2, 5, 1],
    ]),
  );
  expect([...userIds]).toEqual([2, 9]);
  expect([...movieIds]).toEqual([5, 70]);
  expect([...byUser.offsets]).toEqual([0, 2, 3]);
  expect([...byUser.indices]).toEqual([1, 0, 1]);
  expect([...byMovie.values]).toEqual([1, 3, 4]);
});

it.each([
  ['close together', 1],
  ['too far apart for a table by id', 2 ** 28],
])('distinct and rowsOf find ids %s, and their rows in a table of any order', (_, apart) => {
  const ids = Int32Array.of(7, -2, 7, 3, 0, -8, 3).map((id) => id * apart);
  expect([...distinct(ids)]).toEqual([-8, -2, 0, 3, 7].map((id) => id * apart));
  expect([
    ...rowsOf(
      ids,
      Int32Array.of(3, -8, 7).map((id) => id * apart),
    ),
  ]).toEqual([2, -1, 2, 0, -1, 1, 0]);
});

it('indexRatings gives a row to catalogue movies that nobody rated', () => {
  const catalogue = new Map([[3, { movieId: 3, title: 'Unseen', year: null, genres: [] }]]);
  const { movieIds, byMovie } = indexRatings(ratingsOf([[1, 7, 4]]), catalogue);
  expect([...movieIds]).toEqual([3, 7]);
  expect([...byMovie.offsets]).toEqual([0, 0, 1]);
});

it("indexRatings orders a user's ratings by time, and equal times by file order", () => {
  const { byUser, movieIds } = indexRatings(
    ratingsOf([
      [1, 30, 3, 50],
      [1, 10, 1, 20],
      [2, 10, 5, 1],
      [1, 20, 2, 50],
    ]),
  );
  const first = byUser.indices.subarray(0, 3);
  expect(Array.from(first, (row) => movieIds[row])).toEqual([10, 30, 20]);
});

it('indexRatings keeps file order for a user with a missing time, and only for that user', () => {
  const rows = [
    [1, 30, 3, 50],
    [1, 10, 1, 0],
    [2, 20, 5, 9],
    [2, 10, 5, 1],
    [1, 20, 2, 40],
  ] as const;
  const { byUser, movieIds } = indexRatings(ratingsOf(rows));
  expect(Array.from(byUser.indices, (row) => movieIds[row])).toEqual([30, 10, 20, 10, 20]);
});

it('timesByUser gives the times in the order of byUser, 0 where there is none that fits', () => {
  const rows = [
    [2, 10, 5, 2 ** 32],
    [1, 30, 3, 2 ** 32 - 1],
    [1, 10, 1, 20],
    [2, 20, 5, 9],
    [3, 20, 5, 0],
    [3, 10, 5, 7],
  ] as const;
  const { byUser, movieIds } = indexRatings(ratingsOf(rows));
  expect(Array.from(byUser.indices, (row) => movieIds[row])).toEqual([10, 30, 20, 10, 20, 10]);
  expect(timesByUser(ratingsOf(rows))).toEqual(Uint32Array.of(20, 2 ** 32 - 1, 9, 0, 0, 7));
});

it('a matrix with sorted rows is its own transpose, transposed', () => {
  const { byUser } = indexRatings(
    ratingsOf([
      [1, 1, 1],
      [1, 2, 2],
      [2, 2, 3],
      [3, 1, 4],
      [3, 3, 5],
    ]),
  );
  expect(transpose(transpose(byUser))).toEqual(byUser);
});
