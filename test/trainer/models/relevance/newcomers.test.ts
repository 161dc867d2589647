import { expect, it } from 'vitest';
import { historyVector, relevanceVector } from '../../../../shared/model/history.ts';
import { indexRatings } from '../../../../trainer/data/rating-matrix.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { random, STREAMS } from '../../../../trainer/math/random.ts';
import type { SparseRows } from '../../../../trainer/math/sparse.ts';
import { laterVector } from '../../../../trainer/models/relevance/later-likes.ts';
import { fitNewcomerShares } from '../../../../trainer/models/relevance/newcomer-shares.ts';
import type { TrialUser } from '../../../../trainer/models/relevance/newcomer-starts.ts';
import { fitNewcomers } from '../../../../trainer/models/relevance/newcomers.ts';
import type { Relevance } from '../../../../trainer/models/relevance/next-watch.ts';
import { withPopularity } from '../../../../trainer/models/relevance/popularity.ts';
import { checkerboard, ratingsOf } from '../../../fixtures/datasets.ts';

const SCALES = [{ decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 }];

/** Every movie a factor of its own, and popularity: nothing is lost in the reduction. */
function ownFactors(byUser: SparseRows): Relevance {
  const M = byUser.columns;
  const units = Float32Array.from({ length: M * M }, (_, at) => (at % (M + 1) === 0 ? 1 : 0));
  const plain = { factors: M, output: units, history: units, base: new Float32Array(M) };
  return withPopularity(byUser, plain, 4);
}

/** Everybody rates every movie, in an order and with stars of their own. */
function noise(users: number, movies: number): SparseRows {
  const source = random(3, STREAMS.synthetic);
  const rows: [number, number, number, number][] = [];
  for (let u = 0; u < users; u++) {
    const order = Array.from({ length: movies }, (_, m) => m).sort(() => source.uniform() - 0.5);
    for (const [at, m] of order.entries()) {
      rows.push([u + 1, m + 1, source.uniform() < 0.3 + m / (2 * movies) ? 5 : 2, 1 + at]);
    }
  }
  return indexRatings(ratingsOf(rows)).byUser;
}

it('later likes are divided by the users who had not rated the movie before', () => {
  // Ten ratings each, the last two are later ones. Movie 1 is everybody's first; 2 half of them like at last.
  const rows: [number, number, number, number][] = [];
  for (let u = 0; u < 20; u++) {
    const movies = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    if (u < 10) movies[9] = 2;
    for (const [at, movie] of movies.entries()) rows.push([u + 1, movie, movie === 3 ? 2 : 5, 1 + at]);
  }
  const { byUser } = indexRatings(ratingsOf(rows));
  const relevance = ownFactors(byUser);
  const { factors: E, output } = relevance;
  const popular = Float64Array.from({ length: E }, (_, e) =>
    Array.from({ length: byUser.columns }, (_, row) => output[row * E + e] * output[row * E + E - 1]).reduce(
      (a, b) => a + b,
    ),
  );
  const later = laterVector(byUser, relevance, popular, 2, 4)!;
  const scores = Array.from({ length: byUser.columns }, (_, row) =>
    later.reduce((sum, value, e) => sum + value * output[row * E + e], 0),
  );
  // Liked over those at risk and five more: movie 2 by 10 of 20, 10 by 20 of 20, 11 by the other 10.
  const rates = [0, 10 / 25, 0, 0, 0, 0, 0, 0, 0, 20 / 25, 10 / 25];
  const length = scores.reduce((a, b) => a + b) / rates.reduce((a, b) => a + b);
  rates.forEach((rate, row) => {
    expect(scores[row]).toBeCloseTo(length * rate, 6);
  });
  const likes = Array.from({ length: byUser.columns }, (_, row) => output[row * E + E - 1]);
  expect(scores.reduce((a, b) => a + b)).toBeCloseTo(2 * likes.reduce((a, b) => a + b), 6);
});

it('newcomer shares are the least-squares weights of both constants and taste over what was not rated before', () => {
  const byUser = noise(12, 30);
  const relevance = ownFactors(byUser);
  const E = relevance.factors;
  const V = E - 1;
  const source = random(5, STREAMS.synthetic);
  const map = Float64Array.from({ length: V * V }, () => source.normal());
  const later = Float32Array.from({ length: E }, () => source.uniform());
  const known = 3;
  const movies = { relevanceCount: E, history: relevance.history };
  const starts: TrialUser[] = Array.from({ length: byUser.rows }, (_, u) => {
    const [rows, stars] = [byUser.indices, byUser.values].map((values) =>
      values.subarray(byUser.offsets[u], byUser.offsets[u + 1]),
    );
    const rated = { rows: rows.subarray(0, known) as Int32Array, stars: stars.subarray(0, known) as Float32Array };
    const history = historyVector(movies, SCALES, rated);
    return {
      half: 0,
      rows: rows as Int32Array,
      stars: stars as Float32Array,
      known,
      history,
    };
  });
  const { laterShares, tasteShares } = fitNewcomerShares(relevance, { share: 3, later }, [map], starts, 4);

  // The same written out: a row for each movie that a user had not rated among the first 24 of 30.
  const [design, target]: [number[][], number[]] = [[], []];
  for (const { rows, stars, history } of starts) {
    const taste = Array.from({ length: V }, (_, e) =>
      history.subarray(0, V).reduce((sum, h, a) => sum + h * map[a * V + e], 0),
    );
    for (let k = 24; k < 30; k++) {
      const output = relevance.output.subarray(rows[k] * E, (rows[k] + 1) * E);
      const along = (vector: ArrayLike<number>) => output.reduce((sum, value, e) => sum + value * (vector[e] ?? 0), 0);
      design.push([3 * output[V], along(later), along(taste)]);
      target.push((stars[k] >= 4 ? 1 : 0) / Math.sqrt(6));
    }
  }
  const [popular, late, taste] = leastSquares(design, target);
  expect(laterShares.length).toBe(4);
  expect(laterShares[3]).toBeCloseTo(Math.min(1, Math.max(0, late / (popular + late))), 6);
  expect(tasteShares[3]).toBeCloseTo(Math.max(0, taste / (popular + late)), 6);
  expect(laterShares[0]).toBe(0);
});

