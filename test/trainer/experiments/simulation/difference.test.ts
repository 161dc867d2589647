import { expect, it } from 'vitest';
import type { Model } from '../../../../shared/model/model.ts';
import { differenceOf } from '../../../../trainer/experiments/simulation/difference.ts';

/** Movies 10, 11, 12 … in rows 0, 1, 2 … */
const model = { movies: { rowOf: (movieId: number) => movieId - 10 } } as unknown as Model;
const list = { movieIds: [10, 11, 12], scores: Float32Array.of(3, 2, 1.999999, 0.5) };

it('lists that are the same do not differ', () => {
  expect(differenceOf(model, 7, list, [10, 11, 12])).toBeNull();
});

it('two movies of almost the same score that change places are a tie', () => {
  expect(differenceOf(model, 7, list, [10, 12, 11])).toMatchObject({
    ...{ userId: 7, rank: 2, computed: 11, served: 12, why: 'a tie' },
    gap: expect.closeTo(1e-6, 7),
  });
});

it('a movie of another score is unexplained', () => {
  expect(differenceOf(model, 7, list, [10, 11, 13])).toMatchObject({ rank: 3, served: 13, why: 'unexplained' });
});

it('a list that ends early, and a movie that nobody scored, are unexplained', () => {
  expect(differenceOf(model, 7, list, [10, 11])).toMatchObject({ rank: 3, computed: 12, served: null, gap: null });
  expect(differenceOf(model, 7, list, [10, 99, 12])).toMatchObject({ rank: 2, gap: null, why: 'unexplained' });
});
