import { expect, it } from 'vitest';
import { scoredBy } from '../../../shared/model/next.ts';
import { popularVector, usualCertainty } from '../../../shared/model/ordering.ts';
import { foldIn, predictRaw, scoreMovies } from '../../../shared/model/score.ts';
import { standardError } from '../../../shared/model/standard-error.ts';
import { LIST_ORDERS, type ListOrder, type ListOrdering, scoresBy } from '../../../trainer/evaluate/list-orders.ts';
import { loadFixture } from '../../fixtures/model.ts';

const fixture = await loadFixture();
const model = { ...fixture, manifest: { ...fixture.manifest, blend: 0.25 } };
const rated = { rows: Int32Array.of(0, 3, 6), stars: Float32Array.of(5, 1, 4) };
const user = foldIn(model, rated);
function scores(by?: ListOrder, leaning: Omit<ListOrdering, 'by'> = {}): Float32Array {
  const out = new Float32Array(model.movies.count);
  scoresBy(model, user, { by, ...leaning }, out);
  return out;
}

it('lists are ordered by the model’s own blend of relevance and predicted rating, which comes first and is the default', () => {
  const blended = new Float32Array(model.movies.count);
  scoreMovies(model, user, 0.25, blended);
  expect(LIST_ORDERS[0]).toBe('blend');
  expect(scores('blend')).toEqual(blended);
  expect(scores()).toEqual(blended);
});

it('lists by rating follow a lower bound of the predicted stars, as served, and lists by relevance know nothing of them', () => {
  const { relevance, relevanceCount: E, ratingCounts } = model.movies;
  const byRating = scores('rating');
  const byRelevance = scores('relevance');
  for (let row = 0; row < model.movies.count; row++) {
    const doubt = usualCertainty(1) * standardError(ratingCounts[row], model.userPrior);
    expect(byRating[row]).toBeCloseTo(predictRaw(model, user, row) - doubt, 4);
    const vector = relevance.subarray(row * E, (row + 1) * E);
    expect(byRelevance[row]).toBeCloseTo(
      vector.reduce((sum, value, e) => sum + value * user.relevance[e], 0),
      4,
    );
  }
});

it('lists lean to what a stranger gets, as much as asked for, and half as much without ratings', () => {
  const { relevance, relevanceCount: E } = model.movies;
  const popular = popularVector(model.relevancePrior);
  const upright = scores('relevance');
  for (const [popularity, known, share] of [
    [-1, 3, -1],
    [0.5, 3, 0.5],
    [1, 0, 0.5],
  ]) {
    const leaning = scores('relevance', { popularity, known });
    for (let row = 0; row < model.movies.count; row++) {
      const part = popular.reduce((sum, value, e) => sum + value * relevance[row * E + e], 0);
      expect(leaning[row] - upright[row]).toBeCloseTo(share * part, 4);
    }
  }
});

it('lists by what is watched next are those that are served, and lean to known films as those by relevance do', () => {
  for (const popularity of [0, -0.5]) {
    const served = new Float32Array(model.movies.count);
    scoreMovies(model, scoredBy(user, { blend: 0, next: model.next, popularity }, model, rated), 0, served);
    expect(scores('next', { popularity, known: 3, rated })).toEqual(served);
  }
  expect(scores('next', { rated })).not.toEqual(scores('relevance'));
});

it('lists by what is watched next need what the user rated, and a model that learned it', () => {
  expect(() => scores('next')).toThrow('needs what they rated');
  const { next: _, ...without } = model;
  expect(() => scoresBy(without, user, { by: 'next', rated }, new Float32Array(model.movies.count))).toThrow(
    expect.objectContaining({ code: 'bad-flag', message: expect.stringContaining('without next.arrow') }),
  );
});
