import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowIndex } from '../../../shared/math/row-index.ts';

describe('an index of rows', () => {
  it('a row index finds every id, and no other, however ids are spread', () => {
    const id = fc.oneof(fc.nat(50), fc.nat(5000), fc.nat(2 ** 31 - 1));
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 200 }), fc.array(id), (some, others) => {
        const ids = Int32Array.from(some).sort();
        const find = rowIndex(ids);
        ids.forEach((each, row) => {
          expect(find(each)).toBe(row);
        });
        for (const each of others) expect(find(each)).toBe(ids.indexOf(each));
      }),
      { seed: 1 },
    );
  });

  it('a row index returns −1 for what is no id', () => {
    const find = rowIndex(Int32Array.of(0, 7, 9));
    expect([-1, 1, 10, 0.5, Number.NaN, 2 ** 40].map(find)).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(rowIndex(new Int32Array(0))(0)).toBe(-1);
  });
});
