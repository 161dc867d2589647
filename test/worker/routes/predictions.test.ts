import { describe, expect, it } from 'vitest';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();

/** Ratings of the first movies, in order. */
async function rateFirst(stars: readonly number[], headers: { Cookie: string }): Promise<void> {
  const ratings = stars.map((rating, row) => ({ movieId: movieIdOf(row), rating, timestamp: 1_700_000_000 + row }));
  await app.post('/ratings', { ratings }, headers);
}

describe('GET /ratings/predictions', () => {
  it('predicts each rating from those before it alone', async () => {
    const { headers } = await startSession(app);
    const stars = [5, 1, 4.5, 2, 3, 4, 0.5];
    await rateFirst(stars, headers);
    const { body } = await app.get('/ratings/predictions', headers);
    expect(body).toMatchObject({ ratings: 7, record: { promised: 0.8 } });
    expect(body.items.map(({ rating }: { rating: number }) => rating)).toEqual(stars);
    for (const [j, item] of body.items.entries()) {
      const before = stars.slice(0, j).map((rating, row) => ({ movieId: movieIdOf(row), rating }));
      const asked = await app.post(`/explain/${item.movieId}`, { ratings: before });
      expect(item.predictedRating).toBeCloseTo(asked.body.predictedRating, 5);
      expect(item.uncertainty).toBeCloseTo(asked.body.uncertainty, 5);
      const film = (await app.get(`/movies/${item.movieId}`)).body;
      expect(item).toMatchObject({ title: film.title, average: film.ratingMean, trained: false });
    }
    const off = (of: 'predictedRating' | 'average') =>
      body.items.reduce((sum: number, item: Record<string, number>) => sum + Math.abs(item.rating - item[of]), 0) / 7;
    expect(body.record.error).toBeCloseTo(off('predictedRating'), 5);
    expect(body.record.averageError).toBeCloseTo(off('average'), 5);
  });

  it('takes the newest where there are more than it is asked for', async () => {
    const { headers } = await startSession(app);
    await rateFirst([5, 1, 4.5, 2, 3], headers);
    const all = (await app.get('/ratings/predictions', headers)).body.items;
    const { body } = await app.get('/ratings/predictions?n=2', headers);
    expect(body.ratings).toBe(5);
    for (const [j, item] of body.items.entries()) {
      expect(item.movieId).toBe(all[3 + j].movieId);
      expect(item.predictedRating).toBeCloseTo(all[3 + j].predictedRating, 5);
    }
  });

  it('says which ratings the model has learned from, and that a changed one is none of them', async () => {
    const user = userIdOf(5);
    const before = (await app.get(`/ratings/predictions?user=${user}&n=500`)).body;
    expect(before.items.every(({ trained }: { trained: boolean }) => trained)).toBe(true);
    const { movieId, rating } = before.items[0];
    await app.post('/ratings', { user, movieId, rating: rating > 2 ? 0.5 : 5 }, TOKEN);
    const after = (await app.get(`/ratings/predictions?user=${user}&n=500`)).body.items;
    expect(after.at(-1)).toMatchObject({ movieId, trained: false });
    expect(after.filter(({ trained }: { trained: boolean }) => trained)).toHaveLength(before.items.length - 1);
  });

  it('has no record of somebody without ratings, and asks who that is without a session', async () => {
    const { headers } = await startSession(app);
    expect((await app.get('/ratings/predictions', headers)).body).toMatchObject({
      ratings: 0,
      record: null,
      items: [],
    });
    expect(await app.get('/ratings/predictions')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect((await app.get('/ratings/predictions?n=501', headers)).body).toMatchObject({ parameter: 'n' });
  });
});
