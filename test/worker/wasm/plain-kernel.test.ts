import { describe, expect, it } from 'vitest';
import type { LeastSquares } from '../../../shared/model/posterior.ts';
import fused from '../../../worker/wasm/kernels/scorer.wasm';
import plain from '../../../worker/wasm/kernels/scorer-plain.wasm';
import { wasmSums } from '../../../worker/wasm/posterior.ts';
import { WasmScorer } from '../../../worker/wasm/scorer.ts';
import { ANY_MOVIE } from '../../fixtures/plain-scorer.ts';
import { mulberry } from '../../fixtures/random.ts';
import { randomModel, userPrior, vectorsOf } from './vectors.ts';

describe('the kernel for browsers without relaxed SIMD', () => {
  const shape = { M: 4000, K: 63, E: 64, known: 600 };
  const { movies } = randomModel(shape);
  const [ours, theirs] = [plain, fused].map((kernel) => vectorsOf(kernel, movies));
  const random = mulberry(5);
  const numbers = (length: number) => Float64Array.from({ length }, () => 2 * random() - 1);

  it.each([0, 0.4, 1])(
    'makes the lists of the Worker’s kernel at blend %d, and the same by codes to the bit',
    (blend) => {
      const [own, worker] = [ours, theirs].map((vectors) => new WasmScorer(vectors, userPrior));
      for (const certainty of [undefined, 2]) {
        const user = {
          bias: 0.3,
          factors: numbers(63),
          relevance: numbers(64),
          biasShare: 0.2,
          deviation: 0.5,
          certainty,
        };
        const list = own.best(user, blend, 50, ANY_MOVIE);
        expect(list).toEqual(own.best(user, blend, 50, ANY_MOVIE, true));
        for (const [rank, { score }] of worker.best(user, blend, 50, ANY_MOVIE).entries())
          expect(Math.abs(list[rank].score - score)).toBeLessThan(1e-5 * (1 + Math.abs(score)));
      }
    },
  );

  it('solves the normal equations as the Worker’s kernel does', () => {
    const [n, D] = [300, 64];
    const rows = Int32Array.from({ length: n }, () => Math.floor(shape.M * random()));
    const normal = numbers(D * D).map((value, at) => (at % (D + 1) === 0 ? D : value / 2));
    const problem = { normal, rhs: numbers(D), weights: numbers(n).map((value) => 1 + value), targets: numbers(n) };
    const [own, worker] = [ours, theirs].map((vectors) => {
      const copy: LeastSquares = { ...problem, normal: problem.normal.slice(), rhs: problem.rhs.slice() };
      expect(wasmSums(vectors, rows).solve(copy)).toBe(true);
      return copy.rhs;
    });
    for (const [x, value] of own.entries()) expect(value).toBeCloseTo(worker[x], 10);
  });
});
