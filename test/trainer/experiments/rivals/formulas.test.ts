import { expect, it } from 'vitest';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { historiesOf, liked, rankedMovies, weighed } from '../../../../trainer/experiments/rivals/core.ts';
import { fitEase } from '../../../../trainer/experiments/rivals/ease.ts';
import { fitIals } from '../../../../trainer/experiments/rivals/ials.ts';
import { random, STREAMS } from '../../../../trainer/math/random.ts';
import { lowRank } from '../../../fixtures/datasets.ts';

const [USERS, MOVIES] = [30, 12];
const train = lowRank(USERS, MOVIES, 0.6);
const core = rankedMovies(train, { minRatings: 1, relevanceMovies: MOVIES });
const likes = weighed(historiesOf(train, core).ratings, liked);
/** The likes in full, (U, C). */
const X = Array.from({ length: likes.rows }, (_, u) => {
  const row = new Array<number>(likes.columns).fill(0);
  for (let k = likes.offsets[u]; k < likes.offsets[u + 1]; k++) row[likes.indices[k]] = 1;
  return row;
});

/** x of A x = b by Gauss-Jordan, nothing shared with what is tested. */
function solve(A: number[][], b: number[]): number[] {
  const rows = A.map((row, i) => [...row, b[i]]);
  for (let p = 0; p < rows.length; p++) {
    rows[p] = rows[p].map((value) => value / rows[p][p]);
    for (let i = 0; i < rows.length; i++) {
      const factor = rows[i][p];
      if (i !== p) rows[i] = rows[i].map((value, j) => value - factor * rows[p][j]);
    }
  }
  return rows.map((row) => row.at(-1)!);
}
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0);
const identity = (n: number) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

it('rankedMovies orders columns from the most liked movie to the least liked', () => {
  expect(core.movieIds.length).toBe(MOVIES);
  const counted = Array.from(core.movieIds, (_, c) => X.reduce((sum, row) => sum + row[c], 0));
  expect([...core.likes]).toEqual(counted);
  expect(counted).toEqual([...counted].sort((a, b) => b - a));
});

it('EASE scores as the full matrix of its closed form does', async () => {
  const ridge = 3;
  const gram = identity(MOVIES).map((row, i) =>
    row.map((one, j) => X.reduce((sum, line) => sum + line[i] * line[j], 0) + ridge * one),
  );
  const P = identity(MOVIES).map((unit) => solve(gram, unit));
  const B = P.map((row, i) => row.map((value, j) => (i === j ? 0 : -value / P[j][j])));
  const ranker = await fitEase(jsEngine(), likes, ridge);
  const scores = await ranker.score(likes);
  X.forEach((history, u) => {
    for (let j = 0; j < MOVIES; j++) {
      const expected = history.reduce((sum, h, i) => sum + h * B[i][j], 0);
      expect(scores[u * MOVIES + j]).toBeCloseTo(expected, 5);
    }
  });
});

it('iALS equals alternating exact solutions of its loss', async () => {
  const options = { factors: 3, sweeps: 2, unobserved: 0.3, ridge: 0.02, seed: 5 };
  const { factors: E, unobserved, ridge } = options;
  const half = (board: number[][], other: number[][]) =>
    board.map((row) => {
      const n = row.reduce((sum, x) => sum + x, 0);
      const A = identity(E).map((line, x) =>
        line.map(
          (one, y) =>
            other.reduce((sum, q, i) => sum + (row[i] + unobserved) * q[x] * q[y], 0) +
            one * ridge * (n + unobserved * other.length),
        ),
      );
      return solve(
        A,
        identity(E).map((_, x) => other.reduce((sum, q, i) => sum + row[i] * q[x], 0)),
      );
    });
  const turned = X[0].map((_, c) => X.map((row) => row[c]));
  const source = random(options.seed, STREAMS.movieFactors);
  let Q = Array.from({ length: MOVIES }, () => Array.from({ length: E }, () => (0.1 / Math.sqrt(E)) * source.normal()));
  for (let sweep = 0; sweep < options.sweeps; sweep++) Q = half(turned, half(X, Q));
  const expected = half(X, Q).map((p) => Q.map((q) => dot(p, q)));

  const ranker = await fitIals(jsEngine(), likes, options);
  const scores = await ranker.score(likes);
  for (const [u, row] of expected.entries()) {
    for (const [i, score] of row.entries()) expect(scores[u * MOVIES + i]).toBeCloseTo(score, 4);
  }
});
