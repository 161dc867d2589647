import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { parseCurrent } from '../../../shared/artifact/manifest.ts';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { numberOf } from '../../../shared/own-id.ts';
import { groupOfMovie, groupOfUser, MOVIES, movieIdOf, USERS, userIdOf } from '../../fixtures/groups.ts';
import { idsOf, publishFixture, startApp, startSession, type TestApp, TOKEN } from '../app.ts';
import { countedDatabase } from '../counting-stores.ts';

const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };
const MODEL_TTL = 10;

function put(app: TestApp, id: string, body: object, headers: HeadersInit = TOKEN) {
  const init = { headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
  return app.request('PUT', `/movies/by-id/${encodeURIComponent(id)}`, init);
}

/** The first user of the group, and the first movies of theirs, for a session that likes the same. */
const FAN = Array.from({ length: USERS }, (_, row) => userIdOf(row)).find((user) => groupOfUser(user) === 2)!;
const HORROR = Array.from({ length: MOVIES }, (_, row) => movieIdOf(row)).filter((id) => groupOfMovie(id) === 2);

/** A session that liked horror. */
async function horrorFan(app: TestApp) {
  const session = await startSession(app);
  await app.post(
    '/ratings',
    { ratings: HORROR.slice(0, 6).map((movieId) => ({ movieId, rating: 5 })) },
    session.headers,
  );
  return session;
}

const rankIn = async (app: TestApp, movieId: number, query: string, headers: HeadersInit = {}) => {
  const pages = await Promise.all(
    [0, 100].map((offset) => app.get(`/recommend?k=100&offset=${offset}&${query}`, headers)),
  );
  return pages.flatMap(idsOf).indexOf(movieId);
};

describe('PUT /movies/by-id', () => {
  it('a film is found, looked at and recommended as soon as it is put, to those who like its kind', async () => {
    const app = startApp();
    const { status, body } = await put(app, 'night-1', { title: 'Night of the Ferns', year: 1990, genres: ['Horror'] });
    expect(status).toBe(200);
    const movieId = numberOf('night-1');
    expect(body).toEqual({
      movieId,
      id: 'night-1',
      title: 'Night of the Ferns',
      year: 1990,
      genres: ['Horror'],
      available: true,
    });
    const film = {
      movieId,
      id: 'night-1',
      title: 'Night of the Ferns',
      year: 1990,
      genres: ['Horror'],
      ratingCount: 0,
    };
    expect((await app.get('/movies?q=night of the ferns')).body.items).toEqual([film]);
    expect((await app.get('/movies?q=night of the frens')).body).toMatchObject({ foundBy: 'near', items: [film] });
    const { body: details } = await app.get('/movies/by-id/night-1');
    expect(details).toMatchObject({ ...film, ratingMean: null, imdbId: null });
    expect((await app.get(`/movies/${movieId}`)).body).toEqual(details);
    expect(details.similar).toHaveLength(10);
    for (const { genres } of details.similar) expect(genres).toContain('Horror');
    const [{ headers: fan }, { headers: nobody }] = [await horrorFan(app), await startSession(app)];
    const listed = (await app.get('/recommend?k=100&explain=2', fan)).body.items;
    const item = listed.find((one: { movieId: number }) => one.movieId === movieId);
    expect(item).toMatchObject({ ...film, predictedRating: expect.any(Number), score: expect.any(Number) });
    const scores = listed.map(({ score }: { score: number }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(await rankIn(app, movieId, '', fan)).toBeLessThan(50);
    expect(await rankIn(app, movieId, '', fan)).toBeLessThan(await rankIn(app, movieId, '', nobody));
    expect(await rankIn(app, movieId, `user=${FAN}`, TOKEN)).toBeLessThan(50);
    for (const query of ['by=rating', 'diversity=0.5', 'popularity=-1', 'by=next']) {
      expect(await rankIn(app, movieId, query, fan)).toBeGreaterThanOrEqual(0);
    }
  });

  it('pages of a list hold every film once, the added one among them', async () => {
    const app = startApp();
    await put(app, 'pages', { title: 'Pages', genres: ['Drama'] });
    const whole = [...idsOf(await app.get('/recommend?k=100')), ...idsOf(await app.get('/recommend?k=100&offset=100'))];
    expect(new Set(whole).size).toBe(whole.length);
    expect(whole).toContain(numberOf('pages'));
    const parts = [0, 7, 14].map((offset) => app.get(`/recommend?k=7&offset=${offset}`));
    expect((await Promise.all(parts)).flatMap(idsOf)).toEqual(whole.slice(0, 21));
  });

  it('filters, candidates and films seen hold for an added film as for any other', async () => {
    const app = startApp();
    await put(app, 'filtered', { title: 'Filtered Fern', year: 1960, genres: ['Drama'] });
    const movieId = numberOf('filtered');
    const list = (query: string) => rankIn(app, movieId, query);
    for (const query of ['genre=Drama', 'yearTo=1965&yearFrom=1955', 'maxRatings=0', 'notGenre=Horror']) {
      expect(await list(query)).toBeGreaterThanOrEqual(0);
    }
    for (const query of ['genre=Horror', 'yearFrom=1961', 'minRatings=1', `excludeId=${movieId}`, 'exclude=fern']) {
      expect(await list(query)).toBe(-1);
    }
    const among = { ratings: [], candidates: [movieId, movieIdOf(0), 7_777_777] };
    const { body } = await app.post('/recommend', among);
    expect(body.unknown).toEqual([7_777_777]);
    expect(idsOf({ body, status: 200, headers: new Headers() }).sort()).toEqual([movieIdOf(0), movieId].sort());
    expect(idsOf(await app.post('/recommend', { ...among, seen: [movieId] }))).toEqual([movieIdOf(0)]);
  });

  it('an added film is rated and marked by either id, leaves the list then, and comes back with the rating taken back', async () => {
    const app = startApp();
    await put(app, 'rated', { title: 'Rated Fern', genres: ['Horror'] });
    const movieId = numberOf('rated');
    const { headers } = await horrorFan(app);
    expect((await app.post('/ratings', { id: 'rated', rating: 4 }, headers)).status).toBe(200);
    expect((await app.get('/ratings', headers)).body.ratings.at(-1)).toMatchObject({
      movieId,
      rating: 4,
      title: 'Rated Fern',
    });
    expect(await rankIn(app, movieId, '', headers)).toBe(-1);
    expect(await rankIn(app, movieId, 'rated=show', headers)).toBeGreaterThanOrEqual(0);
    expect((await app.remove(`/ratings/${movieId}`, headers)).status).toBe(200);
    expect(await rankIn(app, movieId, '', headers)).toBeGreaterThanOrEqual(0);
    expect((await app.post('/marks', { marks: [{ movieId, mark: 'seen' }] }, headers)).status).toBe(200);
    expect(await rankIn(app, movieId, '', headers)).toBe(-1);
    expect((await app.get('/marks', headers)).body.marks).toMatchObject([{ movieId, title: 'Rated Fern' }]);
  });

  it('an added film may be supposed to be rated, and stand among ratings that come along', async () => {
    const app = startApp();
    await put(app, 'supposed', { title: 'Supposed Fern', genres: ['Drama'] });
    const rated = [{ movieId: numberOf('supposed'), rating: 5 }];
    const { headers } = await startSession(app);
    for (const body of [{ ratings: rated }, { suppose: rated }]) {
      const answer = await app.post('/recommend', { ...body, k: 100 }, headers);
      expect(answer.status).toBe(200);
      expect(idsOf(answer)).not.toContain(numberOf('supposed'));
    }
  });

  it('a film leaves by available: false, an added one as one of the version, and comes back with all that was known', async () => {
    const app = startApp();
    await put(app, 'leaves', { title: 'Leaving Fern', year: 2001, genres: ['Horror'] });
    const own = movieIdOf(0);
    for (const [id, movieId, title] of [
      ['leaves', numberOf('leaves'), 'Leaving Fern'],
      [String(own), own, 'The Lantern'],
    ] as const) {
      expect((await put(app, id, { available: false })).body).toMatchObject({ movieId, title, available: false });
      expect(await rankIn(app, movieId, '')).toBe(-1);
      expect((await app.get(`/movies/${movieId}`)).status).toBe(404);
      expect((await app.get(`/movies/by-id/${id}`)).status).toBe(404);
      const { body } = await app.get(`/movies?q=${encodeURIComponent(title)}`);
      expect(body.items.map((item: { movieId: number }) => item.movieId)).not.toContain(movieId);
      expect((await put(app, id, {})).body).toMatchObject({ movieId, title, available: true });
      expect(await rankIn(app, movieId, '')).toBeGreaterThanOrEqual(0);
    }
  });

  it('another isolate knows an added film MODEL_TTL seconds later, and a fresh one with its first answer', async () => {
    const [here, there] = [startApp(), startApp()];
    await there.get('/recommend');
    await put(here, 'elsewhere', { title: 'Elsewhere', genres: ['Drama'] });
    there.pass(MODEL_TTL);
    expect((await there.get('/movies/by-id/elsewhere')).status).toBe(200);
    expect((await startApp().get('/movies/by-id/elsewhere')).status).toBe(200);
    await put(here, 'elsewhere', { available: false });
    there.pass(MODEL_TTL);
    expect((await there.get('/movies/by-id/elsewhere')).status).toBe(404);
  });

  it('D1 is asked for films with a look at current.json alone, not with a request', async () => {
    const { queries, db } = countedDatabase(env.DB);
    const app = startApp({ DB: db });
    await put(app, 'stays', { title: 'Stays' });
    app.pass(MODEL_TTL);
    await app.get('/recommend');
    queries.length = 0;
    await app.get('/recommend');
    expect(queries).toEqual([]);
    app.pass(MODEL_TTL);
    await app.get('/recommend');
    expect(queries.filter((sql) => sql.includes('FROM film'))).toHaveLength(1);
  });

  it('without films, D1 is not asked for any', async () => {
    await publishFixture(env.MODELS);
    const { queries, db } = countedDatabase(env.DB);
    const app = startApp({ DB: db });
    await app.get('/recommend');
    expect(queries).toEqual([]);
  });

  it('a D1 that fails leaves the films of before, and the lists as they are', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    let isDown = false;
    const { db } = countedDatabase(env.DB, () => {
      if (isDown) throw new Error('D1 is down');
    });
    const app = startApp({ DB: db });
    await put(app, 'before', { title: 'Before' });
    isDown = true;
    app.pass(MODEL_TTL);
    expect((await app.get('/movies/by-id/before')).status).toBe(200);
    expect((await put(app, 'after', { title: 'After' })).body).toMatchObject({
      status: 503,
      code: 'store-unavailable',
    });
    isDown = false;
    expect((await put(app, 'after', { title: 'After' })).status).toBe(200);
  });

  it('two programs that add films at once both succeed, under numbers of their own', async () => {
    await publishFixture(env.MODELS);
    const app = startApp();
    const ids = Array.from({ length: 8 }, (_, n) => `at once ${n}`);
    const answers = await Promise.all(ids.map((id) => put(app, id, { title: id })));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.movieId)).size).toBe(ids.length);
    const current = parseCurrent(await (await env.MODELS.get(CURRENT_KEY))!.text());
    expect(current.films).toBe(true);
  });

  it.each([
    ['a film that nobody knows without a title', { year: 1999 }, 'title'],
    ['an address that is none', { title: 'X', url: 'javascript:alert(1)' }, 'url'],
    ['a year that is none', { title: 'X', year: 20_000 }, 'year'],
    ['a name that is none', { title: 'X', genre: 'Drama' }, 'genre'],
  ])('PUT refuses %s', async (_, body, parameter) => {
    expect((await put(startApp(), 'bad', body)).body).toMatchObject({ status: 400, code: 'bad-body', parameter });
  });

  it('PUT takes API_TOKEN and ADMIN_TOKEN, and no session', async () => {
    const app = startApp();
    const { headers } = await startSession(app);
    expect((await put(app, 'token', { title: 'X' }, headers)).body).toMatchObject({
      status: 401,
      code: 'unauthorized',
    });
    expect((await put(app, 'token', { title: 'X' }, {})).status).toBe(401);
    expect((await put(app, 'token', { title: 'X' }, ADMIN)).status).toBe(200);
  });

  it('beyond 1,000 films that wait for a training more are refused, and known ones still leave', async () => {
    const app = startApp();
    await put(app, 'last', { title: 'Last' });
    const bulk = env.DB.prepare(
      `INSERT INTO film (id, movie_id, about, available, change)
       SELECT 'bulk ' || value, 3000000 + value, ?2, 1, 1000000 + value FROM json_each(?1)`,
    );
    const about = JSON.stringify({ title: 'Bulk', year: null, genres: [] });
    await bulk.bind(JSON.stringify(Array.from({ length: 1000 }, (_, n) => n)), about).run();
    expect((await put(app, 'one more', { title: 'One more' })).body).toMatchObject({
      status: 422,
      code: 'too-many-films',
    });
    expect((await put(app, 'last', { available: false })).status).toBe(200);
    expect((await app.get('/recommend?k=100')).body.items).toHaveLength(100);
  });
});
