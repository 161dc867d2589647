import {
  applyD1Migrations,
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { reshard } from '../../../shared/ratings/reshard.ts';
import { placeIn, readShardMap } from '../../../shared/ratings/tables/shard-map.ts';
import { withShards } from '../../../worker/env.ts';
import worker from '../../../worker/index.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { publishFixture, startApp, startSession, type TestApp, TOKEN } from '../app.ts';
import { countedDatabase } from '../counting-stores.ts';
import { HeldQueue } from '../faulty-stores.ts';

const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };
const ALL = [env.DB, env.SHARD_1, env.SHARD_2];
const several = { DB_1: env.SHARD_1, DB_2: env.SHARD_2, LIST_LOG: '1' };
const [FIRST, SECOND] = [0, 1].map(movieIdOf);

beforeAll(async () => {
  await publishFixture(env.MODELS);
  for (const db of [env.SHARD_1, env.SHARD_2]) await applyD1Migrations(db, env.MIGRATIONS);
});

interface Somebody {
  readonly user: number;
  readonly headers: { Cookie: string };
}

async function sessions(app: TestApp, count: number): Promise<Somebody[]> {
  const made: Somebody[] = [];
  for (let n = 0; n < count; n++) made.push(await startSession(app));
  return made;
}

const rate = (app: TestApp, { headers }: Somebody, movieId = FIRST, rating = 4) =>
  app.post('/ratings', { movieId, rating }, headers);

async function ratedBy(app: TestApp, { headers }: Somebody): Promise<number[]> {
  const { body } = await app.get('/ratings', headers);
  return body.ratings.map(({ movieId }: { movieId: number }) => movieId);
}

/** The database of somebody, by its number. */
async function placeOf({ user }: Somebody): Promise<number> {
  return placeIn((await readShardMap(env.DB))!, user);
}

