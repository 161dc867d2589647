import { describe, it } from 'vitest';
import * as naive from '../naive.ts';
import { expectClose } from './compare.ts';
import { COLUMNS, type Given, makeSide, ROW_LENGTHS, reference, seededData, WIDTHS } from './data.ts';

/** Sums of errors over all ratings. */
export function lossCases(on: Given): void {
  const { tolerance } = on;

  describe.each(WIDTHS)('rows of width %i', (S) => {
    it('the errors are those of the formula', async () => {
      const C = COLUMNS;
      const matrix = seededData(7).sparse([...ROW_LENGTHS, ...ROW_LENGTHS, ...ROW_LENGTHS, ...ROW_LENGTHS], C);
      const ratings = on.engine.sparse(matrix);
      const [side, other] = [makeSide(on.engine, matrix.rows, S, 8), makeSide(on.engine, C, S, 9)];
      const wanted = reference(`errors ${S}`, () => {
        const lines = (data: Float32Array) => naive.rowsOf(data, S);
        const [F, V, G, W] = [side, other].flatMap(({ numbers }) => [lines(numbers.means), lines(numbers.variances)]);
        let [expected, squares, absolutes] = [0, 0, 0];
        for (let r = 0; r < matrix.rows; r++) {
          for (const { column, value } of naive.entriesOf(matrix, r)) {
            const [f, v, g, w] = [F[r], V[r], G[column], W[column]];
            const b = S - 1;
            const prediction = naive.dot(f.slice(0, b), g.slice(0, b)) + f[b] + g[b];
            const spread = f.slice(0, b).map((_, x) => f[x] ** 2 * w[x] + g[x] ** 2 * v[x]);
            expected += (value - prediction) ** 2 + v[b] + w[b] + spread.reduce((sum, part) => sum + part, 0);
            const error = Math.max(-1, Math.min(0.5, prediction)) - value;
            squares += error ** 2;
            absolutes += Math.abs(error);
          }
        }
        return { expected, squares, absolutes };
      });
      expectClose(
        [await on.engine.expectedSquaredError(ratings, side.tensors, other.tensors)],
        [wanted.expected],
        tolerance,
      );
      const errors = await on.engine.errors(ratings, side.tensors, other.tensors, -1, 0.5);
      expectClose([errors.squares, errors.absolutes], [wanted.squares, wanted.absolutes], tolerance);
    });
  });
}
