import { describe, expect, it } from 'vitest';
import { type LeastSquares, solveNormalEquations } from '../../shared/posterior.ts';
import kernel from '../../worker/kernels/scorer.wasm';
import { normalEquations } from '../../worker/wasm-posterior.ts';
import { mulberry } from '../bench/synthetic.ts';
import { randomModel, vectorsOf } from './vectors.ts';

/** A well-posed problem of random numbers; its matrix has nothing above the diagonal. */
function problemOf(n: number, D: number, seed: number): LeastSquares {
  const random = mulberry(seed);
  const numbers = (length: number) => Float64Array.from({ length }, () => 2 * random() - 1);
  const normal = new Float64Array(D * D);
  for (let x = 0; x < D; x++) for (let y = 0; y <= x; y++) normal[x * D + y] = x === y ? D : random() - 0.5;
  const weights = numbers(n).map((value) => 1 + value / 2);
  return { normal, rhs: numbers(D), features: numbers(n * D), weights, targets: numbers(n) };
}

function copyOf(problem: LeastSquares): LeastSquares {
  return { ...problem, normal: problem.normal.slice(), rhs: problem.rhs.slice() };
}

describe.each([2, 7, 8, 16, 33, 64, 65, 128, 129])('normal equations of %d unknowns', (D) => {
  const { movies } = randomModel({ M: 3, K: D - 1, E: 1 });
  const solve = normalEquations(vectorsOf(kernel, movies));

  it.each([0, 1, 2, 3, 4, 5, 127, 128, 129, 300])('in WASM come out as the reference has them, %d ratings', (n) => {
    const [ours, reference] = [copyOf(problemOf(n, D, n)), copyOf(problemOf(n, D, n))];
    expect(solve(ours)).toBe(true);
    expect(solveNormalEquations(reference)).toBe(true);
    ours.rhs.forEach((value, x) => {
      expect(Math.abs(value - reference.rhs[x])).toBeLessThan(1e-11 * (1 + Math.abs(reference.rhs[x])));
    });
    ours.normal.forEach((value, at) => {
      expect(Math.abs(value - reference.normal[at])).toBeLessThan(1e-10 * (1 + Math.abs(reference.normal[at])));
    });
  });

  it('are refused where the matrix is not positive definite', () => {
    const problem = problemOf(0, D, 1);
    problem.normal[D * D - 1] = -1;
    expect(solve(copyOf(problem))).toBe(false);
    problem.normal[D * D - 1] = Number.NaN;
    expect(solve(copyOf(problem))).toBe(false);
  });
});