describe('people in several databases', () => {
  it('read what they wrote, in one database each, before and after they move, also where an isolate knows old places', async () => {
    const app = startApp(several);
    const people = await sessions(app, 12);
    for (const somebody of people) expect((await rate(app, somebody)).status).toBe(200);
    for (const to of [2, 3, 1, 3]) {
      const { slots } = await reshard(ALL, { to, atOnce: 3 });
      expect(slots.filter((count) => count > 0)).toHaveLength(to);
      for (const somebody of people) {
        for (const each of [app, startApp(several)]) expect(await ratedBy(each, somebody)).toContain(FIRST);
        expect(await rate(app, somebody, SECOND)).toMatchObject({ status: 200 });
        app.pass(1);
      }
    }
    const places = await Promise.all(people.map(placeOf));
    expect(new Set(places)).toEqual(new Set([0, 1, 2]));
    for (const [n, { user }] of people.entries()) {
      for (const [shard, db] of ALL.entries()) {
        const rows = await db.prepare('SELECT movie_id FROM rating WHERE user_id = ?1').bind(user).all();
        expect(rows.results).toHaveLength(shard === places[n] ? 2 : 0);
      }
    }
  });

  it('ask one database for a list, a rating and a mark of somebody', async () => {
    const counted = ALL.map((db) => countedDatabase(db));
    const [DB, DB_1, DB_2] = counted.map(({ db }) => db);
    const app = startApp({ ...several, DB, DB_1, DB_2 });
    const people = await sessions(app, 12);
    const places = await Promise.all(people.map(placeOf));
    const far = people[places.indexOf(2)];
    await ratedBy(app, far);
    for (const { queries } of counted) queries.length = 0;
    await rate(app, far);
    await app.request('PUT', `/marks/${SECOND}`, {
      headers: { ...far.headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ mark: 'seen' }),
    });
    await app.get('/recommend', far.headers);
    expect(counted.map(({ queries }) => queries.length > 0)).toEqual([false, false, true]);
  });

  it('are read by two queries for each database at most, where many wait', async () => {
    const counted = ALL.map((db) => countedDatabase(db));
    const [DB, DB_1, DB_2] = counted.map(({ db }) => db);
    const app = startApp({ ...several, DB, DB_1, DB_2 });
    const people = await sessions(app, 12);
    for (const somebody of people) await rate(app, somebody);
    for (const { queries } of counted) queries.length = 0;
    const { body } = await app.post('/recommend/batch', { people: people.map(({ user }) => ({ user })), k: 1 }, TOKEN);
    expect(body.items.map(({ list }: { list: { basis: string } }) => list.basis)).toEqual(
      people.map(() => 'folded-in'),
    );
    for (const { queries } of counted) expect(queries.length).toBeLessThanOrEqual(2);
  });

  it('export, take back, and delete all of their own', async () => {
    const app = startApp(several);
    const people = await sessions(app, 6);
    for (const somebody of people) {
      const { headers } = somebody;
      await rate(app, somebody);
      const shown = await app.get('/recommend?k=2', headers);
      await app.post('/events', { events: [{ id: 'e', kind: 'clicked', movieId: FIRST }] }, headers);
      const events = await app.get('/export/events', headers);
      expect(events.body).toMatchObject({ events: [{ id: 'e' }], lists: [{ request: shown.body.requestId }] });
      const csv = `userId,movieId,rating,timestamp\n7,${SECOND},5,1700000000\n`;
      const imported = await app.request('POST', '/import', {
        headers: { ...headers, 'Content-Type': 'text/csv' },
        body: csv,
      });
      const at = imported.body.import;
      expect((await ratedBy(app, somebody)).sort()).toEqual([FIRST, SECOND].sort());
      expect((await app.remove(`/import/${at}`, headers)).body).toMatchObject({ removed: 1 });
      expect(await app.text('/export', headers)).toContain(`${somebody.user},${FIRST},4,`);
      await app.request('PUT', `/marks/${SECOND}`, {
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify({ mark: 'seen' }),
      });
    }
    for (const path of ['/export/all', '/export/all/marks', '/export/all/events']) {
      const lines = (await app.text(path, ADMIN)).split('\n');
      for (const { user } of people) expect(lines.filter((line) => line.startsWith(`${user},`))).toHaveLength(1);
    }
    for (const { user, headers } of people) {
      expect((await app.remove('/session', headers)).status).toBe(200);
      expect((await app.get('/ratings', headers)).status).toBe(410);
      for (const db of ALL) {
        for (const table of ['rating', 'mark', 'event', 'list_shown', 'import_change']) {
          expect(await db.prepare(`SELECT 1 FROM ${table} WHERE user_id = ?1`).bind(user).first()).toBe(null);
        }
      }
      expect((await startApp(several).post('/session', '', headers)).body.user).not.toBe(user);
    }
  });

  it('rate by way of the queue while they are on the way, and export/all waits until nobody is', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const queue = new HeldQueue();
    const app = startApp({ ...several, PENDING: queue.binding });
    const [somebody] = await sessions(app, 1);
    await rate(app, somebody);
    // As a reshard that is killed before it copies leaves them.
    const next = String((await placeOf(somebody)) === 0 ? 1 : 0).repeat(256);
    const freeze = 'UPDATE shard_map SET version = version + 1, next = ?1, below = 0, moving = ?2';
    for (const db of ALL)
      await db
        .prepare(freeze)
        .bind(next, 2 ** 31)
        .run();
    expect((await rate(app, somebody, SECOND)).status).toBe(202);
    expect(await ratedBy(app, somebody)).toEqual([FIRST]);
    expect((await app.get('/export/all', ADMIN)).status).toBe(503);
    await reshard(ALL, { to: 3 });
    expect(await queue.deliver(0, withShards({ ...env, ...several }))).toBe(true);
    expect((await ratedBy(app, somebody)).sort()).toEqual([FIRST, SECOND].sort());
  });

  it('are refused by a Worker that binds too few databases, which says what is missing', async () => {
    const app = startApp({ DB_1: env.SHARD_1, PENDING: undefined });
    const people = await sessions(app, 12);
    const places = await Promise.all(people.map(placeOf));
    const answer = await rate(app, people[places.indexOf(2)]);
    expect(answer).toMatchObject({
      status: 503,
      body: { code: 'store-unavailable', detail: expect.stringContaining('DB_2') },
    });
  });

  it('keep nobody of another database waiting when theirs is down, and /health says so', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const down = {
      prepare: () => {
        throw new Error('down');
      },
      batch: () => Promise.reject(new Error('down')),
    };
    const people = await sessions(startApp(several), 12);
    const places = await Promise.all(people.map(placeOf));
    const app = startApp({ ...several, DB_2: down as unknown as D1Database });
    for (const somebody of people) if ((await placeOf(somebody)) !== 2) await rate(app, somebody);
    const lists = await Promise.all(people.map(({ headers }) => app.get('/recommend?k=1', headers)));
    expect(lists.map(({ body }) => body.degraded?.includes('ratings') ?? false)).toEqual(
      places.map((place) => place === 2),
    );
    expect((await app.get('/health')).body).toMatchObject({
      status: 'degraded',
      components: { d1: { status: 'down' } },
    });
  });

  it('lose old lists and events of every database by the cron trigger', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const app = startApp(several);
    const people = await sessions(app, 6);
    for (const { headers } of people) await app.get('/recommend?k=2', headers);
    const scheduled = createScheduledController({
      scheduledTime: new Date(app.now() + 91 * 86_400_000),
      cron: '0 4 * * *',
    });
    const context = createExecutionContext();
    await worker.scheduled(scheduled, { ...env, ...several });
    await waitOnExecutionContext(context);
    for (const { headers } of people) expect((await app.get('/export/events', headers)).body.lists).toEqual([]);
  });
});
