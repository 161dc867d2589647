import { describe, expect, it } from 'vitest';
import { expectEach } from '../../../shared/model/hindsight.ts';
import type { RatedMovies } from '../../../shared/model/model.ts';
import { predictionVariance } from '../../../shared/model/posterior.ts';
import { sigmoidResponse } from '../../../shared/model/response.ts';
import { foldIn, predictRating } from '../../../shared/model/score.ts';
import { loadFixture } from '../../fixtures/model.ts';
import { mulberry } from '../../fixtures/random.ts';

const model = await loadFixture();
const { movies, userPrior } = model;

/** Ratings of different movies, at random. */
function ratedAtRandom(n: number): RatedMovies {
  const random = mulberry(n);
  const rows = Int32Array.from(movies.movieIds.keys()).sort(() => random() - 0.5);
  return { rows: rows.subarray(0, n), stars: Float32Array.from({ length: n }, () => Math.ceil(10 * random()) / 2) };
}

describe('what was expected of each rating', () => {
  const rated = ratedAtRandom(60);

  it.each([0, 1, 7, 59])('is what folding in the ratings before it predicts, from rating %d on', (from) => {
    const expected = expectEach(model, rated, from);
    expect(expected).toHaveLength(60 - from);
    for (const [j, { stars, deviation }] of expected.entries()) {
      const n = from + j;
      const before = { rows: rated.rows.subarray(0, n), stars: rated.stars.subarray(0, n) };
      const user = foldIn(model, before);
      expect(stars).toBeCloseTo(predictRating(model, user, rated.rows[n]), 8);
      const variance = predictionVariance(user.posterior, movies, userPrior, rated.rows[n]) + 1 / userPrior.tau;
      expect(deviation).toBeCloseTo(Math.sqrt(variance), 8);
    }
  });

  it('does not depend on ratings that come later', () => {
    const changed = { rows: rated.rows, stars: rated.stars.map((stars, j) => (j < 30 ? stars : 5.5 - stars)) };
    expect(expectEach(model, changed).slice(0, 31)).toEqual(expectEach(model, rated).slice(0, 31));
    expect(expectEach(model, changed)[40]).not.toEqual(expectEach(model, rated)[40]);
  });

  it('stays near to folding in where stars are a sigmoid of the score', () => {
    const curved = {
      ...model,
      userPrior: { ...userPrior, response: sigmoidResponse(userPrior.mean, { min: 0, max: 5.5 }) },
    };
    for (const [n, { stars }] of expectEach(curved, rated).entries()) {
      const before = { rows: rated.rows.subarray(0, n), stars: rated.stars.subarray(0, n) };
      expect(Math.abs(stars - predictRating(curved, foldIn(curved, before), rated.rows[n]))).toBeLessThan(0.25);
    }
  });

  it('is nothing for nobody', () => {
    expect(expectEach(model, ratedAtRandom(0))).toEqual([]);
  });
});
