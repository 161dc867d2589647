import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { indexRatings } from '../../../../trainer/data/rating-matrix.ts';
import { splitDataset } from '../../../../trainer/data/split.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { rowsOf } from '../../../../trainer/math/ids.ts';
import type { Factorization } from '../../../../trainer/models/learned.ts';
import { NO_FEATURES } from '../../../../trainer/models/movie-features.ts';
import { factorize } from '../../../../trainer/models/variational/factorize.ts';
import { type FactorizationOptions, ratingDefaults } from '../../../../trainer/models/variational/settings.ts';
import { checkerboard, datasetOf, lowRank, ratingsOf } from '../../../fixtures/datasets.ts';
import { variationalOptions } from '../../../fixtures/options.ts';

const options = { ...variationalOptions({ factors: 4, sweeps: 12 }), userRidge: 2 };

function predict({ factors: K, mean, users, movies }: Factorization, user: number, movie: number): number {
  const D = K + 1;
  let sum = mean + users.means[user * D + K] + movies.means[movie * D + K];
  for (let x = 0; x < K; x++) sum += users.means[user * D + x] * movies.means[movie * D + x];
  return sum;
}

describe('the variational factorisation', () => {
  it('the factorisation predicts the hidden half of a checkerboard', async () => {
    const { rated, hidden } = checkerboard(30, 24, 0.5);
    const matrix = indexRatings(rated);
    const result = await factorize(jsEngine(), matrix, NO_FEATURES, options);
    for (let i = 0; i < hidden.count; i++) {
      const [user, movie] = [matrix.userIds.indexOf(hidden.userIds[i]), matrix.movieIds.indexOf(hidden.movieIds[i])];
      expect(Math.abs(predict(result, user, movie) - hidden.stars[i])).toBeLessThan(0.5);
    }
  });

  it('the factorisation learns τ near 1/σ² from ratings drawn with σ = 0.4 and rounded to half stars', async () => {
    const matrix = indexRatings(lowRank(150, 120, 0.6));
    const { tau } = await factorize(jsEngine(), matrix, NO_FEATURES, options);
    const sigma = 1 / Math.sqrt(tau);
    expect(sigma).toBeGreaterThan(0.36);
    expect(sigma).toBeLessThan(0.5);
  });

  it('the factorisation predicts unseen ratings better than biases can', async () => {
    const { train, test } = splitDataset(datasetOf(lowRank(150, 120, 0.5)), 'random', 0.2, 1);
    const matrix = indexRatings(train);
    const rmse = async (factors: number) => {
      const result = await factorize(jsEngine(), matrix, NO_FEATURES, { ...options, factors });
      let squares = 0;
      for (let i = 0; i < test.count; i++) {
        const [user, movie] = [matrix.userIds.indexOf(test.userIds[i]), matrix.movieIds.indexOf(test.movieIds[i])];
        squares += (predict(result, user, movie) - test.stars[i]) ** 2;
      }
      return Math.sqrt(squares / test.count);
    };
    expect(await rmse(4)).toBeLessThan(0.75 * (await rmse(1)));
    expect(await rmse(4)).toBeLessThan(0.55);
  });

  it('late sweeps improve predictions of unseen real ratings, and whole covariances improve them further', async () => {
    const dataset = await loadDataset('ml-latest-small-2016');
    const { train, test } = splitDataset(dataset, 'random', 0.1, 1);
    const matrix = indexRatings(train);
    const settings = {
      ...variationalOptions({ factors: 15, sweeps: 15 }),
      ...ratingDefaults(train.count, variationalOptions()),
    };
    const engine = await openEngine('wasm');
    const errorOf = async (changed: Pick<FactorizationOptions, 'covariances' | 'noLateSweeps'>) => {
      const result = await factorize(engine, matrix, NO_FEATURES, { ...settings, ...changed });
      const rows = [rowsOf(test.userIds, matrix.userIds), rowsOf(test.movieIds, matrix.movieIds)];
      const known = Array.from(test.stars.keys()).filter((i) => rows[0][i] >= 0 && rows[1][i] >= 0);
      const squares = known.map((i) => (predict(result, rows[0][i], rows[1][i]) - test.stars[i]) ** 2);
      return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / known.length);
    };
    const plain = await errorOf({ covariances: 'late', noLateSweeps: true });
    const [late, whole] = [await errorOf({ covariances: 'never' }), await errorOf({ covariances: 'late' })];
    await engine.close();
    expect(late).toBeLessThan(plain);
    expect(whole).toBeLessThan(late);
    expect(whole).toBeGreaterThan(plain - 0.005);
  });

  it('movies without ratings get their prior, which their features inform', async () => {
    const ratings = lowRank(60, 40, 0.5);
    const catalogue = new Map([40, 41, 42].map((id) => [id, { movieId: id, title: '', year: null, genres: [] }]));
    const matrix = indexRatings(ratings, catalogue);
    const good = Float32Array.from(matrix.byMovie.offsets.slice(1), (end, row) => {
      const values = matrix.byMovie.values.subarray(matrix.byMovie.offsets[row], end);
      return values.length === 0
        ? Number(matrix.movieIds[row] === 42)
        : Number(values.reduce((a, b) => a + b) / values.length > 3.3);
    });
    const { movies, factors: K } = await factorize(jsEngine(), matrix, { count: 1, values: good }, options);
    const bias = (movieId: number) => movies.means[matrix.movieIds.indexOf(movieId) * (K + 1) + K];
    expect(bias(42)).toBeGreaterThan(bias(41) + 0.3);
  });

  it.each([
    [
      'all ratings equal',
      ratingsOf([
        [1, 1, 5],
        [1, 2, 5],
        [2, 1, 5],
        [3, 2, 5],
      ]),
    ],
    ['one rating', ratingsOf([[7, 7, 3]])],
    [
      'ids up to 2^31 − 1',
      ratingsOf([
        [2147483647, 1, 4],
        [1, 2147483647, 2],
        [1, 1, 3],
      ]),
    ],
  ])('the factorisation trains on %s', async (_, ratings) => {
    const result = await factorize(jsEngine(), indexRatings(ratings), NO_FEATURES, options);
    expect([...result.users.means, ...result.movies.means, result.tau].every(Number.isFinite)).toBe(true);
    expect(Math.abs(predict(result, 0, 0) - ratings.stars.reduce((a, b) => a + b) / ratings.count)).toBeLessThan(1.1);
  });
});
