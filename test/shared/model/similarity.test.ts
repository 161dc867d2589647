import { expect, it } from 'vitest';
import { Similarity } from '../../../shared/model/similarity.ts';
import { movieTable } from '../../fixtures/model.ts';

/** Three movies at right angles in one or both blocks, one between the first two, and one of zeros. */
const movies = movieTable(['East', 'North', 'Far east', 'North-east', 'Nowhere'], {
  factorCount: 2,
  relevanceCount: 2,
  factors: Float32Array.of(1, 0, 0, 1, 5, 0, 2, 2, 0, 0),
  relevance: Float32Array.of(1, 0, 0, 3, 0, 1, 1, 1, 0, 0),
});
const similarity = new Similarity(movies);

function toAll(...rows: number[]): number[] {
  const out = new Float32Array(movies.count).fill(9);
  similarity.toAll(rows, out);
  return Array.from(out);
}

function expectClose(got: number[], expected: number[]): void {
  got.forEach((value, at) => {
    expect(value).toBeCloseTo(expected[at], 6);
  });
}

it('similarity is three quarters the cosine of rating factors and one quarter that of relevance vectors', () => {
  expectClose(toAll(0), [1, 0, 0.75, Math.SQRT1_2, 0]);
  for (const a of [0, 1, 2, 3, 4]) {
    const all = toAll(a);
    for (const b of [0, 1, 2, 3, 4]) expect(similarity.between(a, b)).toBeCloseTo(all[b], 6);
  }
});

it('similarity to several movies is the cosine against the mean of their directions', () => {
  expectClose(toAll(0, 1), [Math.SQRT1_2, Math.SQRT1_2, Math.SQRT1_2, 1, 0]);
  expectClose(toAll(0, 4), toAll(0));
});

it('similarity to a movie of zeros is 0', () => {
  expect(toAll(4)).toEqual([0, 0, 0, 0, 0]);
});
