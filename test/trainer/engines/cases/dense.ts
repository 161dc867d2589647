import { describe, expect, it } from 'vitest';
import * as naive from '../naive.ts';
import { expectClose } from './compare.ts';
import { type Given, reference, seededData } from './data.ts';

/** Dense matrices: Cholesky factors, triangular systems, products, sums. */
export function denseCases(on: Given): void {
  const { tensor, tolerance } = on;

  describe('a matrix that is not positive definite', () => {
    it.each([0, 63, 64, 129])('a matrix that is not positive at pivot %i has no Cholesky factor', async (pivot) => {
      const n = 130;
      const a = seededData(2).positive(n);
      a[pivot * n + pivot] = -1;
      await expect(on.engine.cholesky(tensor(a), n)).rejects.toMatchObject({ code: 'training-diverged' });
    });

    it('a matrix with NaN has no Cholesky factor', async () => {
      const n = 9;
      const a = seededData(2).positive(n);
      a[4 * n + 2] = Number.NaN;
      await expect(on.engine.cholesky(tensor(a), n)).rejects.toMatchObject({ code: 'training-diverged' });
    });
  });

  describe.each([1, 5, 63, 64, 65, 300])('dense matrices of %i rows', (n) => {
    const a = seededData(10).positive(n);
    const factorOf = async () => {
      const A = tensor(a);
      await on.engine.cholesky(A, n);
      return { A, values: await on.engine.read(A) };
    };
    const lower = (values: ArrayLike<number>) =>
      naive.rowsOf(values, n).map((row, i) => row.map((value, j) => (j <= i ? value : 0)));

    it('a matrix gets a Cholesky factor below an untouched upper triangle', async () => {
      const { values } = await factorOf();
      const L = lower(values);
      expectClose(naive.times(L, naive.transposed(L)).flat(), a, tolerance);
      const rows = naive.rowsOf(values, n);
      const above = (row: number[], i: number) => row.slice(i + 1);
      expectClose(rows.flatMap(above), naive.rowsOf(a, n).flatMap(above), 0);
    });

    it.each([1, 7, 8, 33])('triangular systems of %i columns are solved', async (c) => {
      const { A, values } = await factorOf();
      const inverse = reference(`L⁻¹ ${n}`, () => naive.inverse(lower(values)));
      const b = seededData(11).values(n * c, -1, 1);
      for (const transposed of [false, true]) {
        const B = tensor(b);
        on.engine.triangularSolve(A, n, B, c, transposed);
        const wanted = naive.times(transposed ? naive.transposed(inverse) : inverse, naive.rowsOf(b, c));
        expectClose(await on.engine.read(B), wanted.flat(), tolerance);
      }
    });

    it('the diagonal of the inverse is that of the inverse', async () => {
      const { A } = await factorOf();
      const out = on.engine.tensor(n);
      on.engine.inverseDiagonal(A, n, out);
      const inverse = reference(`A⁻¹ ${n}`, () => naive.inverse(naive.rowsOf(a, n)));
      expectClose(
        await on.engine.read(out),
        inverse.map((row, i) => row[i]),
        tolerance,
      );
    });
  });

  it.each([
    [1, 1, 1],
    [5, 3, 9],
    [64, 257, 8],
    [65, 600, 17],
    [3, 3000, 2100],
    [130, 2, 70],
    [1030, 19, 1027], // large enough for every engine's largest tile
  ])('multiply gives A B and Aᵀ B for (%i, %i) and %i columns', async (n, m, c) => {
    const { values } = seededData(12);
    const [a, b] = [values(n * m, -1, 1), values(m * c, -1, 1)];
    const wanted = reference(`A B ${n} ${m} ${c}`, () => naive.product(a, b, n, m, c));
    const [B, out] = [tensor(b), tensor(values(n * c, 5, 6))];
    on.engine.multiply(tensor(a), B, out, n, m, c, false);
    expectClose(await on.engine.read(out), wanted, tolerance);
    on.engine.multiply(tensor(naive.transposed(naive.rowsOf(a, m)).flat()), B, out, n, m, c, true);
    expectClose(await on.engine.read(out), wanted, tolerance);
  });

  it.each([1, 8, 79])('add adds a multiple of a tensor, and divideRows divides rows of width %i', async (c) => {
    const n = 301;
    const { values } = seededData(19);
    const [x, y, d] = [values(n * c, -1, 1), values((n + 2) * c, -1, 1), values(n, 0.5, 2)];
    const [X, Y, D] = [x, y, d].map(tensor);
    on.engine.add(Y, -0.3, X, n * c);
    const sum = Array.from(y, (value, k) => (k < n * c ? value - 0.3 * x[k] : value));
    expectClose(await on.engine.read(Y), sum, tolerance);
    on.engine.divideRows(X, c, D);
    const divided = Array.from(x, (value, k) => value / d[Math.floor(k / c)]);
    expectClose(await on.engine.read(X), divided, tolerance);
  });

  it('addDiagonal adds to the diagonal of a matrix', async () => {
    const n = 301;
    const a = seededData(17).values(n * n, -1, 1);
    const A = tensor(a);
    on.engine.addDiagonal(A, n, 2.5);
    expectClose(
      await on.engine.read(A),
      Array.from(a, (value, k) => value + (k % (n + 1) === 0 ? 2.5 : 0)),
      tolerance,
    );
  });
}
