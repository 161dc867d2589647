import { describe, expect, it } from 'vitest';
import { biasShare } from '../../../shared/model/bias.ts';
import type { RatedMovies } from '../../../shared/model/model.ts';
import { foldIn, predictRaw, withBias } from '../../../shared/model/score.ts';
import { loadFixture } from '../../fixtures/model.ts';

const model = await loadFixture();
const { movies, userPrior } = model;
const mu = userPrior.mean;
const rated = (n: number): RatedMovies => ({
  rows: Int32Array.from({ length: n }, (_, j) => 3 * j),
  stars: Float32Array.from({ length: n }, (_, j) => 1 + (j % 5)),
});
/** Damped mean of a movie, from its count and mean alone. */
const plain = (row: number) =>
  (movies.ratingCounts[row] * (movies.ratingMeans[row] - mu)) / (movies.ratingCounts[row] + 5);

describe('the Bias model', () => {
  it('the Bias model’s share is 1 without ratings, a half after five, 0 from ten on', () => {
    expect([0, 5, 10, 200].map(biasShare)).toEqual([1, 0.5, 0, 0]);
  });

  it('the prediction without ratings is the damped mean of the movie', () => {
    const nobody = foldIn(model, rated(0));
    for (let row = 0; row < movies.count; row += 7)
      expect(predictRaw(model, nobody, row)).toBeCloseTo(mu + plain(row), 5);
  });

  it('the Bias model is mixed with the factors in proportion to its share', () => {
    const { rows, stars } = rated(4);
    const user = foldIn(model, { rows, stars });
    const deviation = rows.reduce((sum, row, j) => sum + stars[j] - mu - plain(row), 0) / (4 + 10);
    const learned = (row: number) => predictRaw(model, { ...user, biasShare: 0 }, row);
    for (let row = 0; row < movies.count; row += 7) {
      const expected = 0.4 * learned(row) + 0.6 * (mu + deviation + plain(row));
      expect(predictRaw(model, user, row)).toBeCloseTo(expected, 5);
    }
  });

  it('the Bias model has no part in predictions for users with enough ratings', () => {
    const { mean } = foldIn(model, rated(12)).posterior;
    const stored = { bias: mean[movies.factorCount], factors: mean.subarray(0, movies.factorCount), relevance: [] };
    const user = withBias(model, stored, rated(12));
    let expected = mu + user.bias + movies.biases[5];
    for (let x = 0; x < movies.factorCount; x++)
      expected += user.factors[x] * movies.factors[5 * movies.factorCount + x];
    expect(predictRaw(model, user, 5)).toBeCloseTo(expected, 10);
  });
});
