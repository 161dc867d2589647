import { describe, expect, it } from 'vitest';
import type { RelevancePrior, UserVectors } from '../../../shared/model/model.ts';
import { orderedBy, popularVector, usualCertainty } from '../../../shared/model/ordering.ts';
import { predictRating, scoreMovies } from '../../../shared/model/score.ts';
import { standardError } from '../../../shared/model/standard-error.ts';
import { loadFixture } from '../../fixtures/model.ts';

const fixture = await loadFixture();
const prior: RelevancePrior = fixture.relevancePrior;
const E = fixture.movies.relevanceCount;

function userLike(seed: number): UserVectors {
  return {
    bias: 0.1,
    factors: Float64Array.from({ length: fixture.movies.factorCount }, (_, x) => Math.sin(seed + x)),
    relevance: Float64Array.from({ length: E }, (_, e) => Math.cos(seed * e)),
    biasShare: 0,
    deviation: 0,
  };
}

function scoresOf(user: UserVectors, blend: number): Float32Array {
  const scores = new Float32Array(fixture.movies.count);
  scoreMovies(fixture, user, blend, scores);
  return scores;
}

/** Rows, best first. */
function order(scores: Float32Array): number[] {
  return [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
}

describe('orderedBy', () => {
  it('leaves a user who asks for nothing as they are', () => {
    const user = userLike(1);
    expect(orderedBy(user, { blend: 0.5, popularity: 0, certainty: 0 }, prior, 30)).toBe(user);
  });

  it('popularity adds that share of a stranger’s scores, and changes no prediction', () => {
    const user = userLike(2);
    const popular = scoresOf({ ...user, relevance: popularVector(prior) }, 0);
    const plain = scoresOf(user, 0);
    for (const popularity of [-1, -0.5, 0.5, 1]) {
      const moved = orderedBy(user, { blend: 0, popularity }, prior, 30);
      scoresOf(moved, 0).forEach((score, row) => {
        expect(score).toBeCloseTo(plain[row] + popularity * popular[row], 4);
      });
      expect(scoresOf(moved, 1)).toEqual(scoresOf(user, 1));
      expect(predictRating(fixture, moved, 3)).toBe(predictRating(fixture, user, 3));
    }
  });

  it('whoever has rated nothing keeps the order of popularity, whatever is asked', () => {
    const stranger = { ...userLike(3), relevance: popularVector(prior) };
    const wanted = order(scoresOf(stranger, 0));
    for (const popularity of [-1, -0.5, 0.5, 1]) {
      const scores = scoresOf(orderedBy(stranger, { blend: 0, popularity }, prior, 0), 0);
      expect(order(scores).slice(0, 50)).toEqual(wanted.slice(0, 50));
    }
  });

  it('certainty takes so many standard errors from a score by rating, and changes no prediction', () => {
    const user = userLike(4);
    const [plain, sure] = [user, orderedBy(user, { blend: 1, certainty: 1.5 }, prior, 30)];
    const [before, after] = [scoresOf(plain, 1), scoresOf(sure, 1)];
    fixture.movies.ratingCounts.forEach((count, row) => {
      expect(before[row] - after[row]).toBeCloseTo(1.5 * standardError(count, fixture.userPrior), 5);
    });
    expect(scoresOf(sure, 0)).toEqual(scoresOf(plain, 0));
    expect(predictRating(fixture, sure, 3)).toBe(predictRating(fixture, plain, 3));
  });
});

describe('usualCertainty', () => {
  it('is for lists by predicted rating alone', () => {
    expect([0, 0.5, 0.99, 1].map(usualCertainty)).toEqual([0, 0, 0, 2]);
  });
});

describe('standardError', () => {
  it('is 1/√(τ (n + 5)) stars, and through a sigmoid what makes as many stars around the mean', () => {
    const { response, tau } = { ...fixture.userPrior, tau: 2 };
    expect(standardError(0, { tau, response })).toBeCloseTo(1 / Math.sqrt(10), 12);
    expect(standardError(45, { tau, response })).toBeCloseTo(0.1, 12);
    expect(standardError(45, { tau, response: { ...response, perStar: 0.8 } })).toBeCloseTo(0.08, 12);
  });
});
