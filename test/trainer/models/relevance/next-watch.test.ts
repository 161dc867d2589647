import { expect, it } from 'vitest';
import { indexRatings } from '../../../../trainer/data/rating-matrix.ts';
import { historyMoments } from '../../../../trainer/engines/history-moments.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { symmetricEigen } from '../../../../trainer/math/eigen.ts';
import { random, STREAMS } from '../../../../trainer/math/random.ts';
import {
  coreMovies,
  fitRelevance,
  type RelevanceOptions,
  SCALE_PROBES,
} from '../../../../trainer/models/relevance/next-watch.ts';
import { lowRank } from '../../../fixtures/datasets.ts';

const options: RelevanceOptions = {
  relevanceFactors: 6,
  seed: 1,
  history: { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 },
  rows: { first: 5, step: 10, window: 20, windowShare: 0.25 },
  nextRidge: 3,
  easeRidge: 10,
  minRatings: 1,
  relevanceMovies: 40,
  subspaceSteps: 30,
};

/** a (n, m) · b (m, c). */
function product(a: ArrayLike<number>, b: ArrayLike<number>, n: number, m: number, c: number): Float64Array {
  const out = new Float64Array(n * c);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < m; k++) for (let j = 0; j < c; j++) out[i * c + j] += a[i * m + k] * b[k * c + j];
  return out;
}

/** a (n, m) → (m, n). */
function transposed(a: ArrayLike<number>, n: number, m: number): Float64Array {
  return Float64Array.from({ length: n * m }, (_, at) => a[(at % n) * m + Math.floor(at / n)]);
}

/** Gauss-Jordan, nothing shared with what is tested. */
function inverse(a: ArrayLike<number>, n: number): Float64Array {
  const left = Float64Array.from(a);
  const right = new Float64Array(n * n);
  for (let i = 0; i < n; i++) right[i * n + i] = 1;
  for (let p = 0; p < n; p++) {
    const scale = 1 / left[p * n + p];
    for (let j = 0; j < n; j++) for (const half of [left, right]) half[p * n + j] *= scale;
    for (let i = 0; i < n; i++) {
      const factor = left[i * n + p];
      if (i !== p)
        for (let j = 0; j < n; j++) for (const half of [left, right]) half[i * n + j] -= factor * half[p * n + j];
    }
  }
  return right;
}

it('fitRelevance gives the best rank-E approximation of the regression written out in full', async () => {
  const { byUser } = indexRatings(lowRank(80, 40, 0.6));
  const { relevanceFactors: E, nextRidge, easeRidge } = options;
  const M = byUser.columns;
  const N = M;
  const { likeFrom } = options.history;
  const target = { ...options.rows, likeFrom };
  const { xx, xy: targets, likes } = historyMoments(byUser, [options.history], [target], target);
  const [xy] = targets;
  const P = inverse(
    likes.map((value, at) => value + (at % (M + 1) === 0 ? easeRidge : 0)),
    M,
  );
  const ease = new Float64Array(N * M);
  for (let i = 0; i < M; i++) for (let j = 0; j < M; j++) ease[i * M + j] = i === j ? 0 : -P[i * M + j] / P[j * M + j];
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a, (value, at) => value * b[at]).reduce((x, y) => x + y);
  const source = random(options.seed, STREAMS.probes);
  const signs = Float64Array.from({ length: M * SCALE_PROBES }, () => (source.uniform() < 0.5 ? -1 : 1));
  const probed = (a: ArrayLike<number>) => product(a, signs, N, M, SCALE_PROBES);
  const image = product(xx, ease, N, N, M);
  const c = dot(probed(ease), probed(xy)) / dot(probed(ease), probed(image));
  expect(Math.abs(c / (dot(ease, xy) / dot(ease, image)) - 1)).toBeLessThan(0.15);
  const right = Float64Array.from(xy, (value, at) => value + nextRidge * c * ease[at]);
  const B = product(
    inverse(
      xx.map((value, at) => value + (at % (N + 1) === 0 ? nextRidge : 0)),
      N,
    ),
    right,
    N,
    N,
    M,
  );
  const square = product(transposed(B, N, M), product(xx, B, N, N, M), M, N, M);
  const V = symmetricEigen(square, M).vectors;
  const kept = Float64Array.from({ length: M * E }, (_, at) => V[Math.floor(at / E) * M + (at % E)]);
  const expected = product(product(B, kept, N, M, E), transposed(kept, M, E), N, E, M);

  const { output, history, base } = await fitRelevance(jsEngine(), byUser, options);
  expect(base.every((value) => value === 0)).toBe(true);
  const actual = product(history, transposed(output, M, E), N, E, M);
  const scale = Math.max(...expected.map(Math.abs));
  expect(Math.max(...expected.map((value, at) => Math.abs(value - actual[at]))) / scale).toBeLessThan(1e-4);
});

it('fitRelevance leaves movies with too few ratings at zero', async () => {
  const { byUser, byMovie } = indexRatings(lowRank(30, 40, 0.3));
  const minRatings = 9;
  const { output, factors: E } = await fitRelevance(jsEngine(), byUser, { ...options, minRatings });
  const counts = Array.from({ length: byMovie.rows }, (_, m) => byMovie.offsets[m + 1] - byMovie.offsets[m]);
  expect(counts.some((count) => count < minRatings)).toBe(true);
  counts.forEach((count, m) => {
    const zero = output.subarray(m * E, (m + 1) * E).every((value) => value === 0);
    const liked = byMovie.values.subarray(byMovie.offsets[m], byMovie.offsets[m + 1]).filter((stars) => stars >= 4);
    if (count < minRatings) expect(zero).toBe(true);
    else if (liked.length > 3) expect(zero).toBe(false);
  });
});

it('coreMovies takes the most rated movies where there are too many, the first of equals', () => {
  const counts = Int32Array.of(5, 9, 2, 5, 5, 9, 0);
  const core = (minRatings: number, relevanceMovies: number) => [
    ...coreMovies(counts, { minRatings, relevanceMovies }),
  ];
  expect(core(2, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(core(0, 9)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(core(2, 4)).toEqual([0, 1, 3, 5]);
  expect(core(6, 4)).toEqual([1, 5]);
});

it('fitRelevance gives zeros when no movie has enough ratings', async () => {
  const { byUser } = indexRatings(lowRank(5, 5, 0.5));
  const { output, base } = await fitRelevance(jsEngine(), byUser, { ...options, minRatings: 100 });
  expect([...output, ...base].every((value) => value === 0)).toBe(true);
});