it('newcomer shares trust first ratings that tell the taste, and not those that tell nothing', async () => {
  const told = indexRatings(checkerboard(120, 60, 0.9).rated).byUser;
  const untold = noise(120, 60);
  const trust = async (byUser: SparseRows) => {
    const { newcomer, newcomerShares } = await fitNewcomers(jsEngine(), byUser, ownFactors(byUser), {
      history: SCALES,
      strangerRidge: 30,
      favouritesShare: 0.5,
    });
    expect(newcomer.every(Number.isFinite)).toBe(true);
    expect(newcomerShares!.laterShares.every((share) => share >= 0 && share <= 1)).toBe(true);
    return newcomerShares!.tasteShares;
  };
  const [much, little] = [await trust(told), await trust(untold)];
  expect(much.length).toBe(16);
  expect(much[15]).toBeGreaterThan(0.8);
  for (let n = 1; n < 16; n++) expect(little[n]).toBeLessThan(0.5 * much[n]);
});

it('a newcomer gets the share for their number of ratings, or the last one', () => {
  const [E, M] = [2, 20];
  const movies = { relevanceCount: E, history: new Float32Array(M * E).fill(1) };
  const prior = {
    history: SCALES,
    base: Float32Array.of(7, 7),
    newcomer: Float32Array.of(2, 0, 0, 3, 10, 20), // the map doubles and trebles; popular
    newcomerDecay: 1e9, // a newcomer forever
    newcomerShares: {
      later: Float32Array.of(30, 40),
      laterShares: Float64Array.of(0, 0.25, 0.5),
      tasteShares: Float64Array.of(1, 0.5, 0.25),
    },
  };
  const after = (n: number) => {
    const rated = { rows: Int32Array.from({ length: n }, (_, row) => row), stars: new Float32Array(n).fill(5) };
    const [h] = historyVector(movies, SCALES, rated);
    return { h, user: relevanceVector(movies, prior, rated) };
  };
  expect([...after(0).user]).toEqual([10, 20]);
  const [one, two, nine] = [1, 2, 9].map(after);
  expect(one.user[0]).toBeCloseTo(0.75 * 10 + 0.25 * 30 + 0.5 * 2 * one.h, 9);
  expect(two.user[1]).toBeCloseTo(0.5 * 20 + 0.5 * 40 + 0.25 * 3 * two.h, 9);
  expect(nine.user[1]).toBeCloseTo(0.5 * 20 + 0.5 * 40 + 0.25 * 3 * nine.h, 9);
  const { newcomerShares, ...earlier } = prior; // as artifacts of earlier releases
  const rated = { rows: Int32Array.of(1), stars: Float32Array.of(5) };
  expect([...relevanceVector(movies, earlier, rated)]).toEqual([10 + 2 * one.h, 20 + 3 * one.h]);
});

/** Solves the normal equations of three unknowns by Cramer's rule: nothing shared with what is tested. */
function leastSquares(design: readonly number[][], target: readonly number[]): number[] {
  const normal = [0, 1, 2].map((a) => [0, 1, 2].map((b) => design.reduce((sum, row) => sum + row[a] * row[b], 0)));
  const right = [0, 1, 2].map((a) => design.reduce((sum, row, k) => sum + row[a] * target[k], 0));
  const det = ([[a, b, c], [d, e, f], [g, h, i]]: number[][]) =>
    a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [0, 1, 2].map((x) => det(normal.map((row, a) => row.with(x, right[a]))) / det(normal));
}

it('who names favourites alone gets what comes next, too; who also disliked films hardly', () => {
  const [E, M] = [2, 8];
  const movies = { relevanceCount: E, history: Float32Array.from({ length: M * E }, (_, at) => at / 10) };
  const shares = {
    later: Float32Array.of(1, 2),
    laterShares: Float64Array.of(0),
    tasteShares: Float64Array.of(0.5),
  };
  const prior = {
    history: SCALES,
    base: Float32Array.of(0, 0),
    newcomer: Float32Array.of(1, 0, 0, 1, 5, 6),
    newcomerDecay: 1e9, // a newcomer forever
    newcomerShares: { ...shares, favouritesShare: 0.4 },
  };
  const gain = (...stars: number[]) => {
    const rated = { rows: Int32Array.from(stars.keys()), stars: Float32Array.from(stars) };
    const plain = relevanceVector(movies, { ...prior, newcomerShares: shares }, rated);
    const h = historyVector(movies, SCALES, rated);
    const mine = relevanceVector(movies, prior, rated);
    return mine.map((value, e) => (value - plain[e]) / h[e]);
  };
  for (const value of gain(5, 4, 4.5, 5)) expect(value).toBeCloseTo(0.4 * (4 / 5) ** 4, 6);
  for (const value of gain(5, 4, 4.5, 2)) expect(value).toBeCloseTo(0.4 * (3 / 5) ** 4, 6);
  for (const value of gain(3, 3, 3, 5)) expect(value).toBeCloseTo(0.4 * (1 / 5) ** 4, 6);
});
