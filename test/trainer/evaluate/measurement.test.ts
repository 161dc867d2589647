import { describe, expect, it } from 'vitest';
import { foldIn, scoreMovies } from '../../../shared/model/score.ts';
import { scoresBy } from '../../../trainer/evaluate/list-orders.ts';
import { Measurement, type MeasurementPlan } from '../../../trainer/evaluate/measurement.ts';
import { ratingsOf } from '../../fixtures/datasets.ts';
import { loadFixture } from '../../fixtures/model.ts';

const model = await loadFixture();
const { movieIds, count: M, ratingCounts } = model.movies;
const SEEN = [0, 3];
const rated = { rows: Int32Array.from(SEEN), stars: Float32Array.of(5, 4) };
const user = foldIn(model, rated);

/** All movies that training rated and the user did not, best first: of equal scores the smaller row. */
const scores = new Float32Array(M);
scoreMovies(model, user, model.manifest.blend, scores);
const ranking = Array.from({ length: M }, (_, row) => row)
  .filter((row) => !SEEN.includes(row) && ratingCounts[row] > 0)
  .sort((a, b) => scores[b] - scores[a] || a - b);

/** The movie that people watch right after one. */
function rowAfter(row: number): number {
  const { rows, starts, successors } = model.next!;
  return rows[successors[starts[rows.indexOf(row)]]];
}

/** Measures the user by movies asked one after the other. @param likes popularity by row */
function measured(
  asked: readonly (readonly [movieId: number, stars: number])[],
  plan: MeasurementPlan = { asksNext: true },
) {
  const test = ratingsOf(asked.map(([movieId, stars], j) => [1, movieId, stars, 100 + j]));
  const likes = Float32Array.from({ length: M }, (_, row) => M - row);
  const measurement = new Measurement(model, test, likes, plan);
  const positions = Int32Array.from(asked, (_, i) => i);
  measurement.add(positions, { vectors: user, rated, seen: new Set(SEEN) }, () => 3);
  return measurement.result();
}

describe('the next film', () => {
  it.each([0, 4, 9])('is a hit at place %i of the full ranking, whatever its stars', (place) => {
    const { metrics } = measured([[movieIds[ranking[place]], 1]]);
    expect(metrics.next).toEqual({ 'hr@10': 1, 'ndcg@10': 1 / Math.log2(place + 2), asked: 1 });
    // Nothing was liked: no list counts.
    expect(metrics.users).toBe(0);
  });

  it('is a miss from the eleventh place on, and where the model lacks it', () => {
    for (const movieId of [movieIds[ranking[10]], 987_654]) {
      expect(measured([[movieId, 5]]).metrics.next).toEqual({ 'hr@10': 0, 'ndcg@10': 0, asked: 1 });
    }
  });

  it('is the first that was asked, not the best', () => {
    const asked = [ranking[4], ranking[0]].map((row) => [movieIds[row], 5] as const);
    expect(measured(asked).metrics.next!['ndcg@10']).toBe(1 / Math.log2(6));
  });

  it('is ranked by popularity without what the user rated before', () => {
    const place = [1, 2, 3, 4].filter((row) => ratingCounts[row] > 0 && !SEEN.includes(row)).indexOf(4);
    const { baselines } = measured([[movieIds[4], 4]]);
    expect(baselines.popularity.next).toEqual({ 'hr@10': 1, 'ndcg@10': 1 / Math.log2(place + 2), asked: 1 });
    expect(measured([[movieIds[SEEN[0]], 4]]).metrics.next!['hr@10']).toBe(0);
  });

  it('is a miss where the catalogue has it but the training never saw it', () => {
    const unrated = ratingCounts.indexOf(0);
    const recent = [{ days: 7, scores: Float32Array.from({ length: M }, (_, row) => (row === unrated ? 1 : 0)) }];
    const { baselines } = measured([[movieIds[unrated], 4]], { asksNext: true, recent });
    expect(baselines.recent![0]).toMatchObject({ 'ndcg@10': 1, next: { 'hr@10': 0, asked: 1 } });
  });

  it('is not asked for where the split has no order', () => {
    const { metrics, baselines } = measured([[movieIds[ranking[0]], 5]], {});
    expect(metrics).not.toHaveProperty('next');
    expect(baselines).not.toHaveProperty('recent');
  });

  it('is asked of lists by what is watched next too, where the model learned that and lists are by something else', () => {
    const after = rowAfter(SEEN[1]);
    expect(ranking.indexOf(after)).toBeGreaterThan(0);
    const asked = [[movieIds[after], 1]] as const;
    const { byNext, metrics } = measured(asked);
    expect(byNext).toEqual({ next: { 'hr@10': 1, 'ndcg@10': 1, asked: 1 } });
    expect(metrics.next!['ndcg@10']).toBeLessThan(1);
    const own = measured(asked, { asksNext: true, by: 'next' });
    expect(own.metrics.next).toEqual(byNext!.next);
    expect(own).not.toHaveProperty('byNext');
    expect(measured(asked, {})).not.toHaveProperty('byNext');
    const seen = measured([[movieIds[SEEN[1]], 5]]);
    expect(seen.byNext).toEqual({ next: { 'hr@10': 0, 'ndcg@10': 0, asked: 1 } });
  });

  it('is found by what is watched next when the film that it follows is known by then', () => {
    const chain = ratingsOf([52, 53].map((row, j) => [1, movieIds[row], 3, 100 + j]));
    const other = new Measurement(model, chain, new Float32Array(M), { by: 'next' });
    other.addSuccessive(Int32Array.of(0, 1), { vectors: user, rated });
    // 53 comes right after 52, and nothing that the user rated comes before 52.
    expect(other.result().metrics.successive).toMatchObject({ 'hr@10': 0.5, 'ndcg@10': 0.5, asked: 2 });
  });

  it('is asked of every list of what was popular lately', () => {
    const best = Float32Array.from({ length: M }, (_, row) => (row === ranking[20] ? 1 : 0));
    const { baselines } = measured([[movieIds[ranking[20]], 4]], {
      asksNext: true,
      recent: [{ days: 7, scores: best }],
    });
    expect(baselines.recent).toMatchObject([
      { days: 7, 'ndcg@10': 1, 'recall@20': 1, users: 1, next: { 'hr@10': 1, 'ndcg@10': 1 } },
    ]);
  });
});

