import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { StoredUsers } from '../../../worker/version/stored-users.ts';
import { FIXTURE_VERSION, movieIdOf, USERS, userIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, startApp, startSession, TOKEN } from '../app.ts';
import { countedBucket, countedDatabase } from '../counting-stores.ts';

const USERS_KEY = artifactKey(FIXTURE_VERSION, FILES.users);

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

/** A D1 database that answers every query by `answer`. */
function database(answer: () => Promise<never>): D1Database {
  const statement = { bind: () => statement, all: answer, raw: answer, first: answer, run: answer };
  return { prepare: () => statement, batch: answer } as unknown as D1Database;
}

const broken = database(() => Promise.reject(new Error('D1_ERROR: the tables are on holiday')));
const silent = database(() => new Promise<never>(() => undefined));

/** An app that has loaded its model, over stores that record each operation. */
async function warmApp() {
  const { uses, bucket } = countedBucket(env.MODELS);
  const { queries, db } = countedDatabase(env.DB);
  const app = startApp({ MODELS: bucket, DB: db });
  await app.get('/model');
  uses.length = 0;
  return { app, uses, queries };
}

describe('a version that is loaded', () => {
  it('loading a version reads each file once, the end of each large one, and movies.arrow again to hash it, for any number of requests', async () => {
    const { uses, bucket } = countedBucket(env.MODELS);
    const app = startApp({ MODELS: bucket });
    const answers = await Promise.all([0, 1, 70, 2, 71].map((row) => app.get(`/recommend?user=${userIdOf(row)}`)));
    expect(answers.map(({ body }) => body.basis)).toEqual(Array(5).fill('trained'));
    const key = (name: string) => artifactKey(FIXTURE_VERSION, name);
    const reads = uses.filter(({ method }) => method === 'get');
    const read = (suffix: boolean) =>
      reads.filter(({ range }) => (suffix ? range && 'suffix' in range : !range)).map((use) => use.key);
    const whole = [FILES.manifest, FILES.posterior, FILES.profiles, FILES.serving].map(key);
    expect(read(false).sort()).toEqual([CURRENT_KEY, key(FILES.movies), ...whole].sort());
    expect(read(true).sort()).toEqual([key(FILES.movies), key(FILES.serving), USERS_KEY].sort());
    const upToVectors = fixtureFile(FILES.movies).length / 2;
    expect(reads.filter((use) => use.key === key(FILES.movies) && use.range && 'length' in use.range)).toEqual([
      {
        method: 'get',
        key: key(FILES.movies),
        range: { offset: 0, length: expect.toSatisfy((bytes: number) => bytes < upToVectors, 'less than half') },
      },
    ]);
    expect(uses.find((use) => use.key === USERS_KEY)).toEqual({
      method: 'get',
      key: USERS_KEY,
      range: { suffix: expect.toSatisfy((bytes: number) => bytes <= 1 << 14, 'at most 16 KiB') },
    });
  });
});

