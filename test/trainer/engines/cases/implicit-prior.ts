import { describe, it } from 'vitest';
import { transpose } from '../../../../trainer/math/sparse.ts';
import * as naive from '../naive.ts';
import { expectClose, expectRowsClose } from './compare.ts';
import { COLUMNS, type Given, makeSide, ROW_LENGTHS, reference, seededData, WIDTHS } from './data.ts';

/** The regression that gives the prior means, by conjugate gradients, and the precision around them. */
export function implicitPriorCases(on: Given): void {
  const { tensor, tolerance } = on;

  describe.each(WIDTHS)('rows of width %i', (S) => {
    it.each([1, 3, 22])('rows are projected through the implicit prior and back, with %i dense features', async (P) => {
      const [R, C] = [ROW_LENGTHS.length + 1100, COLUMNS];
      const { sparse, values } = seededData(4);
      const lengths = [...ROW_LENGTHS, ...Array.from({ length: 1100 }, (_, r) => r % 9)];
      const pattern = sparse(lengths, C);
      const [scale, features] = [values(R, 0.1, 1), values(R * P, -1, 1)];
      for (let k = 0; k < features.length; k += 3) features[k] = 0;
      const [v, t] = [values((C + P) * S, -1, 1), values(R * S, -1, 1)];
      const prior = {
        pattern: on.engine.sparse(pattern),
        transposed: on.engine.sparse(transpose(pattern)),
        scale: tensor(scale),
        features: tensor(features),
        featureCount: P,
        width: S,
      };
      const [down, up, V] = [on.engine.tensor(R * S), on.engine.tensor((C + P) * S), tensor(v)];
      on.engine.project(prior, V, down);
      on.engine.backproject(prior, tensor(t), 0.7, V, up);
      const rows = (data: Float32Array, width: number) => naive.rowsOf(data, width);
      const numbers = { pattern, scale, features: rows(features, P) };
      expectRowsClose(
        await on.engine.read(down),
        reference(`X V ${S} ${P}`, () => naive.project(numbers, rows(v, S))),
        tolerance,
      );
      const wanted = reference(`Xᵀ T ${S} ${P}`, () => naive.backproject(numbers, rows(t, S)));
      const withRidge = wanted.map((row, c) => row.map((value, x) => value + 0.7 * v[c * S + x]));
      expectRowsClose(await on.engine.read(up), withRidge, tolerance);
    });

    it('columns have dot products, steps and redirections', async () => {
      const rows = 2500;
      const { values } = seededData(5);
      const [a, b] = [values(rows * S, -1, 1), values(rows * S, -1, 1)];
      const [numerator, denominator] = [values(S, -1, 1), values(S, 0.5, 1)];
      numerator[3] = denominator[3] = 0;
      const factor = Array.from(numerator, (value, x) => (x === 3 ? 0 : value / denominator[x]));
      const [A, B, N, D, dots] = [tensor(a), tensor(b), tensor(numerator), tensor(denominator), on.engine.tensor(S)];
      on.engine.columnDots(A, B, dots);
      const [columnsA, columnsB] = [naive.transposed(naive.rowsOf(a, S)), naive.transposed(naive.rowsOf(b, S))];
      const wanted = columnsA.map((column, x) => naive.dot(column, columnsB[x]));
      expectClose(await on.engine.read(dots), wanted, tolerance);
      on.engine.columnStep(A, B, -1, N, D);
      const stepped = Array.from(a, (value, k) => value - factor[k % S] * b[k]);
      expectClose(await on.engine.read(A), stepped, tolerance);
      on.engine.columnRedirect(B, A, N, D);
      const redirected = stepped.map((value, k) => value + factor[k % S] * b[k]);
      expectClose(await on.engine.read(B), redirected, tolerance);
    });

    it.each([
      [1, 0],
      [5, 0.3],
      [2100, 0.7],
    ])('the prior precision of %i rows is that of the formula', async (rows, penalty) => {
      const { tensors: side, numbers } = makeSide(on.engine, rows, S, 6);
      const weights = seededData(7).values((2 * rows + 3) * S, -1, 1);
      const out = on.engine.tensor(S * S);
      on.engine.priorPrecision(side, tensor(weights), penalty, out);
      const [f, m, v] = [numbers.means, numbers.priorMeans, numbers.variances].map((data) => naive.rowsOf(data, S));
      const wanted = reference(`prior ${S} ${rows}`, () => {
        const away = f.map((row, r) => row.map((value, x) => value - m[r][x]));
        const W = naive.rowsOf(weights, S);
        const energy = naive.times(naive.transposed(W), W);
        const scatter = naive.times(naive.transposed(away), away);
        for (let x = 0; x < S; x++) for (let y = 0; y < S; y++) scatter[x][y] += penalty * energy[x][y];
        for (let x = 0; x < S; x++) scatter[x][x] += 1 + v.reduce((sum, row) => sum + row[x], 0);
        return naive.inverse(scatter).map((row) => row.map((value) => value * (rows + S)));
      });
      expectClose(await on.engine.read(out), wanted.flat(), tolerance);
    });
  });
}
