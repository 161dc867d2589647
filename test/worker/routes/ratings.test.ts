import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();
const [FIRST, SECOND] = [movieIdOf(0), movieIdOf(1)];

describe('POST /ratings', () => {
  it('POST /ratings stores one rating or many; GET /ratings lists them oldest first', async () => {
    const { user, headers } = await startSession(app);
    const one = await app.post('/ratings', { movieId: FIRST, rating: 4.5, timestamp: 2000 }, headers);
    expect(one.body).toEqual({ user, ratings: 1 });
    const many = [
      { movieId: SECOND, rating: 2, timestamp: 1000 },
      { movieId: movieIdOf(5), rating: 3, timestamp: 3000 },
    ];
    expect((await app.post('/ratings', { ratings: many }, headers)).body).toEqual({ user, ratings: 2 });
    const { body } = await app.get('/ratings', headers);
    expect(body).toEqual({
      user,
      ratings: [
        { movieId: SECOND, rating: 2, timestamp: 1000, title: 'Café Horizon', year: 1951 },
        { movieId: FIRST, rating: 4.5, timestamp: 2000, title: 'The Lantern', year: 1950 },
        { movieId: movieIdOf(5), rating: 3, timestamp: 3000, title: 'Frozen Anchor 5', year: null },
      ],
    });
  });

  it('the log has the source of each change: page, program or file', async () => {
    const { user, headers } = await startSession(app);
    await app.post('/ratings', { movieId: FIRST, rating: 4.5 }, headers);
    await app.post('/ratings', { user, movieId: SECOND, rating: 2 }, TOKEN);
    const file = `userId,movieId,rating,timestamp\n${user},${movieIdOf(5)},3,1000\n`;
    await app.post('/import', file, { 'Content-Type': 'text/csv', ...headers });
    await app.remove(`/ratings/${FIRST}`, headers);
    const log = env.DB.prepare(
      'SELECT movie_id, half_stars, source FROM rating_log WHERE user_id = ?1 ORDER BY seq',
    ).bind(user);
    expect((await log.all()).results).toEqual([
      { movie_id: FIRST, half_stars: 9, source: 'page' },
      { movie_id: SECOND, half_stars: 4, source: 'api' },
      { movie_id: movieIdOf(5), half_stars: 6, source: 'import' },
      { movie_id: FIRST, half_stars: null, source: 'page' },
    ]);
  });

  it('the latest timestamp wins, and the same rating again changes nothing', async () => {
    const { headers } = await startSession(app);
    const rate = (rating: number, timestamp: number) =>
      app.post('/ratings', { movieId: FIRST, rating, timestamp }, headers);
    await rate(3, 500);
    await rate(5, 700);
    await rate(1, 600);
    await rate(5, 700);
    const { ratings } = (await app.get('/ratings', headers)).body;
    expect(ratings).toMatchObject([{ movieId: FIRST, rating: 5, timestamp: 700 }]);
  });

  it('a timestamp in the future counts as now, so that it can be overwritten', async () => {
    const { headers } = await startSession(app);
    await app.post('/ratings', { movieId: FIRST, rating: 3, timestamp: 9_999_999_999 }, headers);
    await app.post('/ratings', { movieId: FIRST, rating: 4 }, headers);
    expect((await app.get('/ratings', headers)).body.ratings).toMatchObject([{ rating: 4 }]);
  });

  it('POST /ratings takes a thousand ratings at once and refuses more', async () => {
    const { headers } = await startSession(app);
    const ratings = Array.from({ length: 1001 }, (_, i) => ({ movieId: movieIdOf(i % 200), rating: 3 }));
    expect((await app.post('/ratings', { ratings: ratings.slice(1) }, headers)).status).toBe(200);
    const refused = await app.post('/ratings', { ratings }, headers);
    expect(refused.body).toMatchObject({ code: 'bad-body', parameter: 'ratings', expected: 'at most 1000 elements' });
  });

  it.each([
    ['an unknown movie', { movieId: 1, rating: 3 }, 404, 'unknown-movie', 'ratings.1.movieId'],
    ['a rating off the scale', { movieId: FIRST, rating: 5.5 }, 422, 'bad-rating', 'ratings.1.rating'],
    ['a rating between half stars', { movieId: FIRST, rating: 3.3 }, 422, 'bad-rating', 'ratings.1.rating'],
    ['a rating that is no number', { movieId: FIRST, rating: '4' }, 400, 'bad-body', 'ratings.1.rating'],
    ['no movie', { rating: 4 }, 400, 'bad-body', 'ratings.1.movieId'],
    ['a misspelt field', { movieId: FIRST, rating: 4, stars: 4 }, 400, 'bad-body', 'ratings.1.stars'],
    ['a broken timestamp', { movieId: FIRST, rating: 4, timestamp: -1 }, 400, 'bad-body', 'ratings.1.timestamp'],
  ])('POST /ratings refuses the whole batch for %s and names the element', async (_, bad, status, code, element) => {
    const { headers } = await startSession(app);
    const answer = await app.post('/ratings', { ratings: [{ movieId: SECOND, rating: 4 }, bad] }, headers);
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(answer.body.detail).toContain(element);
    expect((await app.get('/ratings', headers)).body.ratings).toEqual([]);
  });

  it('POST /ratings names the wrong value of a single rating, too', async () => {
    const { headers } = await startSession(app);
    const { status, body } = await app.post('/ratings', { movieId: FIRST, rating: 7 }, headers);
    expect(status).toBe(422);
    const fix = 'Give half a star to five stars, in steps of half a star.';
    expect(body).toMatchObject({ code: 'bad-rating', got: 7, expected: 'at most 5', fix });
  });

  it.each([
    ['no JSON', '{"movieId":', 'application/json'],
    ['another type', 'movieId=2', 'application/x-www-form-urlencoded'],
    ['an array', '[]', 'application/json'],
    ['nothing to store', '{"ratings":[]}', 'application/json'],
  ])('POST /ratings refuses a body that is %s', async (_, body, type) => {
    const { headers } = await startSession(app);
    const answer = await app.post('/ratings', body, { ...headers, 'Content-Type': type });
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad-body' } });
  });
});

