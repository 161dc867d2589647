import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MOST_EVENTS } from '../../../shared/ratings/tables/event.ts';
import worker from '../../../worker/index.ts';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { idsOf, publishFixture, startApp, startSession, TOKEN } from '../app.ts';
import { faultyDatabase } from '../faulty-stores.ts';

const app = startApp({ LIST_LOG: '1' });
const NOW = Date.parse('2026-01-02T00:00:00Z') / 1000;
const [FIRST, SECOND] = [0, 1].map(movieIdOf);

beforeAll(() => publishFixture(env.MODELS));

const countOf = async (table: 'event' | 'list_shown', user: number) =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE user_id = ?1`).bind(user).first<{ n: number }>())!.n;

describe('the log of lists that were shown', () => {
  it('keeps request, version, order and movies in their places of every list, and the answer names the request', async () => {
    const { user, headers } = await startSession(app);
    const first = await app.get('/recommend?k=3', headers);
    expect(first.body.requestId).toBe(first.headers.get('X-Request-Id'));
    app.pass(1);
    const rest = await app.get('/recommend?k=2&offset=3&by=rating', headers);
    app.pass(-1);
    const nothingElse = { experiment: null, arm: null, explored: false, probability: null };
    expect((await app.get('/export/events', headers)).body).toEqual({
      user,
      events: [],
      lists: [
        {
          ...nothingElse,
          request: first.body.requestId,
          shownAt: NOW,
          version: first.body.model.version,
          ordering: 'blend 0.1',
          first: 0,
          movieIds: idsOf(first),
        },
        {
          ...nothingElse,
          request: rest.body.requestId,
          shownAt: NOW + 1,
          version: first.body.model.version,
          ordering: 'rating',
          first: 3,
          movieIds: idsOf(rest),
        },
      ],
    });
  });

  it('is off unless LIST_LOG says otherwise; then nothing but a header names the request', async () => {
    const own = startApp();
    const { user, headers } = await startSession(own);
    const { body, headers: answered } = await own.get('/recommend', headers);
    expect(body).not.toHaveProperty('requestId');
    expect(answered.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await countOf('list_shown', user)).toBe(0);
  });

  it('has all lists of the share of people that LIST_LOG names, and none of others', async () => {
    const half = startApp({ LIST_LOG: '0.5' });
    const counts = new Map<number, number>();
    for (let n = 0; n < 20; n++) {
      const { user, headers } = await startSession(half);
      for (let list = 0; list < 2; list++) await half.get('/recommend?k=1', headers);
      counts.set(user, await countOf('list_shown', user));
    }
    expect(new Set(counts.values())).toEqual(new Set([0, 2]));
  });

  it('has no list of nobody, of a profile, of a watchlist, or for ratings that came along', async () => {
    const { user, headers } = await startSession(app);
    const { profile } = (await app.get('/profiles')).body.items[0];
    const answers = [
      await app.get('/recommend'),
      await app.get(`/recommend?profile=${profile}`, headers),
      await app.get('/recommend?among=watchlist', headers),
      await app.post('/recommend', { suppose: [{ movieId: FIRST, rating: 5 }] }, headers),
    ];
    for (const { status, body } of answers) expect([status, body.requestId]).toEqual([200, undefined]);
    expect(await countOf('list_shown', user)).toBe(0);
  });

  it('answers as ever where D1 does not take it', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { headers } = await startSession(app);
    const broken = startApp({ LIST_LOG: '1', DB: faultyDatabase(env.DB, () => 'before') });
    expect((await broken.get('/recommend', headers)).status).toBe(200);
  });
});

describe('POST /events', () => {
  it('stores what a session did, once whatever is sent again, with the time and the list that it names', async () => {
    const { user, headers } = await startSession(app);
    const { requestId } = (await app.get('/recommend', headers)).body;
    const events = [
      { id: 'a', kind: 'clicked', movieId: FIRST, requestId, timestamp: NOW - 5 },
      { id: 'b', kind: 'watched', movieId: SECOND },
    ];
    expect((await app.post('/events', { events }, headers)).body).toEqual({ user, events: 2 });
    const again = [...events, { id: 'c', kind: 'dismissed', movieId: SECOND, timestamp: NOW + 99 }];
    expect((await app.post('/events', { events: again }, headers)).body).toEqual({ user, events: 1 });
    expect((await app.get('/export/events', headers)).body.events).toEqual([
      { id: 'a', kind: 'clicked', movieId: FIRST, request: requestId, timestamp: NOW - 5 },
      { id: 'b', kind: 'watched', movieId: SECOND, request: null, timestamp: NOW },
      { id: 'c', kind: 'dismissed', movieId: SECOND, request: null, timestamp: NOW },
    ]);
  });

  it('takes events of any user by the API token, and of nobody without one', async () => {
    const events = [{ id: 'a', kind: 'watchlisted', movieId: FIRST }];
    const user = userIdOf(0);
    expect((await app.post('/events', { user, events }, TOKEN)).body).toEqual({ user, events: 1 });
    expect((await app.post('/events', { events })).body).toMatchObject({ status: 401, code: 'unauthorized' });
    const { headers } = await startSession(app);
    expect((await app.post('/events', { user, events }, headers)).body.code).toBe('forbidden');
    expect((await app.get(`/export/events?user=${user}`, headers)).body.code).toBe('forbidden');
  });

  it('refuses a batch with one bad event whole, and says which', async () => {
    const { user, headers } = await startSession(app);
    const good = { id: 'a', kind: 'clicked', movieId: FIRST };
    const refused = async (bad: object) => (await app.post('/events', { events: [good, bad] }, headers)).body;
    expect(await refused({ ...good, kind: 'eaten' })).toMatchObject({ code: 'bad-body', parameter: 'events.1.kind' });
    expect(await refused({ ...good, id: '' })).toMatchObject({ code: 'bad-body', parameter: 'events.1.id' });
    expect(await refused({ ...good, movieId: 999_999 })).toMatchObject({ code: 'unknown-movie' });
    const many = Array.from({ length: 1001 }, (_, id) => ({ ...good, id: String(id) }));
    expect((await app.post('/events', { events: many }, headers)).body.code).toBe('bad-body');
    expect(await countOf('event', user)).toBe(0);
  });

  it('takes 20,000 events of a person, and those again that it has', async () => {
    const { user, headers } = await startSession(app);
    await env.DB.prepare(`INSERT INTO event SELECT ?1, value, 'clicked', ?2, NULL, 0 FROM json_each(?3)`)
      .bind(user, FIRST, JSON.stringify(Array.from({ length: MOST_EVENTS }, (_, id) => String(id))))
      .run();
    const send = async (id: string) =>
      app.post('/events', { events: [{ id, kind: 'clicked', movieId: FIRST }] }, headers);
    expect((await send('1')).status).toBe(200);
    const { status, headers: answered, body } = await send('new');
    expect([status, body.code, answered.get('Retry-After')]).toEqual([429, 'too-many-requests', '86400']);
  });

  it('says that it stored nothing where D1 does not answer', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { headers } = await startSession(app);
    const broken = startApp({ DB: faultyDatabase(env.DB, () => 'before') });
    const events = [{ id: 'a', kind: 'clicked', movieId: FIRST }];
    expect((await broken.post('/events', { events }, headers)).body).toMatchObject({ code: 'store-unavailable' });
  });
});

describe('lists and events of a person', () => {
  it('are deleted with the person, and none come after', async () => {
    const { user, headers } = await startSession(app);
    const events = [{ id: 'a', kind: 'clicked', movieId: FIRST }];
    await app.get('/recommend', headers);
    await app.post('/events', { events }, headers);
    expect([await countOf('event', user), await countOf('list_shown', user)]).toEqual([1, 1]);
    await app.remove('/session', headers);
    expect([await countOf('event', user), await countOf('list_shown', user)]).toEqual([0, 0]);
    expect((await app.post('/events', { events }, headers)).body.code).toBe('deleted-user');
    expect(await countOf('event', user)).toBe(0);
  });

  it('are deleted after 90 days by the cron trigger', async () => {
    const { user, headers } = await startSession(app);
    const event = { kind: 'clicked', movieId: FIRST };
    const events = [90, 89].map((days) => ({ ...event, id: `${days}`, timestamp: NOW - days * 86_400 }));
    await app.post('/events', { events }, headers);
    await app.get('/recommend', headers);
    const schedule = (days: number) =>
      worker.scheduled(createScheduledController({ scheduledTime: (NOW + days * 86_400 + 1) * 1000, cron: '' }), env);
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await schedule(0);
    expect([await countOf('event', user), await countOf('list_shown', user)]).toEqual([1, 1]);
    await schedule(90);
    expect([await countOf('event', user), await countOf('list_shown', user)]).toEqual([0, 0]);
  });
});
