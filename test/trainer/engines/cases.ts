import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { covarianceLength, type Engine } from '../../../trainer/engines/engine.ts';
import type { SparseRows } from '../../../trainer/math/sparse.ts';
import { transpose } from '../../../trainer/math/sparse.ts';
import { mulberry } from '../../fixtures/random.ts';
import * as naive from './naive.ts';

export interface CaseOptions {
  /** Largest error of a value, relative to itself or to the root mean square of all values, whichever is larger. */
  readonly tolerance: number;
}

const WIDTHS = [8, 16, 24, 64, 128];

/** Prime, and more than the longest row has. */
const COLUMNS = 5003;
const ROW_LENGTHS = [0, 1, 31, 32, 33, 5000, 2, 64, 65, 128, 3];

export function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  expect(largestError(got, wanted), 'largest relative error').toBeLessThanOrEqual(tolerance);
}

/** Compares row by row, so that each row's error is relative to its own size. */
function expectRowsClose(got: ArrayLike<number>, wanted: naive.Matrix, tolerance: number): void {
  const rows = naive.rowsOf(got, wanted[0].length);
  expect(rows.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  const worst = wanted.map((row, r) => largestError(rows[r], row)).reduce(worse, 0);
  expect(worst, 'largest relative error').toBeLessThanOrEqual(tolerance);
}

export function expectSameBytes(got: Float64Array, wanted: Float64Array): void {
  expect(Buffer.compare(Buffer.from(got.buffer), Buffer.from(wanted.buffer))).toBe(0);
}

function largestError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const size = Math.sqrt(naive.dot(wanted, wanted) / Math.max(1, wanted.length));
  let worst = 0;
  for (let k = 0; k < wanted.length; k++) {
    worst = worse(worst, Math.abs(got[k] - wanted[k]) / Math.max(Math.abs(wanted[k]), size, Number.MIN_VALUE));
  }
  return worst;
}

/** The larger of two errors; once NaN, always NaN. */
function worse(worst: number, error: number): number {
  return error <= worst || Number.isNaN(worst) ? worst : error;
}

const references = new Map<string, unknown>();

/** A naive result, which is computed once for all engines. */
function reference<T>(name: string, compute: () => T): T {
  if (!references.has(name)) references.set(name, compute());
  return references.get(name) as T;
}

/** Seeded test data. */
export function seededData(seed: number) {
  const uniform = mulberry(seed);
  const values = (n: number, low: number, high: number) => {
    const drawn = new Float32Array(n);
    for (let k = 0; k < n; k++) drawn[k] = low + (high - low) * uniform();
    return drawn;
  };
  return {
    values,
    /** Rows of distinct columns in no order; `columns` is prime, so that any stride visits all of them. */
    sparse(lengths: readonly number[], columns: number): SparseRows {
      const offsets = Int32Array.from([0, ...lengths]);
      for (let r = 0; r < lengths.length; r++) offsets[r + 1] += offsets[r];
      const indices = new Int32Array(offsets[lengths.length]);
      for (let r = 0; r < lengths.length; r++) {
        const [start, stride] = [Math.floor(uniform() * columns), 1 + Math.floor(uniform() * (columns - 1))];
        for (let k = 0; k < lengths[r]; k++) indices[offsets[r] + k] = (start + k * stride) % columns;
      }
      return { rows: lengths.length, columns, offsets, indices, values: values(indices.length, -2, 2) };
    },
    /** Symmetric, diagonally dominant: condition about 3. */
    positive(n: number): Float32Array {
      const a = values(n * n, -0.5 / n, 0.5 / n);
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] += i === j ? 1 : 0;
      return a;
    },
  };
}

/** One side's tensors beside the numbers in them. */
export function makeSide(engine: Engine, rows: number, width: number, seed: number) {
  const numbers = reference(`side ${rows} ${width} ${seed}`, () => {
    const { values, positive } = seededData(seed);
    return {
      means: values(rows * width, -0.4, 0.4),
      variances: values(rows * width, 0, 0.02),
      priorMeans: values(rows * width, -0.5, 0.5),
      precision: positive(width).map((value) => 10 * value),
    };
  });
  const tensor = (data: Float32Array) => engine.tensor(data.length, data);
  const tensors = {
    rows,
    width,
    means: tensor(numbers.means),
    variances: tensor(numbers.variances),
    priorMeans: tensor(numbers.priorMeans),
    precision: tensor(numbers.precision),
  };
  return { tensors, numbers };
}