describe('GET /ratings', () => {
  it('GET /ratings merges training’s ratings with newer ones', async () => {
    const user = userIdOf(3);
    const trained = (await app.get(`/ratings?user=${user}`)).body.ratings;
    expect(trained.length).toBeGreaterThan(20);
    expect(trained[0].timestamp).toBeNull();
    const [changed, removed] = trained;
    await app.post('/ratings', { user, movieId: changed.movieId, rating: changed.rating === 1 ? 2 : 1 }, TOKEN);
    await app.remove(`/ratings/${removed.movieId}?user=${user}`, TOKEN);
    const merged = (await app.get(`/ratings?user=${user}`)).body.ratings;
    expect(merged).toHaveLength(trained.length - 1);
    expect(merged.slice(0, -1)).toEqual(trained.slice(2));
    expect(merged.at(-1)).toMatchObject({ movieId: changed.movieId, timestamp: expect.any(Number) });
  });
});

describe('DELETE /ratings/:movieId', () => {
  it('DELETE /ratings takes a rating back at once, also one that was never given', async () => {
    const { user, headers } = await startSession(app);
    await app.post('/ratings', { movieId: FIRST, rating: 4 }, headers);
    for (let time = 0; time < 2; time++) {
      expect((await app.remove(`/ratings/${FIRST}`, headers)).body).toEqual({ user, movieId: FIRST });
      expect((await app.get('/ratings', headers)).body.ratings).toEqual([]);
    }
  });

  it('DELETE /ratings with an earlier time than the rating leaves it; a time to come counts as now', async () => {
    const { headers } = await startSession(app);
    await app.post('/ratings', { movieId: FIRST, rating: 4, timestamp: 2000 }, headers);
    await app.remove(`/ratings/${FIRST}?timestamp=1999`, headers);
    expect((await app.get('/ratings', headers)).body.ratings).toMatchObject([{ movieId: FIRST, rating: 4 }]);
    await app.remove(`/ratings/${FIRST}?timestamp=253402300799`, headers);
    expect((await app.get('/ratings', headers)).body.ratings).toEqual([]);
    await app.post('/ratings', { movieId: FIRST, rating: 3 }, headers);
    expect((await app.get('/ratings', headers)).body.ratings).toMatchObject([{ movieId: FIRST, rating: 3 }]);
  });

  it('DELETE /ratings answers 404 for a movie that the model lacks', async () => {
    const { headers } = await startSession(app);
    expect(await app.remove('/ratings/1', headers)).toMatchObject({ status: 404, body: { code: 'unknown-movie' } });
  });
});
