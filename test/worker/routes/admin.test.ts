import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OUTCOMES_KEY } from '../../../shared/artifact/retrain-outcomes.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { idsOf, publishFixture, startApp, startSession, TOKEN } from '../app.ts';

const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };
const NEWER = '20990101T000000Z-000001';
const DAMAGED = '20980101T000000Z-000001';
const MOVIE = movieIdOf(0);
/** Each request looks at current.json anew. */
const FOLLOWING = { MODEL_TTL: '0' };

const inService = async () => JSON.parse(await (await env.MODELS.get(CURRENT_KEY))!.text());
const promote = (app: ReturnType<typeof startApp>, version: string) =>
  app.post(`/admin/versions/${version}/promote`, '', ADMIN);

/** The newer version in service, and the fixture before it. */
async function publishTwo(): Promise<void> {
  await publishFixture(env.MODELS);
  await publishFixture(env.MODELS, NEWER, { previous: FIXTURE_VERSION });
}

afterEach(async () => {
  vi.restoreAllMocks();
  await env.MODELS.delete([OUTCOMES_KEY, 'hidden.json']);
  await publishFixture(env.MODELS);
});

describe('/admin/…', () => {
  it.each([
    ['GET', '/admin/versions'],
    ['POST', `/admin/versions/${FIXTURE_VERSION}/promote`],
    ['POST', '/admin/rollback'],
    ['GET', '/admin/retrains'],
    ['GET', '/admin/traffic'],
    ['GET', '/admin/hidden'],
    ['PUT', `/admin/hidden/${MOVIE}`],
    ['DELETE', `/admin/hidden/${MOVIE}`],
    ['GET', `/admin/people/${userIdOf(0)}`],
    ['DELETE', `/admin/people/${userIdOf(0)}`],
  ])('%s %s refuses everybody but the operator, and does nothing', async (method, path) => {
    const app = startApp();
    const { headers: session } = await startSession(app);
    const before = await inService();
    for (const headers of [{}, session, TOKEN, { Authorization: 'Bearer wrong' }]) {
      expect(await app.request(method, path, { headers })).toMatchObject({
        status: 401,
        body: { code: 'unauthorized' },
      });
    }
    const none = startApp({ ADMIN_TOKEN: '' });
    const answer = await none.request(method, path, { headers: { Authorization: 'Bearer ' } });
    expect(answer).toMatchObject({ status: 401, body: { fix: expect.stringContaining('ADMIN_TOKEN') } });
    expect(await inService()).toEqual(before);
  });
});

