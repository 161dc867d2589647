import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topK } from '../../../shared/math/topk.ts';
import { diverseTop, listDistance, POOL } from '../../../shared/model/diversity.ts';
import { Similarity } from '../../../shared/model/similarity.ts';
import { loadFixture } from '../../fixtures/model.ts';
import { mulberry } from '../../fixtures/random.ts';

const { movies } = await loadFixture();
const similarity = new Similarity(movies);
const alike = (a: number, b: number) => similarity.between(a, b);
const scoresOf = (seed: number, count = movies.count) => Float32Array.from({ length: count }, mulberry(seed));
const everything = () => true;

/** Maximal marginal relevance as the paper writes it, over all pairs at every step. */
function naive(scores: Float32Array, count: number, diversity: number): number[] {
  const pool = Array.from(topK(scores, POOL));
  const [high, low] = [scores[pool[0]], scores[pool[pool.length - 1]]];
  const chosen: number[] = [];
  while (chosen.length < count) {
    const value = (row: number) =>
      ((1 - diversity) * (scores[row] - low)) / (high - low) -
      (chosen.length > 0 ? diversity * Math.max(...chosen.map((other) => alike(row, other))) : 0);
    const left = pool.filter((row) => !chosen.includes(row));
    chosen.push(chosen.length === 0 ? left[0] : left.reduce((a, b) => (value(b) > value(a) ? b : a)));
  }
  return chosen;
}

describe('a diverse list', () => {
  it('a list of diversity 0 is in the plain order, with equal scores and filters', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 400 }), fc.nat(500), (scores, count) => {
        const accept = (row: number) => row % 3 !== 0;
        const same = () => 1;
        expect(diverseTop(scores, count, accept, 0, same)).toEqual(topK(scores, count, accept));
      }),
      { seed: 20261124 },
    );
  });

  it.each([0.1, 0.3, 0.7, 1])('a list of diversity %d is chosen by maximal marginal relevance', (diversity) => {
    const scores = scoresOf(3);
    expect(Array.from(diverseTop(scores, 30, everything, diversity, alike))).toEqual(naive(scores, 30, diversity));
  });

  it('a diverse list starts with the best movie and grows by appending, so that pages fit together', () => {
    const scores = scoresOf(5);
    const long = diverseTop(scores, 150, everything, 0.5, alike);
    expect(long[0]).toBe(topK(scores, 1)[0]);
    for (const count of [1, 10, 40]) {
      expect(diverseTop(scores, count, everything, 0.5, alike)).toEqual(long.subarray(0, count));
    }
  });

  it('only the best 200 are re-ranked; after them the plain order goes on', () => {
    const scores = scoresOf(8, 500);
    const far = (a: number, b: number) => (a % 7 === b % 7 ? 1 : 0);
    const plain = topK(scores, 260);
    const mixed = diverseTop(scores, 260, everything, 0.6, far);
    expect(mixed.subarray(POOL)).toEqual(plain.subarray(POOL));
    expect([...mixed.subarray(0, POOL)].sort()).toEqual([...plain.subarray(0, POOL)].sort());
    expect(mixed.subarray(0, POOL)).not.toEqual(plain.subarray(0, POOL));
  });

  it('a diverse list takes the filter, and may be empty', () => {
    const odd = diverseTop(scoresOf(2), 20, (row) => row % 2 === 1, 0.5, alike);
    expect([...odd].every((row) => row % 2 === 1)).toBe(true);
    expect(diverseTop(scoresOf(2), 20, () => false, 0.5, alike)).toHaveLength(0);
    expect(diverseTop([1], 20, everything, 0.5, alike)).toEqual(Int32Array.of(0));
    expect([...diverseTop([2, 2, 2], 3, everything, 0.5, () => 1)]).toEqual([0, 1, 2]);
  });

  it('movies of a list are further apart with more diversity', () => {
    const scores = scoresOf(13);
    const apart = [0, 0.3, 0.6, 0.9].map((diversity) =>
      listDistance(diverseTop(scores, 10, everything, diversity, alike), alike),
    );
    expect(apart).toEqual([...apart].sort((a, b) => a - b));
    expect(apart[3]).toBeGreaterThan(apart[0] + 0.05);
  });
});

describe('the distance within a list', () => {
  it('the distance within a list is the mean of 1 − likeness over its pairs', () => {
    const table: Record<string, number> = { '1,0': 1, '2,0': 0, '2,1': 0.5 };
    expect(listDistance([0, 1, 2], (a, b) => table[`${a},${b}`])).toBeCloseTo(0.5, 12);
    expect(listDistance([4], alike)).toBe(0);
  });
});
