import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { artifactKey, FILES } from '../../shared/schema.ts';
import { FIXTURE_VERSION, movieIdOf, USERS, userIdOf } from '../fixtures/planted.ts';
import { fixtureFile, startApp, startSession } from './world.ts';

const USERS_KEY = artifactKey(FIXTURE_VERSION, FILES.users);

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

/** A bucket that counts what is read of users.arrow. */
function metered(bucket: R2Bucket) {
  const reads: number[] = [];
  const get = async (key: string, options?: R2GetOptions) => {
    const object = (await bucket.get(key, options)) as R2ObjectBody | null;
    if (key !== USERS_KEY || object === null) return object;
    const bytes = await object.arrayBuffer();
    reads.push(bytes.byteLength);
    return { ...object, size: object.size, arrayBuffer: async () => bytes };
  };
  return { reads, bucket: { get, head: (key: string) => bucket.head(key) } as unknown as R2Bucket };
}

/** A D1 database of which every query does what `answer` does. */
function database(answer: () => Promise<never>): D1Database {
  const statement = { bind: () => statement, all: answer, first: answer, run: answer };
  return { prepare: () => statement, batch: answer } as unknown as D1Database;
}

const broken = database(() => Promise.reject(new Error('D1_ERROR: the tables are on holiday')));
const silent = database(() => new Promise<never>(() => undefined));

describe('users', () => {
  it('are fetched by range: one record batch each, never the whole file', async () => {
    const { reads, bucket } = metered(env.MODELS);
    const app = startApp({ MODELS: bucket });
    const size = fixtureFile(FILES.users).length;
    await app.get(`/recommend?user=${userIdOf(0)}`);
    expect(reads).toHaveLength(2);
    expect(reads[0]).toBeLessThanOrEqual(1 << 14);
    for (const row of [1, 70, USERS - 1]) {
      reads.length = 0;
      expect((await app.get(`/recommend?user=${userIdOf(row)}`)).body.basis).toBe('trained');
      expect(reads).toHaveLength(1);
      expect(reads[0]).toBeLessThan(size / 2);
    }
  });

  it('below the first id are known without a read', async () => {
    const { reads, bucket } = metered(env.MODELS);
    const app = startApp({ MODELS: bucket });
    await app.get(`/recommend?user=${userIdOf(0)}`);
    reads.length = 0;
    expect((await app.get('/recommend?user=1')).body.basis).toBe('popular');
    expect(reads).toEqual([]);
  });

  it('that cannot be read leave an answer from D1 alone, which says so', async () => {
    const down = { ...env.MODELS, head: (key: string) => env.MODELS.head(key) };
    const get = (key: string, options?: R2GetOptions) =>
      key === USERS_KEY ? Promise.reject(new Error('R2 is down')) : env.MODELS.get(key, options);
    const app = startApp({ MODELS: { ...down, get } as unknown as R2Bucket });
    const { status, body } = await app.get(`/recommend?user=${userIdOf(0)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ basis: 'popular', degraded: ['model-users'] });
    expect(body.items).toHaveLength(20);
  });
});

describe.each([
  ['failing', broken],
  ['that does not answer', silent],
])('a D1 %s', (_, DB) => {
  const app = startApp({ DB, ratingTimeout: 20 });

  it('leaves recommendations from the model alone, which say so', async () => {
    const { status, body } = await app.get(`/recommend?user=${userIdOf(0)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ basis: 'trained', degraded: ['ratings'] });
    expect(body.items).toHaveLength(20);
    expect((await app.get('/next')).status).toBe(200);
  });

  it('makes the list of ratings unavailable rather than wrong', async () => {
    const answer = await app.get(`/ratings?user=${userIdOf(0)}`);
    expect(answer).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    expect(answer.headers.get('Retry-After')).toBe('5');
  });
});

describe('a rating that D1 does not take, where there is no queue', () => {
  it('is refused with 503 and nothing of the inside', async () => {
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
  it('is a problem that keeps its cause to the log', async () => {
    const answer = await startApp({ DB: null as unknown as D1Database }).post('/session', '');
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal', status: 500 } });
    expect(JSON.stringify(answer.body)).not.toMatch(/null|prepare|\.ts/);
  });
});
