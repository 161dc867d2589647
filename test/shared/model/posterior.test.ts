import { describe, expect, it } from 'vitest';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import { relevanceVector, weightsOfHistory } from '../../../shared/model/history.ts';
import type { RatedMovies } from '../../../shared/model/model.ts';
import { inferUser, NOTHING_RATED, predictionVariance } from '../../../shared/model/posterior.ts';
import { sigmoidResponse } from '../../../shared/model/response.ts';
import { foldIn, predictRating, predictRaw, scoreMovies } from '../../../shared/model/score.ts';
import { loadFixture } from '../../fixtures/model.ts';

const model = await loadFixture();
const { movies, userPrior } = model;
const K = movies.factorCount;
const D = K + 1;

const RATED: RatedMovies = { rows: Int32Array.of(3, 17, 40, 120, 199), stars: Float32Array.of(5, 0.5, 4, 3.5, 2) };

/** A⁻¹ by Gauss-Jordan with pivoting, which shares nothing with the code under test. */
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

/** The posterior by the formulas of `inferUser`, term by term. */
function naive({ rows, stars }: RatedMovies): { mean: number[]; covariance: number[][] } {
  const { tau, mean: mu, precision, constants } = userPrior;
  const n = rows.length;
  const at = (x: number, y: number) => precision[x * D + y];
  const axes = Array.from({ length: D }, (_, x) => x);
  const m = axes.map((x) => {
    const implicit = rows.reduce((sum, row) => sum + movies.priors[row * D + x], 0) / Math.sqrt(n + 5);
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
    ['no ratings: the prior', NOTHING_RATED],
  ])('a user’s posterior agrees with a plain dense solve for %s', (_, rated) => {
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
      expect(predictionVariance(posterior, movies, userPrior, row)).toBeCloseTo(variance, 10);
    }
  });

  it('a user’s posterior narrows with every rating', () => {
    const before = inferUser(movies, userPrior, NOTHING_RATED);
    const after = inferUser(movies, userPrior, RATED);
    for (let row = 0; row < movies.count; row++) {
      expect(predictionVariance(after, movies, userPrior, row)).toBeLessThan(
        predictionVariance(before, movies, userPrior, row),
      );
    }
  });

  it('inferUser refuses a precision that is not positive definite', () => {
    const precision = new Float64Array(D * D).fill(-1);
    expect(() => inferUser(movies, { ...userPrior, precision }, NOTHING_RATED)).toThrow(/positive definite/);
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

describe('a user’s posterior through a sigmoid', () => {
  const response = sigmoidResponse(userPrior.mean, { min: 0, max: 5.5 });
  const prior = { ...userPrior, response };
  // Point estimates, as gradients train them: no variances, and biases in scores.
  const points = {
    ...movies,
    biases: movies.biases.map((bias) => bias * response.perStar),
    factorVariances: new Float32Array(movies.count * K),
  };
  const starsFor = (x: ArrayLike<number>, row: number) =>
    response.stars(featuresOf(row).reduce((sum, f, a) => sum + f * x[a], response.intercept + points.biases[row]));
  const priorMean = inferUser(points, prior, NOTHING_RATED).mean;
  const objective = (x: ArrayLike<number>, { rows, stars }: RatedMovies, m: ArrayLike<number>) => {
    let sum = 0;
    rows.forEach((row, j) => {
      sum += prior.tau * (stars[j] - starsFor(x, row)) ** 2;
    });
    for (let a = 0; a < D; a++)
      for (let b = 0; b < D; b++) sum += (x[a] - m[a]) * prior.precision[a * D + b] * (x[b] - m[b]);
    return sum / 2;
  };
  // With priors of zero only the constants of the prior mean are left.
  const plain = { ...points, priors: new Float32Array(movies.count * D) };
  const flat = { ...prior, constants: prior.constants.map((value, at) => (at < D ? value : 0)) };
  const posterior = inferUser(plain, flat, RATED);
  const m = flat.constants.subarray(0, D);

  it('the posterior through a sigmoid lies where the penalised squared error in stars is least', () => {
    const least = objective(posterior.mean, RATED, m);
    for (let x = 0; x < D; x++) {
      for (const step of [-1e-3, 1e-3]) {
        const moved = posterior.mean.map((value, a) => value + (a === x ? step : 0));
        expect(objective(moved, RATED, m)).toBeGreaterThan(least);
      }
    }
    expect(objective(priorMean, RATED, m)).toBeGreaterThan(least + 0.1);
  });

  it('the posterior through a sigmoid is exactly the solution of its weighted observations', () => {
    const { weights, residuals, mean } = posterior;
    const a = Array.from({ length: D }, (_, x) => Array.from(flat.precision.subarray(x * D, (x + 1) * D)));
    const b = a.map((line) => line.reduce((sum, value, y) => sum + value * m[y], 0));
    RATED.rows.forEach((row, j) => {
      featuresOf(row).forEach((fx, x, f) => {
        b[x] += weights[j] * fx * residuals[j];
        f.forEach((fy, y) => {
          a[x][y] += weights[j] * fx * fy;
        });
      });
    });
    inverse(a).forEach((line, x) => {
      expect(mean[x]).toBeCloseTo(
        line.reduce((sum, value, y) => sum + value * b[y], 0),
        10,
      );
    });
  });

  it('the variance in stars follows from the slope of the response', () => {
    const row = 17;
    const scored = { ...flat, response: { ...response, slope: () => 1 } };
    const ofScore = predictionVariance(posterior, plain, scored, row);
    const slope =
      (starsFor(posterior.mean, row) - starsFor([...posterior.mean].with(K, posterior.mean[K] - 1e-6), row)) / 1e-6;
    expect(predictionVariance(posterior, plain, flat, row)).toBeCloseTo(slope * slope * ofScore, 6);
  });

  it('the posterior without ratings is the prior; contradicting ratings keep it finite', () => {
    expect(Array.from(priorMean)).toEqual(Array.from(inferUser(movies, userPrior, NOTHING_RATED).mean));
    const rows = Int32Array.from({ length: 100 }, (_, j) => j);
    const torn = inferUser(points, prior, { rows, stars: Float32Array.from(rows, (j) => (j % 2 ? 0.5 : 5)) });
    for (const value of [...torn.mean, ...torn.factor]) expect(value).toSatisfy(Number.isFinite);
  });
});

describe('a user’s relevance vector', () => {
  it('a relevance vector is exactly the base plus each rating’s weighted history vector', () => {
    const { relevanceCount: E } = movies;
    const { history: scales, base } = model.relevancePrior;
    const S = scales.length;
    expect(S).toBe(2);
    const v = scales.map((weights) => weightsOfHistory(RATED.stars, weights));
    const expected = Array.from({ length: E }, (_, e) => {
      let h = 0;
      RATED.rows.forEach((row, j) => {
        for (let s = 0; s < S; s++) h += v[s][j] * movies.history[(row * S + s) * E + e];
      });
      return base[e] + h;
    });
    expect(Array.from(relevanceVector(movies, model.relevancePrior, RATED))).toEqual(expected);
    expect(Array.from(relevanceVector(movies, model.relevancePrior, NOTHING_RATED))).toEqual(
      Array.from(model.relevancePrior.base),
    );
  });

  it('history weights are positive for likes, negative for dislikes, 0 for the rest, and largest for the newest', () => {
    const weights = { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 };
    const v = weightsOfHistory([5, 3, 2, 4], weights);
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

  it('scores are the predicted rating at blend 1, relevance at blend 0, and their mix between', () => {
    const [rating, relevance, mixed] = [scored(1), scored(0), scored(0.25)];
    for (let row = 0; row < movies.count; row++) {
      expect(rating[row]).toBeCloseTo(predictRaw(model, user, row), 5);
      expect(mixed[row]).toBeCloseTo(0.25 * rating[row] + 0.75 * relevance[row], 5);
    }
  });

  it('a sigmoid keeps the ranking, and its stars lie in its range', () => {
    const response = sigmoidResponse(userPrior.mean, { min: 0, max: 5.5 });
    const other = { ...model, userPrior: { ...userPrior, response } };
    const out = new Float32Array(movies.count);
    scoreMovies(other, user, 1, out);
    const rows = Array.from(out.keys()).sort((a, b) => out[b] - out[a]);
    const stars = rows.map((row) => predictRating(other, user, row));
    expect(stars).toEqual([...stars].sort((a, b) => b - a));
    rows.forEach((row, rank) => {
      const wanted = 5.5 / (1 + Math.exp(-predictRaw(other, user, row)));
      expect(stars[rank]).toBeCloseTo(Math.min(5, Math.max(0.5, wanted)), 10);
      expect(out[row]).toBeCloseTo(predictRaw(other, user, row), 4);
    });
  });

  it('predicted stars lie within the scale', () => {
    const keen = { ...user, bias: 9 };
    expect(predictRating(model, keen, 0)).toBe(5);
    expect(predictRating(model, { ...user, bias: -9 }, 0)).toBe(0.5);
  });
});
