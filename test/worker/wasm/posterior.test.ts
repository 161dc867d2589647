import { describe, expect, it } from 'vitest';
import { weightedSum } from '../../../shared/math/weighted-sum.ts';
import { type LeastSquares, ratingSums } from '../../../shared/model/posterior.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { wasmSums } from '../../../worker/wasm/posterior.ts';
import { mulberry } from '../../fixtures/random.ts';
import { randomModel, vectorsOf } from './vectors.ts';

const COUNTS = [0, 1, 2, 3, 5, 31, 32, 33, 255, 256, 257, 600];

/** A well-posed problem of random numbers. */
function problemOf(n: number, D: number, seed: number): LeastSquares {
  const random = mulberry(seed);
  const numbers = (length: number) => Float64Array.from({ length }, () => 2 * random() - 1);
  const normal = numbers(D * D).map((value) => value / 2);
  for (let x = 0; x < D; x++) normal[x * D + x] = D;
  return { normal, rhs: numbers(D), weights: numbers(n).map((value) => 1 + value), targets: numbers(n) };
}

function copyOf(problem: LeastSquares): LeastSquares {
  return { ...problem, normal: problem.normal.slice(), rhs: problem.rhs.slice() };
}

function rowsOf(n: number, M: number): Int32Array {
  const random = mulberry(n);
  return Int32Array.from({ length: n }, () => Math.floor(M * random()));
}

describe.each([2, 7, 8, 16, 33, 34, 35, 64, 65, 128, 129])('normal equations of %d unknowns', (D) => {
  const { movies } = randomModel({ M: 700, K: D - 1, E: 1 });
  const vectors = vectorsOf(kernel, movies);

  it.each(COUNTS)('the WASM kernel solves the normal equations as the reference does, %d ratings', (n) => {
    const rows = rowsOf(n, movies.count);
    const [ours, reference] = [copyOf(problemOf(n, D, n)), copyOf(problemOf(n, D, n))];
    expect(wasmSums(vectors, rows).solve(ours)).toBe(true);
    expect(ratingSums(movies, rows).solve(reference)).toBe(true);
    ours.rhs.forEach((value, x) => {
      expect(Math.abs(value - reference.rhs[x])).toBeLessThan(1e-11 * (1 + Math.abs(reference.rhs[x])));
    });
    for (let x = 0; x < D; x++) {
      for (let at = x * D; at <= x * D + x; at++) {
        const wanted = reference.normal[at];
        expect(Math.abs(ours.normal[at] - wanted)).toBeLessThan(1e-10 * (1 + Math.abs(wanted)));
      }
    }
  });

  it('the WASM kernel refuses a matrix that is not positive definite, at any pivot', () => {
    const { solve } = wasmSums(vectors, new Int32Array(0));
    for (const [pivot, value] of [
      [0, 0],
      [D >> 1, -1],
      [D - 1, -1],
      [D - 1, Number.NaN],
    ]) {
      const problem = copyOf(problemOf(0, D, 1));
      problem.normal[pivot * D + pivot] = value;
      expect(solve(problem)).toBe(false);
    }
  });
});

function rowsOfHistory(history: Float32Array, rows: Int32Array, width: number): number[] {
  return Array.from(rows).flatMap((row) => [...history.subarray(row * width, (row + 1) * width)]);
}

describe.each([
  ['float32', undefined],
  ['eight bits', 0],
])('weighted sums of vectors kept in %s', (_, room) => {
  const [K, E, S] = [13, 10, 3];
  const model = randomModel({ M: 700, K, E, S, known: 300 });
  // As in trained models, movies that the relevance model lacks have no history either.
  const lacks = (row: number) => model.movies.relevance[row * E] === 0;
  const history = model.movies.history.map((value, at) => (lacks(Math.floor(at / (S * E))) ? 0 : value));
  const movies = { ...model.movies, history };
  const vectors = vectorsOf(kernel, movies, room);

  it.each(COUNTS)('the WASM kernel sums as the reference does, to the bit, %d rows', (n) => {
    const rows = rowsOf(n, movies.count);
    const random = mulberry(n + 1);
    const some = (length: number) => Float64Array.from({ length }, (_, k) => (k % 5 < 2 ? 0 : 2 * random() - 1));
    const weights = some(n);
    const byScale = some(S * n).map((value, k) => (k % (4 * S) < S ? 0 : value)); // of some rows no scale counts
    const few = vectors.take(rows);
    const all = Int32Array.from(rows.keys());
    const sums = wasmSums(vectors, rows);
    expect(sums.priors(weights)).toEqual(weightedSum(few.priors, K + 1, all)(weights));
    expect(sums.factorVariances(weights)).toEqual(weightedSum(few.factorVariances, K, all)(weights));
    expect(sums.history(byScale)).toEqual(weightedSum(few.history, E, all, S)(byScale));
    if (room === undefined) expect(few.history).toEqual(Float32Array.from(rowsOfHistory(movies.history, rows, S * E)));
  });
});
