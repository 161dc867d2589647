import { describe, expect, it } from 'vitest';
import { covarianceLength } from '../../../../trainer/engines/engine.ts';
import * as naive from '../naive.ts';
import { expectClose, expectRowsClose } from './compare.ts';
import { COLUMNS, type Given, makeSide, ROW_LENGTHS, reference, seededData, WIDTHS } from './data.ts';

/** One side of a factorisation is solved, row by row. */
export function rowCases(on: Given): void {
  const { tensor, tolerance } = on;

  describe.each(WIDTHS)('rows of width %i', (S) => {
    it('rows are solved as by Gauss-Jordan elimination', async () => {
      const [C, tau] = [COLUMNS, 1.5];
      const matrix = seededData(1).sparse(ROW_LENGTHS, C);
      const side = makeSide(on.engine, matrix.rows, S, 2);
      const other = makeSide(on.engine, C, S, 3);
      on.engine.solveRows({ ratings: on.engine.sparse(matrix), side: side.tensors, other: other.tensors, tau });
      const wanted = reference(`rows ${S}`, () => {
        const lines = (data: Float32Array) => naive.rowsOf(data, S);
        const known = { means: lines(other.numbers.means), variances: lines(other.numbers.variances) };
        return lines(side.numbers.priorMeans).map((priorMean, r) =>
          naive.posterior(naive.entriesOf(matrix, r), known, lines(side.numbers.precision), priorMean, tau),
        );
      });
      const means = wanted.map(({ mean }) => mean);
      const variances = wanted.map((row) => row.variances);
      expectRowsClose(await on.engine.read(side.tensors.means), means, tolerance);
      expectRowsClose(await on.engine.read(side.tensors.variances), variances, tolerance);
    });

    it('rows are solved with whole covariances and get their own', async () => {
      const [C, tau] = [131, 1.5];
      const matrix = seededData(13).sparse([0, 1, 31, 32, 33, 131, 2], C);
      const side = makeSide(on.engine, matrix.rows, S, 14);
      const other = makeSide(on.engine, C, S, 15);
      const lines = (data: Float32Array) => naive.rowsOf(data, S);
      const { positive } = seededData(16);
      const covariances = Array.from({ length: C }, () => lines(positive(S).map((value) => 0.02 * value)));
      const length = covarianceLength(S);
      const sums = on.engine.tensor(matrix.rows * length);
      on.engine.solveRows({
        ratings: on.engine.sparse(matrix),
        side: { ...side.tensors, covariances: sums },
        other: { ...other.tensors, covariances: tensor(covariances.flatMap(naive.packUpper)) },
        tau,
      });
      const known = { means: lines(other.numbers.means), variances: lines(other.numbers.variances), covariances };
      const wanted = reference(`rows with covariances ${S}`, () =>
        lines(side.numbers.priorMeans).map((priorMean, r) =>
          naive.posterior(naive.entriesOf(matrix, r), known, lines(side.numbers.precision), priorMean, tau),
        ),
      );
      const got = naive.rowsOf(await on.engine.read(sums), length);
      for (const [r, row] of wanted.entries()) {
        // What a packed row holds left of the diagonal is up to the on.engine.
        const upper = (packed: number[]) => {
          const values = [...packed];
          return row.covariance.flatMap((_, i) => values.splice(0, S - (i & ~3)).slice(i & 3));
        };
        expectClose(upper(got[r]), upper(naive.packUpper(row.covariance)), tolerance);
      }
      const means = wanted.map(({ mean }) => mean);
      const variances = wanted.map((row) => row.variances);
      expectRowsClose(await on.engine.read(side.tensors.means), means, tolerance);
      expectRowsClose(await on.engine.read(side.tensors.variances), variances, tolerance);
    });
  });

  describe('a matrix without entries', () => {
    it('a matrix without entries leaves every row at its prior and has no error', async () => {
      const [R, C, S] = [9, 5, 16];
      const empty = seededData(1).sparse(new Array<number>(R).fill(0), C);
      const ratings = on.engine.sparse(empty);
      const [side, other] = [makeSide(on.engine, R, S, 2), makeSide(on.engine, C, S, 3)];
      on.engine.solveRows({ ratings, side: side.tensors, other: other.tensors, tau: 2 });
      expectClose(await on.engine.read(side.tensors.means), side.numbers.priorMeans, tolerance);
      const covariance = naive.inverse(naive.rowsOf(side.numbers.precision, S));
      const variances = (await on.engine.read(side.tensors.variances)).slice(0, S);
      expectClose(
        variances,
        covariance.map((row, x) => row[x]),
        tolerance,
      );
      const none = { squares: 0, absolutes: 0 };
      expect(await on.engine.errors(ratings, side.tensors, other.tensors, -1, 1)).toEqual(none);
      expect(await on.engine.expectedSquaredError(ratings, side.tensors, other.tensors)).toBe(0);
    });
  });

  describe('a precision that is not positive definite', () => {
    it.each([0, 7, 12])('a precision that is not positive definite is refused at pivot %i', async (pivot) => {
      const [R, C, S] = [20, 5, 16];
      const [side, other] = [makeSide(on.engine, R, S, 2), makeSide(on.engine, C, S, 3)];
      const precision = side.numbers.precision.slice();
      precision[pivot * S + pivot] = -100;
      on.engine.write(side.tensors.precision, precision);
      const ratings = on.engine.sparse(seededData(1).sparse(new Array<number>(R).fill(2), C));
      const solve = async () => {
        on.engine.solveRows({ ratings, side: side.tensors, other: other.tensors, tau: 1 });
        await on.engine.read(side.tensors.means);
      };
      await expect(solve()).rejects.toMatchObject({ code: 'training-diverged' });
    });
  });
}