describe('versions', () => {
  it('are listed with what is in service by current.json, and what was before', async () => {
    await publishTwo();
    const { status, body } = await startApp().get('/admin/versions', ADMIN);
    expect(status).toBe(200);
    expect(body).toMatchObject({ current: NEWER, previous: FIXTURE_VERSION });
    expect(body.items.map(({ version }: { version: string }) => version)).toEqual([NEWER, FIXTURE_VERSION]);
    expect(body.items[0]).toMatchObject({ dataset: { ratings: expect.any(Number) }, metrics: expect.any(Object) });
  });

  it('an older one goes into service, and back; requests are then answered by it', async () => {
    await publishTwo();
    const app = startApp(FOLLOWING);
    expect((await app.get('/recommend')).body.model.version).toBe(NEWER);
    const back = await app.post('/admin/rollback', '', ADMIN);
    expect(back).toMatchObject({ status: 200, body: { version: FIXTURE_VERSION, previous: NEWER } });
    expect((await app.get('/recommend')).body.model.version).toBe(FIXTURE_VERSION);
    expect(await promote(app, NEWER)).toMatchObject({
      status: 200,
      body: { version: NEWER, previous: FIXTURE_VERSION },
    });
    expect((await app.get('/recommend')).body.model.version).toBe(NEWER);
    expect((await inService()).manifestSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['a file is missing', { damage: { [FILES.users]: null } }, true],
    ['a file has another size', { damage: { [FILES.posterior]: 'short' } }, true],
    ['R2 has no hash of it and its bytes are others', { damage: { [FILES.profiles]: 'x'.repeat(10) } }, false],
  ])('one of which %s is refused, and the version in service stays', async (_, damage, checksums) => {
    await publishFixture(env.MODELS, DAMAGED, { ...damage, checksums });
    await publishFixture(env.MODELS);
    const before = await inService();
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await promote(startApp(), DAMAGED)).toMatchObject({ status: 503, body: { code: 'bad-artifact' } });
    expect(await inService()).toEqual(before);
  });

  it('one that the bucket lacks is refused, and so is a way back where there is none', async () => {
    const app = startApp();
    for (const answer of [
      await promote(app, '20200101T000000Z-000000'),
      await app.post('/admin/rollback', '', ADMIN),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'unknown-version' } });
    }
  });

  it('one of other films than those that were rated is refused', async () => {
    const app = startApp();
    const { headers } = await startSession(app);
    await app.post('/ratings', { movieId: MOVIE, rating: 4 }, headers);
    const titles = Array.from({ length: 20 }, (_, j) => [movieIdOf(j), `Another film ${j}`]);
    const kept = JSON.stringify({ dataset: 'another', titles });
    await env.DB.prepare('UPDATE store SET catalogue = ?1').bind(kept).run();
    await publishTwo();
    const answer = await promote(app, FIXTURE_VERSION);
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'bad-data', detail: expect.stringContaining('another') },
    });
    expect((await inService()).version).toBe(NEWER);
    await env.DB.prepare('UPDATE store SET catalogue = NULL').run();
    expect((await promote(app, FIXTURE_VERSION)).status).toBe(200);
  });

  it('also changes while D1 is down: then the films of the version in service count', async () => {
    await publishTwo();
    const app = startApp({ DB: env.LONG_TEST_DB }); // without tables
    await app.get('/health/ready');
    expect((await promote(app, FIXTURE_VERSION)).status).toBe(200);
  });

  it('is refused while somebody else publishes at the same moment', async () => {
    await publishTwo();
    const put = async () => null;
    const bucket = new Proxy(env.MODELS, {
      get: (target, name: keyof R2Bucket) => (name === 'put' ? put : (target[name] as () => unknown).bind(target)),
    });
    const answer = await promote(startApp({ MODELS: bucket }), FIXTURE_VERSION);
    expect(answer).toMatchObject({ status: 409, body: { code: 'publish-conflict' } });
  });
});

describe('retrains', () => {
  it('are listed with reasons and what the guard left out', async () => {
    const night = { startedAt: '2026-01-01T02:30:00.000Z', endedAt: '2026-01-01T02:31:00.000Z', version: NEWER };
    const leftOut = { flatPeople: 1, flatRatings: 20, pushedRatings: 5, pushedMovies: 2, badRows: 0 };
    const rest = { champion: null, ratings: 100, leftOut, compared: null };
    const items = [{ state: 'kept', reason: 'the challenger is worse', ...night, ...rest }];
    await env.MODELS.put(OUTCOMES_KEY, JSON.stringify({ items }));
    const { body } = await startApp().get('/admin/retrains', ADMIN);
    expect(body).toEqual({ items: [{ ...items[0], seconds: 60 }] });
  });

  it('are none before the first', async () => {
    expect((await startApp().get('/admin/retrains', ADMIN)).body).toEqual({ items: [] });
  });
});

describe('traffic', () => {
  it('tells of requests, lists, coverage and popularity of what was shown', async () => {
    const app = startApp();
    const lists = [await app.get('/recommend?k=5'), await app.get(`/recommend?user=${userIdOf(0)}&k=5`)];
    await app.get('/recommend?k=0');
    const { status, body } = await app.get('/admin/traffic', ADMIN);
    expect(status).toBe(200);
    expect(body).toMatchObject({ since: new Date(app.now()).toISOString(), requests: 3, errors: 0 });
    expect(body.routes).toMatchObject([{ route: '/recommend', requests: 3, byStatus: { '2xx': 2, '4xx': 1 } }]);
    expect(body.lists).toEqual({ popular: 1, trained: 1 });
    const ids = lists.flatMap(idsOf);
    const films = new Set(ids).size;
    const { body: model } = await app.get('/model');
    expect(body.shown).toMatchObject({ items: 10, films, coverage: films / model.dataset.movies });
    expect(body.shown.bestKnown).toBeGreaterThanOrEqual(0);
    expect(body.shown.bestKnown).toBeLessThanOrEqual(1);
    expect(body.shown.most[0].times).toBe(ids.filter((id) => id === body.shown.most[0].movieId).length);
  });

  it('does not count lists of what somebody would rate, which nobody is shown as a list', async () => {
    const app = startApp();
    const { headers } = await startSession(app);
    await app.post('/recommend', { suppose: [{ movieId: MOVIE, rating: 5 }] }, headers);
    expect((await app.get('/admin/traffic', ADMIN)).body.lists).toEqual({});
  });
});

