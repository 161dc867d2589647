import { expect, it } from 'vitest';
import { indexRatings } from '../../../../trainer/data/rating-matrix.ts';
import { historyMoments } from '../../../../trainer/engines/history-moments.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { symmetricEigen } from '../../../../trainer/math/eigen.ts';
import { random, STREAMS } from '../../../../trainer/math/random.ts';
import { SCALE_PROBES } from '../../../../trainer/models/relevance/ease.ts';
import {
  coreMovies,
  fitRelevance,
  OUTPUTS_SHARE,
  type RelevanceOptions,
} from '../../../../trainer/models/relevance/next-watch.ts';
import { lowRank } from '../../../fixtures/datasets.ts';

const options: RelevanceOptions = {
  relevanceFactors: 6,
  nextFactors: 4,
  seed: 1,
  history: [
    { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 },
    { decay: 3, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 },
  ],
  rows: { first: 5, step: 2 },
  window: 20,
  windowShare: 0.25,
  nextShare: 0.3,
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

it('fitRelevance projects the regressions written out in full onto the leading directions of their sum', async () => {
  const { byUser } = indexRatings(lowRank(80, 40, 0.6));
  const { relevanceFactors: E, nextFactors: F, nextRidge, easeRidge, history: scales, rows } = options;
  const M = byUser.columns;
  const N = scales.length * M;
  const { likeFrom } = scales[0];
  const targets = [
    { likeFrom, window: options.window, windowShare: options.windowShare },
    { likeFrom: 0, window: 1, windowShare: 0 },
  ];
  const { xx, xy, likes } = historyMoments(byUser, scales, targets, { ...rows, likeFrom });
  const withRidge = (matrix: Float64Array, n: number, ridge: number) =>
    matrix.map((value, at) => value + (at % (n + 1) === 0 ? ridge : 0));
  const P = inverse(withRidge(likes, M, easeRidge), M);
  const ease = new Float64Array(N * M);
  for (let i = 0; i < M; i++) for (let j = 0; j < M; j++) ease[i * M + j] = i === j ? 0 : -P[i * M + j] / P[j * M + j];
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a, (value, at) => value * b[at]).reduce((x, y) => x + y);
  const source = random(options.seed, STREAMS.probes);
  const signs = Float64Array.from({ length: M * SCALE_PROBES }, () => (source.uniform() < 0.5 ? -1 : 1));
  const probed = (a: ArrayLike<number>) => product(a, signs, N, M, SCALE_PROBES);
  const image = product(xx, ease, N, N, M);
  const solver = inverse(withRidge(xx, N, nextRidge), N);
  const c = xy.map((target) => dot(probed(ease), probed(target)) / dot(probed(ease), probed(image)));
  const whole = xy.map((target, at) => {
    expect(Math.abs(c[at] / (dot(ease, target) / dot(ease, image)) - 1)).toBeLessThan(0.15);
    const right = target.map((value, k) => value + nextRidge * c[at] * ease[k]);
    return product(solver, right, N, N, M);
  });
  const unit = c[0] / c[1];
  const withNext = (share: number) => whole[0].map((value, at) => value + share * unit * whole[1][at]);
  const sum = withNext(OUTPUTS_SHARE);
  const V = symmetricEigen(product(transposed(sum, N, M), product(xx, sum, N, N, M), M, N, M), M).vectors;
  const leading = (width: number) =>
    Float64Array.from({ length: M * width }, (_, at) => V[Math.floor(at / width) * M + (at % width)]);
  const projected = (B: Float64Array, width: number) =>
    product(product(B, leading(width), N, M, width), transposed(leading(width), M, width), N, width, M);

  const { relevance, next, ...fitted } = await fitRelevance(jsEngine(), byUser, options);
  expect(Math.abs(fitted.unit / unit - 1)).toBeLessThan(1e-9);
  expect(relevance.base.every((value) => value === 0)).toBe(true);
  expect([...next.rows]).toEqual([...Array(M).keys()]);
  for (const [width, wanted, { history, output }] of [
    [E, withNext(options.nextShare), relevance],
    [F, whole[1], next],
  ] as const) {
    const expected = projected(wanted, width);
    const byMovie = product(history, transposed(output, M, width), N, width, M); // row movie · S + scale
    const largest = Math.max(...expected.map(Math.abs));
    for (let at = 0; at < N * M; at++) {
      const [scale, movie] = [Math.floor(at / M / M), Math.floor(at / M) % M];
      const got = byMovie[(movie * scales.length + scale) * M + (at % M)];
      expect(Math.abs(got - expected[at]) / largest).toBeLessThan(1e-4);
    }
  }
});

it('fitRelevance leaves movies with too few ratings at zero', async () => {
  const { byUser, byMovie } = indexRatings(lowRank(30, 40, 0.3));
  const minRatings = 9;
  const { relevance } = await fitRelevance(jsEngine(), byUser, { ...options, minRatings });
  const { output, factors: E } = relevance;
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
  const { relevance, next } = await fitRelevance(jsEngine(), byUser, { ...options, minRatings: 100 });
  expect([...relevance.output, ...relevance.base].every((value) => value === 0)).toBe(true);
  expect(next).toMatchObject({ factors: 0, rows: new Int32Array(0) });
});
