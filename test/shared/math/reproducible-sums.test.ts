import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinedSums, ReproducibleSums } from '../../../shared/math/reproducible-sums.ts';

function sumOf(values: readonly number[]): ReproducibleSums {
  const sums = new ReproducibleSums(1);
  for (const value of values) sums.add(0, value);
  return sums;
}

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 200 });

describe('reproducible sums', () => {
  it('are the same to the bit in any order and in any parts', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 8 }), (all, K) => {
        const whole = sumOf(all).totals;
        const parts = Array.from({ length: K }, (_, k) => sumOf(all.filter((_, at) => at % K === k)));
        expect(joinedSums(parts)).toEqual(whole);
        expect(sumOf(all.toSorted((a, b) => a - b)).totals).toEqual(whole);
      }),
    );
  });

  it('are as right as sums of float64 are, where plain ones depend on the order', () => {
    fc.assert(
      fc.property(values, (all) => {
        const plain = all.reduce((sum, value) => sum + value, 0);
        const size = all.reduce((sum, value) => sum + Math.abs(value), 0);
        expect(Math.abs(sumOf(all).totals[0] - plain)).toBeLessThanOrEqual(2 ** -45 * (size + 1));
      }),
    );
    const thirds = [1 / 3, 1e6, 1 / 7, -1e6, 1e-9, 0.1];
    const plain = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0);
    expect(plain(thirds)).not.toBe(plain(thirds.toReversed()));
    expect(sumOf(thirds).totals).toEqual(sumOf(thirds.toReversed()).totals);
  });

  it('of squares are those of the values squared', () => {
    fc.assert(
      fc.property(values, (all) => {
        const sums = sumOf([0.1]);
        sums.addSquares(0, all);
        expect(sums.totals).toEqual(sumOf([0.1, ...all.map((value) => value * value)]).totals);
      }),
    );
  });

  it('of whole numbers and of none are exact', () => {
    expect(sumOf([1, 2, 3, 2 ** 32]).totals[0]).toBe(6 + 2 ** 32);
    expect(sumOf([]).totals[0]).toBe(0);
  });
});