describe('hidden films', () => {
  it('are in no list until they are shown again', async () => {
    const app = startApp(FOLLOWING);
    const first = (await app.get('/recommend?k=1')).body.items[0];
    const hide = { method: 'PUT', path: `/admin/hidden/${first.movieId}` };
    const hidden = await app.request(hide.method, hide.path, { headers: ADMIN });
    expect(hidden).toMatchObject({ status: 200, body: { items: [{ movieId: first.movieId, title: first.title }] } });
    expect(idsOf(await app.get('/recommend?k=100'))).not.toContain(first.movieId);
    expect((await app.get('/admin/hidden', ADMIN)).body).toEqual(hidden.body);
    expect((await app.remove(hide.path, ADMIN)).body).toEqual({ items: [] });
    expect(idsOf(await app.get('/recommend?k=100'))).toContain(first.movieId);
  });

  it('are films: another number is a slip', async () => {
    const answer = await startApp().request('PUT', '/admin/hidden/999999', { headers: ADMIN });
    expect(answer).toMatchObject({ status: 404, body: { code: 'unknown-movie' } });
    expect(await env.MODELS.get('hidden.json')).toBeNull();
  });
});

describe('a person', () => {
  it('is seen as they see it: the same list, with reasons, and what is known of them', async () => {
    const app = startApp();
    const { user, headers } = await startSession(app);
    await app.post('/ratings', { movieId: MOVIE, rating: 5 }, headers);
    await app.post('/marks', { marks: [{ movieId: movieIdOf(3), mark: 'watchlist' }] }, headers);
    const own = await app.get('/recommend?explain=2&k=20', headers);
    const { status, body } = await app.get(`/admin/people/${user}`, ADMIN);
    expect(status).toBe(200);
    expect(body).toEqual({ ...own.body, trained: false, newer: 1, marks: { watchlist: 1 } });
    expect((await app.get(`/admin/people/${userIdOf(0)}`, ADMIN)).body).toMatchObject({ trained: true, newer: 0 });
  });

  it('is nobody where nobody knows the number', async () => {
    const app = startApp();
    for (const answer of [
      await app.get('/admin/people/1900000000', ADMIN),
      await app.remove('/admin/people/1900000000', ADMIN),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'unknown-user' } });
    }
  });

  it('is deleted for good', async () => {
    const app = startApp();
    const { user, headers } = await startSession(app);
    await app.post('/ratings', { movieId: MOVIE, rating: 5 }, headers);
    expect(await app.remove(`/admin/people/${user}`, ADMIN)).toMatchObject({ status: 200, body: { user } });
    for (const answer of [await app.get('/ratings', headers), await app.get(`/admin/people/${user}`, ADMIN)]) {
      expect(answer).toMatchObject({ status: 410, body: { code: 'deleted-user' } });
    }
  });
});

it('a version’s report may be damaged: it answers no request', async () => {
  const files = [{ name: FILES.report, bytes: 9, sha256: '0'.repeat(64), rows: 1 }];
  const { body: manifest } = await startApp().get('/model');
  await publishFixture(env.MODELS, NEWER, { manifest: { files: [...manifest.files, ...files] } });
  await publishFixture(env.MODELS, FIXTURE_VERSION);
  expect(await env.MODELS.get(artifactKey(NEWER, FILES.report))).toBeNull();
  expect((await promote(startApp(), NEWER)).status).toBe(200);
});