it('every film in turn is asked of the user with the earlier ones folded in, which are not ranked again', () => {
  const asked = ratingsOf([4, 7, 1].map((place, j) => [1, movieIds[ranking[place]], 5, 100 + j] as const));
  const measurement = new Measurement(model, asked, new Float32Array(M));
  measurement.addSuccessive(Int32Array.of(0, 1, 2), { vectors: user, rated });
  const gains = [0, 1, 2].map((at) => {
    const rows = [...SEEN, ...Array.from(asked.movieIds.subarray(0, at), model.movies.rowOf)];
    const now = foldIn(model, {
      rows: Int32Array.from(rows),
      stars: Float32Array.of(5, 4, ...asked.stars.subarray(0, at)),
    });
    const scored = new Float32Array(M);
    scoreMovies(model, now, model.manifest.blend, scored);
    const order = ranking.filter((row) => !rows.includes(row)).sort((a, b) => scored[b] - scored[a] || a - b);
    const place = order.indexOf(model.movies.rowOf(asked.movieIds[at]));
    return place < 10 ? 1 / Math.log2(place + 2) : 0;
  });
  const { successive, next } = measurement.result().metrics;
  expect(successive).toMatchObject({ 'ndcg@10': (gains[0] + gains[1] + gains[2]) / 3, asked: 3 });
  expect(gains[0]).toBe(1 / Math.log2(6));
  expect(next).toBeUndefined();
});

it('the reach of the lists is that of the twenty best movies', () => {
  const { metrics } = measured([[movieIds[ranking[0]], 5]]);
  expect(metrics.reach.coverage).toBe(20 / M);
  const others = (row: number) => ratingCounts.filter((count) => count < ratingCounts[row]).length / (M - 1);
  const top = ranking.slice(0, 20);
  expect(metrics.reach.popularity).toBeCloseTo(top.reduce((sum, row) => sum + others(row), 0) / 20, 12);
});

it('lists are ordered by what was asked for', () => {
  const byRating = new Float32Array(M);
  scoresBy(model, user, { by: 'rating' }, byRating);
  const [best] = ranking.toSorted((a, b) => byRating[b] - byRating[a] || a - b);
  expect(best).not.toBe(ranking[0]);
  const asked = [[movieIds[best], 5]] as const;
  expect(measured(asked, { asksNext: true, by: 'rating' }).metrics.next!['ndcg@10']).toBe(1);
});

it('lists that lean to known films are measured beside the others, each by its own scores', () => {
  const asked = [[movieIds[ranking[0]], 5]] as const;
  const { leaning, metrics } = measured(asked, { popularity: [-1, 0, 1] });
  const { next: _, rmse, mae, ...upright } = metrics;
  expect(leaning!.map(({ popularity }) => popularity)).toEqual([-1, 0, 1]);
  expect(leaning![1]).toEqual({ popularity: 0, ...upright });
  const popularities = leaning!.map(({ reach }) => reach.popularity);
  expect(popularities).toEqual(popularities.toSorted((a, b) => a - b));
  expect(popularities[0]).toBeLessThan(popularities[2]);
  expect(measured(asked)).not.toHaveProperty('leaning');
});
