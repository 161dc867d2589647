import { describe, expect, it } from 'vitest';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { idsOf, startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();
const rating = (row: number, stars: number) => ({ movieId: movieIdOf(row), rating: stars });

describe('POST /recommend with suppose', () => {
  it.each([
    {},
    { k: 7, explain: 3, genre: ['Drama'] },
    { by: 'rating', certainty: 1 },
    { by: 'next', popularity: -0.5 },
    { blend: 0.4, diversity: 0.5, rated: 'show', since: 1 },
  ])('supposed ratings give the very answer that comes once they are stored: %j', async (asked) => {
    const { user, headers } = await startSession(app);
    await app.post('/ratings', { ratings: [rating(1, 4), rating(5, 2), rating(9, 3.5)] }, headers);
    app.pass(60);
    // A new one, a changed one, and one that is given again: each counts as the newest.
    for (const suppose of [[rating(2, 5)], [rating(5, 4.5)], [rating(1, 4)], [rating(3, 0.5), rating(9, 5)]]) {
      const supposed = await app.post('/recommend', { suppose, ...asked }, headers);
      expect(supposed).toMatchObject({ status: 200, body: { user, basis: 'folded-in' } });
      await app.post('/ratings', { ratings: suppose }, headers);
      const query = new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)]));
      const stored = await app.get(`/recommend?${query}`, headers);
      expect(stored.body).toEqual(supposed.body);
      app.pass(60);
    }
  });

  it('supposed ratings of a user whom training knew count beside those of training', async () => {
    const user = userIdOf(3);
    const suppose = [rating(2, 1), rating(6, 5)];
    const supposed = await app.post('/recommend', { user, suppose, explain: 2 }, TOKEN);
    await app.post('/ratings', { user, ratings: suppose }, TOKEN);
    expect((await app.get(`/recommend?user=${user}&explain=2`, TOKEN)).body).toEqual(supposed.body);
  });

  it('supposed ratings of nobody are those of a newcomer', async () => {
    const ratings = [rating(2, 5), rating(7, 1)];
    const supposed = await app.post('/recommend', { suppose: ratings });
    expect(supposed.body).toEqual((await app.post('/recommend', { ratings })).body);
  });

  it('a supposed rating is not stored', async () => {
    const { headers } = await startSession(app);
    const before = await app.get('/recommend', headers);
    const supposed = await app.post('/recommend', { suppose: [rating(2, 5)] }, headers);
    expect(idsOf(supposed)).not.toEqual(idsOf(before));
    expect((await app.get('/recommend', headers)).body).toEqual(before.body);
    expect((await app.get('/ratings', headers)).body.ratings).toEqual([]);
  });

  it('a supposed rating of another user needs the rights that reading them needs', async () => {
    const [own, other] = [await startSession(app), await startSession(app)];
    const body = { user: own.user, suppose: [rating(2, 5)] };
    expect((await app.post('/recommend', body, own.headers)).status).toBe(200);
    expect(await app.post('/recommend', body, other.headers)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(await app.post('/recommend', body)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it.each<[object, number, string, string]>([
    [{ suppose: [], ratings: [] }, 400, 'bad-body', 'suppose: got [], expected at least 1 elements'],
    [
      { suppose: [rating(2, 5)], ratings: [] },
      400,
      'bad-body',
      'suppose: got it beside ratings, expected one of the two',
    ],
    [
      { suppose: [rating(2, 5)], people: [{ ratings: [] }] },
      400,
      'bad-body',
      'suppose: got it beside people, expected one of the two',
    ],
    [{ user: 3, ratings: [] }, 400, 'bad-body', 'user: got 3, expected suppose beside it'],
    [{ suppose: [{ movieId: 1, rating: 5 }] }, 404, 'unknown-movie', 'suppose.0.movieId: the model has no movie 1'],
    [{ suppose: [rating(2, 5.2)] }, 422, 'bad-rating', 'suppose.0.rating: got 5.2'],
    [{ suppose: [{ ...rating(2, 5), timestamp: 3 }] }, 400, 'bad-body', 'suppose.0.timestamp: got 3'],
    [{ suppose: [rating(2, 5)], profile: 'opera' }, 400, 'bad-body', 'profile: got "opera", expected no such name'],
  ])('%o is refused', async (body, status, code, detail) => {
    const answer = await app.post('/recommend', body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toContain(detail);
  });
});
