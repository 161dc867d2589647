import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FIXTURE_VERSION, movieIdOf } from '../../fixtures/groups.ts';
import { idsOf, publishFixture, startApp, startSession, type TestApp, TOKEN } from '../app.ts';

const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };
/** Each request looks at current.json anew. */
const FOLLOWING = { MODEL_TTL: '0' };

let app: TestApp;
beforeEach(async () => {
  await publishFixture(env.MODELS);
  app = startApp(FOLLOWING);
});
afterEach(() => publishFixture(env.MODELS));

const pin = (movieId: number) => app.request('PUT', `/admin/pinned/${movieId}`, { headers: ADMIN });
/** The last films of everybody's list, which no list shows among the first. */
const lastOnes = async (count: number) => idsOf(await app.get('/recommend?k=100&offset=50')).slice(-count);
const marksOf = (answer: { body: { items: { pinned?: true }[] } }) => answer.body.items.map(({ pinned }) => pinned);

describe('pinned films', () => {
  it('stand first, in the order in which they were pinned, and the model’s list follows without them', async () => {
    const before = idsOf(await app.get('/recommend?k=10'));
    const [one, two] = await lastOnes(2);
    await pin(two);
    const { status, body } = await pin(one);
    expect(status).toBe(200);
    expect(body.items.map(({ movieId }: { movieId: number }) => movieId)).toEqual([two, one]);
    const answer = await app.get('/recommend?k=10');
    expect(idsOf(answer)).toEqual([two, one, ...before.slice(0, 8)]);
    expect(marksOf(answer)).toEqual([true, true, ...Array(8).fill(undefined)]);
    expect((await app.get('/admin/pinned', ADMIN)).body).toEqual(body);
  });

  it('count among the places of a list that is read page by page', async () => {
    const [third] = idsOf(await app.get('/recommend?k=1&offset=2'));
    await pin(third);
    await pin((await lastOnes(1))[0]);
    const whole = idsOf(await app.get('/recommend?k=12'));
    expect(new Set(whole).size).toBe(12);
    const pages = ['k=1', 'k=3&offset=1', 'k=4&offset=4', 'k=4&offset=8'];
    const read = await Promise.all(pages.map((page) => app.get(`/recommend?${page}`)));
    expect(read.flatMap(idsOf)).toEqual(whole);
  });

  it('are left out of the list of whoever rated them, has done with them, or asks for others', async () => {
    const [film] = await lastOnes(1);
    await pin(film);
    const rated = await startSession(app);
    await app.post('/ratings', { movieId: film, rating: 4 }, rated.headers);
    const done = await startSession(app);
    await app.post('/marks', { marks: [{ movieId: film, mark: 'dismissed' }] }, done.headers);
    const { genres } = (await app.get(`/movies/${film}`)).body;
    const other = ['Comedy', 'Drama', 'Horror', 'Sci-Fi'].find((genre) => !genres.includes(genre));
    const lists = [
      await app.get('/recommend?k=5', rated.headers),
      await app.get('/recommend?k=5&rated=show', rated.headers),
      await app.get('/recommend?k=5', done.headers),
      await app.get(`/recommend?k=5&genre=${other}`),
      await app.post('/recommend', { ratings: [{ movieId: film, rating: 5 }], k: 5 }),
      await app.post('/recommend', { ratings: [], seen: [film], k: 5 }),
      await app.post('/recommend', { ratings: [], candidates: [movieIdOf(0), movieIdOf(1)], k: 5 }),
    ];
    for (const list of lists) expect([list.status, marksOf(list).includes(true)]).toEqual([200, false]);
    const others = [
      await app.get(`/recommend?k=5&genre=${genres[0]}`),
      await app.post('/recommend', { ratings: [{ movieId: movieIdOf(0), rating: 5 }], k: 5 }),
    ];
    for (const list of others) expect(idsOf(list)[0]).toBe(film);
  });

  it('have reasons and a prediction as every film has, and stand in the list of a mail-out and of the operator', async () => {
    const [film] = await lastOnes(1);
    await pin(film);
    const { user, headers } = await startSession(app);
    await app.post('/ratings', { movieId: movieIdOf(0), rating: 5 }, headers);
    const list = await app.get('/recommend?k=3&explain=2', headers);
    expect(list.body.items[0]).toMatchObject({
      pinned: true,
      predictedRating: expect.any(Number),
      because: expect.any(Array),
    });
    const batch = await app.post('/recommend/batch', { people: [{ user }], k: 3 }, TOKEN);
    expect(batch.body.items[0].list.items[0]).toMatchObject({ movieId: film, pinned: true });
    const seen = await app.get(`/admin/people/${user}?k=3`, ADMIN);
    expect(seen.body.items[0]).toMatchObject({ movieId: film, pinned: true });
    expect((await app.text('/recommend.csv?k=3', headers)).split('\n')).toHaveLength(5);
  });

  it('are logged apart from what the model chose, also where nothing else is shown', async () => {
    app = startApp({ ...FOLLOWING, LIST_LOG: '1' });
    const [film] = await lastOnes(1);
    await pin(film);
    const { headers } = await startSession(app);
    const first = await app.get('/recommend?k=3', headers);
    app.pass(1); // lists of one second are in no order
    await app.get('/recommend?k=3&offset=3', headers);
    app.pass(1);
    const alone = await app.get('/recommend?k=1', headers);
    const { lists } = (await app.get('/export/events', headers)).body;
    expect(lists).toHaveLength(3);
    expect(lists[0]).toMatchObject({ first: 0, movieIds: idsOf(first).slice(1), pinnedIds: [film] });
    expect(lists[1]).toMatchObject({ first: 2 });
    expect(lists[1]).not.toHaveProperty('pinnedIds');
    expect(lists[2]).toMatchObject({ request: alone.body.requestId, first: 0, movieIds: [], pinnedIds: [film] });
  });

  it('are three at most, and films', async () => {
    const films = await lastOnes(4);
    for (const film of films.slice(0, 3)) expect((await pin(film)).status).toBe(200);
    expect(await pin(films[3])).toMatchObject({ status: 400, body: { fix: expect.stringContaining('Take one down') } });
    expect((await pin(films[0])).body.items).toHaveLength(3);
    expect(await pin(999_999)).toMatchObject({ status: 404, body: { code: 'unknown-movie' } });
    expect(marksOf(await app.get('/recommend?k=4'))).toEqual([true, true, true, undefined]);
  });

  it('are taken down, hidden ones are not shown, and another version keeps them', async () => {
    const [one, two] = await lastOnes(2);
    await pin(one);
    await pin(two);
    await app.request('PUT', `/admin/hidden/${one}`, { headers: ADMIN });
    expect(idsOf(await app.get('/recommend?k=2'))[0]).toBe(two);
    await app.remove(`/admin/hidden/${one}`, ADMIN);
    await app.post(`/admin/versions/${FIXTURE_VERSION}/promote`, '', ADMIN);
    expect(idsOf(await app.get('/recommend?k=2'))).toEqual([one, two]);
    expect((await app.remove(`/admin/pinned/${one}`, ADMIN)).body.items).toHaveLength(1);
    expect((await app.remove(`/admin/pinned/${two}`, ADMIN)).body).toEqual({ items: [] });
    expect(marksOf(await app.get('/recommend?k=3'))).toEqual([undefined, undefined, undefined]);
    expect(JSON.parse(await (await env.MODELS.get('current.json'))!.text())).not.toHaveProperty('pinned');
  });

  it.each([
    ['GET', '/admin/pinned'],
    ['PUT', `/admin/pinned/${movieIdOf(0)}`],
    ['DELETE', `/admin/pinned/${movieIdOf(0)}`],
  ])('%s %s refuses everybody but the operator', async (method, path) => {
    for (const headers of [{}, TOKEN, { Authorization: 'Bearer wrong' }]) {
      expect(await app.request(method, path, { headers })).toMatchObject({ status: 401 });
    }
  });
});
