import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topK } from '../../../shared/math/topk.ts';

/** Few distinct values, so that there are many ties. NaN marks rows without a score. */
const scores = fc.array(fc.constantFrom(-1, 0, 0.5, 0.5, 2, Number.POSITIVE_INFINITY, Number.NaN), { maxLength: 60 });

function bySorting(values: readonly number[], k: number, accept: (row: number) => boolean): number[] {
  const rows = values.map((_, row) => row).filter((row) => !Number.isNaN(values[row]) && accept(row));
  return rows.sort((a, b) => (values[b] === values[a] ? a - b : values[b] - values[a])).slice(0, k);
}

describe('topK', () => {
  it('topK gives what a full sort gives, ties to the smaller row', () => {
    fc.assert(
      fc.property(scores, fc.nat(70), (values, k) => {
        expect(Array.from(topK(values, k))).toEqual(bySorting(values, k, () => true));
      }),
    );
  });

  it('topK with a filter gives what a filtered full sort gives', () => {
    fc.assert(
      fc.property(scores, fc.nat(70), fc.integer({ min: 1, max: 5 }), (values, k, modulus) => {
        const accept = (row: number) => row % modulus !== 0;
        expect(Array.from(topK(values, k, accept))).toEqual(bySorting(values, k, accept));
      }),
    );
  });

  it('topK works on float32 scores of any size', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, maxLength: 300 }), fc.nat(20), (values, k) => {
        expect(Array.from(topK(values, k))).toEqual(bySorting(Array.from(values), k, () => true));
      }),
    );
  });

  it('topK calls the filter only for rows that would enter', () => {
    let asked = 0;
    const descending = Float32Array.from({ length: 1000 }, (_, row) => -row);
    topK(descending, 5, () => ++asked > 0);
    expect(asked).toBe(5);
  });
});