/** The cases that every engine passes. */
export function engineCases(open: () => Promise<Engine>, { tolerance }: CaseOptions): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.close());

  const tensor = (data: ArrayLike<number>) => engine.tensor(data.length, data);
  const diverges = { code: 'training-diverged' };

  describe('tensors', () => {
    it('a tensor starts as zeros or with the given values, and takes new ones', async () => {
      const zeros = engine.tensor(5);
      const values = engine.tensor(3, [1, 2, 3]);
      expect([...(await engine.read(zeros))]).toEqual([0, 0, 0, 0, 0]);
      expect([...(await engine.read(values))]).toEqual([1, 2, 3]);
      engine.write(values, Float64Array.of(4, 5, 6));
      expect([...(await engine.read(values))]).toEqual([4, 5, 6]);
    });

    it('a tensor is read as a copy', async () => {
      const t = engine.tensor(2, [1, 2]);
      const before = await engine.read(t);
      engine.write(t, [7, 8]);
      expect([...before]).toEqual([1, 2]);
    });

    it('a tensor is zeros again in memory that was freed', async () => {
      const freed = engine.tensor(1000, new Float32Array(1000).fill(9));
      engine.free(freed);
      expect((await engine.read(engine.tensor(1000))).every((value) => value === 0)).toBe(true);
    });
  });

  describe.each(WIDTHS)('rows of width %i', (S) => {
    it('rows are solved as by Gauss-Jordan elimination', async () => {
      const [C, tau] = [COLUMNS, 1.5];
      const matrix = seededData(1).sparse(ROW_LENGTHS, C);
      const side = makeSide(engine, matrix.rows, S, 2);
      const other = makeSide(engine, C, S, 3);
      engine.solveRows({ ratings: engine.sparse(matrix), side: side.tensors, other: other.tensors, tau });
      const wanted = reference(`rows ${S}`, () => {
        const lines = (data: Float32Array) => naive.rowsOf(data, S);
        const known = { means: lines(other.numbers.means), variances: lines(other.numbers.variances) };
        return lines(side.numbers.priorMeans).map((priorMean, r) =>
          naive.posterior(naive.entriesOf(matrix, r), known, lines(side.numbers.precision), priorMean, tau),
        );
      });
      const means = wanted.map(({ mean }) => mean);
      const variances = wanted.map((row) => row.variances);
      expectRowsClose(await engine.read(side.tensors.means), means, tolerance);
      expectRowsClose(await engine.read(side.tensors.variances), variances, tolerance);
    });

    it('rows are solved with whole covariances and get their own', async () => {
      const [C, tau] = [131, 1.5];
      const matrix = seededData(13).sparse([0, 1, 31, 32, 33, 131, 2], C);
      const side = makeSide(engine, matrix.rows, S, 14);
      const other = makeSide(engine, C, S, 15);
      const lines = (data: Float32Array) => naive.rowsOf(data, S);
      const { positive } = seededData(16);
      const covariances = Array.from({ length: C }, () => lines(positive(S).map((value) => 0.02 * value)));
      const length = covarianceLength(S);
      const sums = engine.tensor(matrix.rows * length);
      engine.solveRows({
        ratings: engine.sparse(matrix),
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
      const got = naive.rowsOf(await engine.read(sums), length);
      for (const [r, row] of wanted.entries()) {
        // What a packed row holds left of the diagonal is up to the engine.
        const upper = (packed: number[]) => {
          const values = [...packed];
          return row.covariance.flatMap((_, i) => values.splice(0, S - (i & ~3)).slice(i & 3));
        };
        expectClose(upper(got[r]), upper(naive.packUpper(row.covariance)), tolerance);
      }
      const means = wanted.map(({ mean }) => mean);
      const variances = wanted.map((row) => row.variances);
      expectRowsClose(await engine.read(side.tensors.means), means, tolerance);
      expectRowsClose(await engine.read(side.tensors.variances), variances, tolerance);
    });

    it.each([1, 3, 22])('rows are projected through the implicit prior and back, with %i dense features', async (P) => {
      const [R, C] = [ROW_LENGTHS.length + 1100, COLUMNS];
      const { sparse, values } = seededData(4);
      const lengths = [...ROW_LENGTHS, ...Array.from({ length: 1100 }, (_, r) => r % 9)];
      const pattern = sparse(lengths, C);
      const [scale, features] = [values(R, 0.1, 1), values(R * P, -1, 1)];
      for (let k = 0; k < features.length; k += 3) features[k] = 0;
      const [v, t] = [values((C + P) * S, -1, 1), values(R * S, -1, 1)];
      const prior = {
        pattern: engine.sparse(pattern),
        transposed: engine.sparse(transpose(pattern)),
        scale: tensor(scale),
        features: tensor(features),
        featureCount: P,
        width: S,
      };
      const [down, up, V] = [engine.tensor(R * S), engine.tensor((C + P) * S), tensor(v)];
      engine.project(prior, V, down);
      engine.backproject(prior, tensor(t), 0.7, V, up);
      const rows = (data: Float32Array, width: number) => naive.rowsOf(data, width);
      const numbers = { pattern, scale, features: rows(features, P) };
      expectRowsClose(
        await engine.read(down),
        reference(`X V ${S} ${P}`, () => naive.project(numbers, rows(v, S))),
        tolerance,
      );
      const wanted = reference(`Xᵀ T ${S} ${P}`, () => naive.backproject(numbers, rows(t, S)));
      const withRidge = wanted.map((row, c) => row.map((value, x) => value + 0.7 * v[c * S + x]));
      expectRowsClose(await engine.read(up), withRidge, tolerance);
    });

    it('a sparse matrix multiplies rows', async () => {
      const { sparse, values } = seededData(23);
      const a = sparse([...ROW_LENGTHS, ...Array.from({ length: 300 }, (_, r) => r % 9)], COLUMNS);
      const b = values(COLUMNS * S, -1, 1);
      const out = tensor(values(a.rows * S, 5, 6));
      engine.multiplySparse(a, tensor(b), out, S);
      const wanted = reference(`A B ${S}`, () => {
        const rows = naive.rowsOf(b, S);
        const sum = (r: number) => (x: number) =>
          naive.entriesOf(a, r).reduce((total, { column, value }) => total + value * rows[column][x], 0);
        return Array.from({ length: a.rows }, (_, r) => Array.from({ length: S }, (_, x) => sum(r)(x)));
      });
      expectRowsClose(await engine.read(out), wanted, tolerance);
    });

    it('columns have dot products, steps and redirections', async () => {
      const rows = 2500;
      const { values } = seededData(5);
      const [a, b] = [values(rows * S, -1, 1), values(rows * S, -1, 1)];
      const [numerator, denominator] = [values(S, -1, 1), values(S, 0.5, 1)];
      numerator[3] = denominator[3] = 0;
      const factor = Array.from(numerator, (value, x) => (x === 3 ? 0 : value / denominator[x]));
      const [A, B, N, D, dots] = [tensor(a), tensor(b), tensor(numerator), tensor(denominator), engine.tensor(S)];
      engine.columnDots(A, B, dots);
      const [columnsA, columnsB] = [naive.transposed(naive.rowsOf(a, S)), naive.transposed(naive.rowsOf(b, S))];
      const wanted = columnsA.map((column, x) => naive.dot(column, columnsB[x]));
      expectClose(await engine.read(dots), wanted, tolerance);
      engine.columnStep(A, B, -1, N, D);
      const stepped = Array.from(a, (value, k) => value - factor[k % S] * b[k]);
      expectClose(await engine.read(A), stepped, tolerance);
      engine.columnRedirect(B, A, N, D);
      const redirected = stepped.map((value, k) => value + factor[k % S] * b[k]);
      expectClose(await engine.read(B), redirected, tolerance);
    });

    it.each([
      [1, 0],
      [5, 0.3],
      [2100, 0.7],
    ])('the prior precision of %i rows is that of the formula', async (rows, penalty) => {
      const { tensors: side, numbers } = makeSide(engine, rows, S, 6);
      const weights = seededData(7).values((2 * rows + 3) * S, -1, 1);
      const out = engine.tensor(S * S);
      engine.priorPrecision(side, tensor(weights), penalty, out);
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
      expectClose(await engine.read(out), wanted.flat(), tolerance);
    });

    it('the errors are those of the formula', async () => {
      const C = COLUMNS;
      const matrix = seededData(7).sparse([...ROW_LENGTHS, ...ROW_LENGTHS, ...ROW_LENGTHS, ...ROW_LENGTHS], C);
      const ratings = engine.sparse(matrix);
      const [side, other] = [makeSide(engine, matrix.rows, S, 8), makeSide(engine, C, S, 9)];
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
        [await engine.expectedSquaredError(ratings, side.tensors, other.tensors)],
        [wanted.expected],
        tolerance,
      );
      const errors = await engine.errors(ratings, side.tensors, other.tensors, -1, 0.5);
      expectClose([errors.squares, errors.absolutes], [wanted.squares, wanted.absolutes], tolerance);
    });
  });

  describe('a matrix without entries', () => {
    it('a matrix without entries leaves every row at its prior and has no error', async () => {
      const [R, C, S] = [9, 5, 16];
      const empty = seededData(1).sparse(new Array<number>(R).fill(0), C);
      const ratings = engine.sparse(empty);
      const [side, other] = [makeSide(engine, R, S, 2), makeSide(engine, C, S, 3)];
      engine.solveRows({ ratings, side: side.tensors, other: other.tensors, tau: 2 });
      expectClose(await engine.read(side.tensors.means), side.numbers.priorMeans, tolerance);
      const covariance = naive.inverse(naive.rowsOf(side.numbers.precision, S));
      const variances = (await engine.read(side.tensors.variances)).slice(0, S);
      expectClose(
        variances,
        covariance.map((row, x) => row[x]),
        tolerance,
      );
      const none = { squares: 0, absolutes: 0 };
      expect(await engine.errors(ratings, side.tensors, other.tensors, -1, 1)).toEqual(none);
      expect(await engine.expectedSquaredError(ratings, side.tensors, other.tensors)).toBe(0);
    });
  });

  describe('a precision that is not positive definite', () => {
    it.each([0, 7, 12])('a precision that is not positive definite is refused at pivot %i', async (pivot) => {
      const [R, C, S] = [20, 5, 16];
      const [side, other] = [makeSide(engine, R, S, 2), makeSide(engine, C, S, 3)];
      const precision = side.numbers.precision.slice();
      precision[pivot * S + pivot] = -100;
      engine.write(side.tensors.precision, precision);
      const ratings = engine.sparse(seededData(1).sparse(new Array<number>(R).fill(2), C));
      const solve = async () => {
        engine.solveRows({ ratings, side: side.tensors, other: other.tensors, tau: 1 });
        await engine.read(side.tensors.means);
      };
      await expect(solve()).rejects.toMatchObject(diverges);
    });

    it.each([0, 63, 64, 129])('a matrix that is not positive at pivot %i has no Cholesky factor', async (pivot) => {
      const n = 130;
      const a = seededData(2).positive(n);
      a[pivot * n + pivot] = -1;
      await expect(engine.cholesky(tensor(a), n)).rejects.toMatchObject(diverges);
    });

    it('a matrix with NaN has no Cholesky factor', async () => {
      const n = 9;
      const a = seededData(2).positive(n);
      a[4 * n + 2] = Number.NaN;
      await expect(engine.cholesky(tensor(a), n)).rejects.toMatchObject(diverges);
    });
  });

  describe.each([1, 5, 63, 64, 65, 300])('dense matrices of %i rows', (n) => {
    const a = seededData(10).positive(n);
    const factorOf = async () => {
      const A = tensor(a);
      await engine.cholesky(A, n);
      return { A, values: await engine.read(A) };
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
        engine.triangularSolve(A, n, B, c, transposed);
        const wanted = naive.times(transposed ? naive.transposed(inverse) : inverse, naive.rowsOf(b, c));
        expectClose(await engine.read(B), wanted.flat(), tolerance);
      }
    });

    it('the diagonal of the inverse is that of the inverse', async () => {
      const { A } = await factorOf();
      const out = engine.tensor(n);
      engine.inverseDiagonal(A, n, out);
      const inverse = reference(`A⁻¹ ${n}`, () => naive.inverse(naive.rowsOf(a, n)));
      expectClose(
        await engine.read(out),
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
    engine.multiply(tensor(a), B, out, n, m, c, false);
    expectClose(await engine.read(out), wanted, tolerance);
    engine.multiply(tensor(naive.transposed(naive.rowsOf(a, m)).flat()), B, out, n, m, c, true);
    expectClose(await engine.read(out), wanted, tolerance);
  });

  it.each([1, 8, 79])('add adds a multiple of a tensor, and divideRows divides rows of width %i', async (c) => {
    const n = 301;
    const { values } = seededData(19);
    const [x, y, d] = [values(n * c, -1, 1), values((n + 2) * c, -1, 1), values(n, 0.5, 2)];
    const [X, Y, D] = [x, y, d].map(tensor);
    engine.add(Y, -0.3, X, n * c);
    const sum = Array.from(y, (value, k) => (k < n * c ? value - 0.3 * x[k] : value));
    expectClose(await engine.read(Y), sum, tolerance);
    engine.divideRows(X, c, D);
    const divided = Array.from(x, (value, k) => value / d[Math.floor(k / c)]);
    expectClose(await engine.read(X), divided, tolerance);
  });

  it('addDiagonal adds to the diagonal of a matrix', async () => {
    const n = 301;
    const a = seededData(17).values(n * n, -1, 1);
    const A = tensor(a);
    engine.addDiagonal(A, n, 2.5);
    expectClose(
      await engine.read(A),
      Array.from(a, (value, k) => value + (k % (n + 1) === 0 ? 2.5 : 0)),
      tolerance,
    );
  });

  describe('the moments of histories', () => {
    const long = { decay: 7, floor: 0.15, likeFrom: 1, dislikeBelow: -1, dislikeWeight: -0.3 };
    const short = { decay: 2, floor: 0, likeFrom: -2, dislikeBelow: -2, dislikeWeight: 0 };
    const flat = { decay: 30, floor: 0.6, likeFrom: 0.5, dislikeBelow: 0, dislikeWeight: 0.4 };
    const likes = { likeFrom: 1, window: 6, windowShare: 0.25 };
    const next = { likeFrom: -2, window: 1, windowShare: 0 };
    /** Some movies are outside. */
    const histories = (lengths: readonly number[], columns: number) => {
      const matrix = seededData(18).sparse(lengths, columns);
      return { ...matrix, indices: matrix.indices.map((c) => (c % 9 === 4 ? -1 : c)) };
    };
    const LENGTHS = [0, 1, 5, 6, 7, 150, 31, 64, 0, 120, 12, 2];
    const ONE = { first: 3, step: 4, likeFrom: 1 };

    it.each([
      ['in one scale', LENGTHS, 151, [long], [likes], ONE],
      ['in one scale, which soon fades, to every next film', LENGTHS, 151, [short], [next], { ...ONE, step: 1 }],
      [
        'in two scales to two targets, a row each rating',
        LENGTHS,
        151,
        [long, short],
        [likes, next],
        { ...ONE, step: 1 },
      ],
      [
        'in two scales, the one that fades first',
        LENGTHS,
        151,
        [short, flat],
        [next],
        { first: 5, step: 3, likeFrom: 0 },
      ],
      ['in three scales', LENGTHS, 151, [flat, short, long], [likes, next], { first: 1, step: 3, likeFrom: 0.5 }],
      ['of one movie', [1, 1, 0], 1, [long, short], [likes], ONE],
      ['too short for any row', [2, 3, 0, 1], 5, [long], [likes, next], ONE],
      ['of nobody', [], 3, [long, flat], [likes], ONE],
    ])(
      'moments are the sums over rows that are written out: histories %s',
      async (name, lengths, M, scales, targets, rows) => {
        const sequences = histories(lengths, M);
        const wanted = reference(`moments ${name}`, () => naive.moments(sequences, scales, targets, rows));
        const got = await engine.historyMoments(sequences, scales, targets, rows);
        expectClose(await engine.read(got.xx), wanted.xx.flat(), tolerance);
        expect(got.xy.length).toBe(targets.length);
        for (const [at, xy] of got.xy.entries()) expectClose(await engine.read(xy), wanted.xy[at].flat(), tolerance);
        expectClose(await engine.read(got.likes), wanted.likes.flat(), tolerance);
        engine.free(got.xx, ...got.xy, got.likes);
      },
    );
  });
}

/** Some of every operation, as one array. */
export async function resultsOfEveryOperation(engine: Engine): Promise<number[]> {
  const [R, C, S, n, c] = [3000, 401, 24, 200, 19];
  const { sparse, values, positive } = seededData(20);
  const pattern = sparse(
    Array.from({ length: R }, (_, r) => (r * r) % 97),
    C,
  );
  const [ratings, byColumn] = [engine.sparse(pattern), engine.sparse(transpose(pattern))];
  const [{ tensors: side }, { tensors: other }] = [makeSide(engine, R, S, 21), makeSide(engine, C, S, 22)];
  const prior = {
    pattern: ratings,
    transposed: byColumn,
    featureCount: 3,
    width: S,
    scale: engine.tensor(R, values(R, 0, 1)),
    features: engine.tensor(R * 3, values(R * 3, -1, 1)),
  };
  const v = engine.tensor((C + 3) * S, values((C + 3) * S, -1, 1));
  const [down, dots, sums] = [engine.tensor(R * S), engine.tensor(S), engine.tensor(4 * S)];
  engine.solveRows({ ratings, side, other, tau: 1.3 });
  engine.project(prior, v, down);
  engine.backproject(prior, down, 0.5, v, v);
  engine.multiplySparse(sparse([0, 7, C, 30], C), other.means, sums, S);
  engine.columnDots(down, side.means, dots);
  engine.columnStep(down, side.means, 1, dots, dots);
  engine.columnRedirect(down, side.means, dots, dots);
  engine.priorPrecision(side, v, 0.5, side.precision);
  const errors = [
    await engine.expectedSquaredError(ratings, side, other),
    ...Object.values(await engine.errors(ratings, side, other, -1, 1)),
  ];
  const A = engine.tensor(n * n, positive(n));
  const B = engine.tensor(n * c, values(n * c, -1, 1));
  const [product, diagonal] = [engine.tensor(n * c), engine.tensor(n)];
  engine.multiply(A, B, product, n, n, c, true);
  await engine.cholesky(A, n);
  engine.triangularSolve(A, n, B, c, false);
  engine.inverseDiagonal(A, n, diagonal);
  const rated = sparse(
    Array.from({ length: 300 }, (_, r) => (r * r) % 97),
    C,
  );
  const sequences = { ...rated, indices: rated.indices.map((column) => (column % 7 === 3 ? -1 : column)) };
  const history = { decay: 10, floor: 0.1, likeFrom: 0.5, dislikeBelow: -0.5, dislikeWeight: -0.2 };
  const short = { ...history, decay: 3, floor: 0, likeFrom: -2 };
  const targets = [
    { likeFrom: 0.5, window: 20, windowShare: 0.25 },
    { likeFrom: -2, window: 1, windowShare: 0 },
  ];
  const nextRows = { first: 5, step: 3, likeFrom: 0.5 };
  const { xx, xy, likes } = await engine.historyMoments(sequences, [history, short], targets, nextRows);
  const tensors = [
    xx,
    ...xy,
    likes,
    side.means,
    side.variances,
    side.precision,
    down,
    v,
    dots,
    sums,
    product,
    A,
    B,
    diagonal,
  ];
  const read = await Promise.all(tensors.map((tensor) => engine.read(tensor)));
  return [...errors, ...read.flatMap((part) => [...part])];
}
