import { describe, expect, it } from 'vitest';
import { historyWeights, relevanceVector } from '../../shared/history.ts';
import type { RatedMovies } from '../../shared/model.ts';
import { inferUser, predictionVariance } from '../../shared/posterior.ts';
import { foldIn, predictRating, predictRaw, scoreMovies } from '../../shared/score.ts';
import { readAllUsers } from '../../shared/users-file.ts';
import { loadFixture } from './worlds.ts';

const model = await loadFixture();
const { movies, userPrior } = model;
const K = movies.factorCount;
const D = K + 1;

const RATED: RatedMovies = { rows: Int32Array.of(3, 17, 40, 120, 199), stars: Float32Array.of(5, 0.5, 4, 3.5, 2) };
const NOTHING: RatedMovies = { rows: new Int32Array(0), stars: new Float32Array(0) };

/** Gauss-Jordan with pivoting: A⁻¹, nothing shared with the code under test. */
function inverse(a: number[][]): number[][] {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let col = 0; col < n; col++) {
    const pivot = rows
      .slice(col)
      .reduce((best, row, i) => (Math.abs(row[col]) > Math.abs(rows[best][col]) ? col + i : best), col);
    [rows[col], rows[pivot]] = [rows[pivot], rows[col]];
    rows[col] = rows[col].map((value, _, row) => value / row[col]);
    for (let i = 0; i < n; i++) {
      if (i === col) continue;
      const factor = rows[i][col];
      rows[i] = rows[i].map((value, j) => value - factor * rows[col][j]);
    }
  }
  return rows.map((row) => row.slice(n));
}

/** f_i = [q_i, 1] */
function featuresOf(row: number): number[] {
  return [...movies.factors.subarray(row * K, (row + 1) * K), 1];
}

/** The posterior as DESIGN §4 writes it, term by term. */
function naive({ rows, stars }: RatedMovies): { mean: number[]; covariance: number[][] } {
  const { tau, mean: mu, precision, constants } = userPrior;
  const n = rows.length;
  const at = (x: number, y: number) => precision[x * D + y];
  const axes = Array.from({ length: D }, (_, x) => x);
  const m = axes.map((x) => {
    const implicit = rows.reduce((sum, row) => sum + movies.priors[row * D + x], 0) / Math.sqrt(n + 20);
    return implicit + constants[x] + (constants[D + x] * Math.log(1 + n)) / 5 + constants[2 * D + x] / Math.sqrt(1 + n);
  });
  const a = axes.map((x) => axes.map((y) => at(x, y)));
  const b = axes.map((x) => axes.reduce((sum, y) => sum + at(x, y) * m[y], 0));
  rows.forEach((row, j) => {
    const f = featuresOf(row);
    for (const x of axes) {
      b[x] += tau * f[x] * (stars[j] - mu - movies.biases[row]);
      for (const y of axes) a[x][y] += tau * f[x] * f[y];
      if (x < K) a[x][x] += tau * movies.factorVariances[row * K + x];
    }
  });
  const covariance = inverse(a);
  return { mean: covariance.map((row) => row.reduce((sum, value, y) => sum + value * b[y], 0)), covariance };
}

describe('a user’s posterior', () => {
  it.each([
    ['five ratings', RATED],
    ['no ratings: the prior', NOTHING],
  ])('agrees with a plain dense solve for %s', (_, rated) => {
    const { mean, covariance } = naive(rated);
    const posterior = inferUser(movies, userPrior, rated);
    mean.forEach((value, x) => {
      expect(posterior.mean[x]).toBeCloseTo(value, 10);
    });
    for (const row of [0, 17, 150]) {
      const f = featuresOf(row);
      const variance = f.reduce(
        (sum, fx, x) => sum + fx * f.reduce((inner, fy, y) => inner + covariance[x][y] * fy, 0),
        0,
      );
      expect(predictionVariance(posterior, movies, row)).toBeCloseTo(variance, 10);
    }
  });

  it('grows surer with every rating', () => {
    const before = inferUser(movies, userPrior, NOTHING);
    const after = inferUser(movies, userPrior, RATED);
    for (let row = 0; row < movies.count; row++) {
      expect(predictionVariance(after, movies, row)).toBeLessThan(predictionVariance(before, movies, row));
    }
  });

  it('refuses a precision that is none', () => {
    const precision = new Float64Array(D * D).fill(-1);
    expect(() => inferUser(movies, { ...userPrior, precision }, NOTHING)).toThrow(/positive definite/);
  });

  it('folding in the training ratings gives the vectors that training stored', async () => {
    let users = 0;
    for await (const stored of readAllUsers(model.users, model.manifest)) {
      const rows = Int32Array.from(stored.movieIds, movies.rowOf);
      const folded = foldIn(model, { rows, stars: stored.stars });
      expect(Math.abs(folded.bias - stored.bias)).toBeLessThan(1e-3);
      for (let x = 0; x < K; x++) expect(Math.abs(folded.factors[x] - stored.factors[x])).toBeLessThan(1e-3);
      for (let e = 0; e < movies.relevanceCount; e++) {
        expect(Math.abs(folded.relevance[e] - stored.relevance[e])).toBeLessThan(1e-3);
      }
      users++;
    }
    expect(users).toBe(130);
  });
});

describe('a user’s relevance vector', () => {
  it('is the base plus each rating’s weighted history vector, exactly', () => {
    const { relevanceCount: E } = movies;
    const v = historyWeights(RATED.stars, model.relevancePrior.history);
    const expected = Array.from(model.relevancePrior.base, (base, e) =>
      RATED.rows.reduce<number>((sum, row, j) => sum + v[j] * movies.history[row * E + e], base),
    );
    expect(Array.from(relevanceVector(movies, model.relevancePrior, RATED))).toEqual(expected);
    expect(Array.from(relevanceVector(movies, model.relevancePrior, NOTHING))).toEqual(
      Array.from(model.relevancePrior.base),
    );
  });

  it('weighs likes up, dislikes down, the rest not, and the newest most', () => {
    const weights = { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 };
    const v = historyWeights([5, 3, 2, 4], weights);
    const w = [3, 2, 1, 0].map((age) => 0.1 + 0.9 * Math.exp(-age / 10));
    const norm = Math.sqrt(w.reduce((sum, value) => sum + value, 0));
    [w[0], 0, -0.2 * w[2], w[3]].forEach((value, j) => {
      expect(v[j]).toBeCloseTo(value / norm, 12);
    });
  });
});

describe('scores', () => {
  const user = foldIn(model, RATED);
  const scored = (blend: number) => {
    const out = new Float32Array(movies.count);
    scoreMovies(model, user, blend, out);
    return out;
  };

  it('are the predicted rating at blend 1, relevance at blend 0, and their mix between', () => {
    const [rating, relevance, mixed] = [scored(1), scored(0), scored(0.25)];
    for (let row = 0; row < movies.count; row++) {
      expect(rating[row]).toBeCloseTo(predictRaw(model, user, row), 5);
      expect(mixed[row]).toBeCloseTo(0.25 * rating[row] + 0.75 * relevance[row], 5);
    }
  });

  it('show stars within the scale', () => {
    const keen = { ...user, bias: 9 };
    expect(predictRating(model, keen, 0)).toBe(5);
    expect(predictRating(model, { ...user, bias: -9 }, 0)).toBe(0.5);
  });
});
