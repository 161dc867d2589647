import { describe, it } from 'vitest';
import * as naive from '../naive.ts';
import { expectRowsClose } from './compare.ts';
import { COLUMNS, type Given, ROW_LENGTHS, reference, seededData, WIDTHS } from './data.ts';

/** A sparse matrix times rows. */
export function sparseCases(on: Given): void {
  const { tensor, tolerance } = on;

  describe.each(WIDTHS)('rows of width %i', (S) => {
    it('a sparse matrix multiplies rows', async () => {
      const { sparse, values } = seededData(23);
      const a = sparse([...ROW_LENGTHS, ...Array.from({ length: 300 }, (_, r) => r % 9)], COLUMNS);
      const b = values(COLUMNS * S, -1, 1);
      const out = tensor(values(a.rows * S, 5, 6));
      on.engine.multiplySparse(a, tensor(b), out, S);
      const wanted = reference(`A B ${S}`, () => {
        const rows = naive.rowsOf(b, S);
        const sum = (r: number) => (x: number) =>
          naive.entriesOf(a, r).reduce((total, { column, value }) => total + value * rows[column][x], 0);
        return Array.from({ length: a.rows }, (_, r) => Array.from({ length: S }, (_, x) => sum(r)(x)));
      });
      expectRowsClose(await on.engine.read(out), wanted, tolerance);
    });
  });
}