describe('users', () => {
  it('a user of the model takes one range read of one record batch, and one query', async () => {
    const { app, uses, queries } = await warmApp();
    const size = fixtureFile(FILES.users).length;
    for (const row of [1, 70, USERS - 1]) {
      [uses.length, queries.length] = [0, 0];
      expect((await app.get(`/recommend?user=${userIdOf(row)}`)).body.basis).toBe('trained');
      expect(uses).toEqual([
        { method: 'get', key: USERS_KEY, range: { offset: expect.any(Number), length: expect.any(Number) } },
      ]);
      expect((uses[0].range as { length: number }).length).toBeLessThan(size / 2);
      expect(queries).toHaveLength(1);
    }
  });

  it('a user who asks again takes only the query, and newer ratings count', async () => {
    const { app, uses, queries } = await warmApp();
    const path = `/recommend?user=${userIdOf(3)}`;
    const before = (await app.get(path)).body;
    expect(before.basis).toBe('trained');
    await app.post('/ratings', { user: userIdOf(3), movieId: before.items[0].movieId, rating: 5 }, TOKEN);
    [uses.length, queries.length] = [0, 0];
    const { basis, ratings, items } = (await app.get(path)).body;
    expect({ basis, ratings }).toEqual({ basis: 'folded-in', ratings: before.ratings + 1 });
    expect(items[0].movieId).not.toBe(before.items[0].movieId);
    expect(uses).toEqual([]);
    expect(queries).toHaveLength(1);
  });

  it('R2 and D1 are read at the same time', async () => {
    const started = { r2: Promise.withResolvers<void>(), d1: Promise.withResolvers<void>() };
    const { bucket } = countedBucket(env.MODELS, async ({ key, range }) => {
      if (key !== USERS_KEY || !('offset' in range!)) return;
      started.r2.resolve();
      await started.d1.promise; // would hang if D1 were read afterwards
    });
    const { db } = countedDatabase(env.DB, async () => {
      started.d1.resolve();
      await started.r2.promise;
    });
    const app = startApp({ MODELS: bucket, DB: db });
    expect((await app.get(`/recommend?user=${userIdOf(5)}`)).body).toMatchObject({ basis: 'trained' });
  });

  it('a user below the first id takes no read, one above the last at most one', async () => {
    const { app, uses } = await warmApp();
    expect((await app.get('/recommend?user=1')).body.basis).toBe('popular');
    expect(uses).toEqual([]);
    for (const user of [900_000_001, 900_000_002]) {
      expect((await app.get(`/recommend?user=${user}`)).body.basis).toBe('popular');
    }
    expect(uses).toHaveLength(1);
  });

  it('batches of users are kept up to a size, those used last', async () => {
    const { uses, bucket } = countedBucket(env.MODELS);
    const users = await StoredUsers.open(bucket, fixtureManifest(), 2 * fixtureFile(FILES.users).length);
    const keep = await StoredUsers.open(bucket, fixtureManifest(), 1);
    uses.length = 0;
    for (const row of [0, 70, 1, 71, 0]) expect((await users.find(bucket, userIdOf(row)))?.userId).toBe(userIdOf(row));
    expect(uses).toHaveLength(2);
    uses.length = 0;
    for (const row of [0, 70, 1, 71, 0]) expect((await keep.find(bucket, userIdOf(row)))?.userId).toBe(userIdOf(row));
    expect(uses).toHaveLength(5);
  });

  it('an answer says so when users.arrow cannot be read, and uses D1 alone', async () => {
    let down = false;
    const { bucket } = countedBucket(env.MODELS, ({ key }) => {
      if (down && key === USERS_KEY) throw new Error('R2 is down');
    });
    const app = startApp({ MODELS: bucket });
    await app.get('/model');
    down = true;
    const { status, body } = await app.get(`/recommend?user=${userIdOf(0)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ basis: 'popular', degraded: ['model-users'] });
    expect(body.items).toHaveLength(20);
  });
});

describe('an R2 that does not answer for a user', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is waited for two seconds, then a short time, until it answers again', async () => {
    let held: Promise<void> | undefined;
    const { bucket } = countedBucket(env.MODELS, () => held);
    const users = await StoredUsers.open(bucket, fixtureManifest(), 1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = Promise.withResolvers<void>();
    held = answer.promise;
    const outcome = (row: number) => users.find(bucket, userIdOf(row)).catch(({ code }) => code);
    const first = outcome(0);
    await vi.advanceTimersByTimeAsync(1999);
    expect(vi.getTimerCount()).toBe(2); // of the whole time, and of R2's first word
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toBe('store-unavailable');
    const second = outcome(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await second).toBe('store-unavailable');
    vi.useRealTimers();
    held = undefined;
    answer.resolve();
    expect((await users.find(bucket, userIdOf(0)))?.userId).toBe(userIdOf(0));
  });
});

describe.each([
  ['failing', broken],
  ['that does not answer', silent],
])('a D1 %s', (_, DB) => {
  const app = startApp({ DB, ratingTimeout: 20 });

  it('recommendations come from the model alone when D1 fails, and say so', async () => {
    const { status, body } = await app.get(`/recommend?user=${userIdOf(0)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ basis: 'trained', degraded: ['ratings'] });
    expect(body.items).toHaveLength(20);
    expect((await app.get('/next')).status).toBe(200);
  });

  it('GET /ratings is unavailable rather than wrong when D1 fails', async () => {
    const answer = await app.get(`/ratings?user=${userIdOf(0)}`);
    expect(answer).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    expect(answer.headers.get('Retry-After')).toBe('5');
  });
});

describe('a rating that D1 does not take, where there is no queue', () => {
  it('a rating that neither D1 nor a queue takes is refused with 503, without internals', async () => {
    const { headers } = await startSession(startApp());
    const answer = await startApp({ DB: broken, PENDING: undefined }).post(
      '/ratings',
      { movieId: movieIdOf(0), rating: 3 },
      headers,
    );
    expect(answer).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    expect(JSON.stringify(answer.body)).not.toContain('holiday');
  });
});

describe('a failure that nobody foresaw', () => {
  it('an unexpected failure answers a problem and logs its cause', async () => {
    const answer = await startApp({ DB: null as unknown as D1Database }).post('/session', '');
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal', status: 500 } });
    expect(JSON.stringify(answer.body)).not.toMatch(/null|prepare|\.ts/);
  });
});
