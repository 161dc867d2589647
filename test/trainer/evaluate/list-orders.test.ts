import { expect, it } from 'vitest';
import { foldIn, predictRaw, scoreMovies } from '../../../shared/model/score.ts';
import { LIST_ORDERS, type ListOrder, scoresBy } from '../../../trainer/evaluate/list-orders.ts';
import { loadFixture } from '../../fixtures/model.ts';

const fixture = await loadFixture();
const model = { ...fixture, manifest: { ...fixture.manifest, blend: 0.25 } };
const user = foldIn(model, { rows: Int32Array.of(0, 3, 5), stars: Float32Array.of(5, 1, 4) });
function scores(by?: ListOrder): Float32Array {
  const out = new Float32Array(model.movies.count);
  scoresBy(model, user, by, out);
  return out;
}

it('lists are ordered by the model’s own blend of relevance and predicted rating, which comes first and is the default', () => {
  const blended = new Float32Array(model.movies.count);
  scoreMovies(model, user, 0.25, blended);
  expect(LIST_ORDERS[0]).toBe('blend');
  expect(scores('blend')).toEqual(blended);
  expect(scores()).toEqual(blended);
});

it('lists by rating follow the predicted stars, and lists by relevance know nothing of them', () => {
  const { relevance, relevanceCount: E } = model.movies;
  const byRating = scores('rating');
  const byRelevance = scores('relevance');
  for (let row = 0; row < model.movies.count; row++) {
    expect(byRating[row]).toBeCloseTo(predictRaw(model, user, row), 4);
    const vector = relevance.subarray(row * E, (row + 1) * E);
    expect(byRelevance[row]).toBeCloseTo(
      vector.reduce((sum, value, e) => sum + value * user.relevance[e], 0),
      4,
    );
  }
});
