import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256Hex } from '../../../shared/artifact/manifest.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { decodeMovies } from '../../../shared/model/decode/catalogue.ts';
import { encodeServing } from '../../../trainer/artifact/encode/serving.ts';
import { servingColumns } from '../../../trainer/artifact/serving-layout.ts';
import { createApp } from '../../../worker/app.ts';
import type { Bindings } from '../../../worker/env.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { FIXTURE_VERSION, userIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, publishFixture, startApp } from '../app.ts';

const NEWER = '20260202T000000Z-newer';
/** Bytes that the Worker reads at a time. */
const PIECE = 2 ** 20;
const BY_RELEVANCE = `/recommend?user=${userIdOf(0)}&blend=0`;

/** Publishes the fixture with a serving.arrow of two pieces: after the vectors comes a column that is never read. */
async function publishLong(version: string, previous: string | null = null): Promise<void> {
  const manifest = fixtureManifest();
  const movies = decodeMovies(fixtureFile(FILES.movies), manifest);
  const columns = servingColumns({ ...movies, titles: [], genres: [] }, manifest.mean);
  const file = encodeServing({ ...columns, filler: new Float32Array(PIECE / 4) });
  const entry = { bytes: file.length, sha256: await sha256Hex(file) };
  const files = manifest.files.map((each) => (each.name === FILES.serving ? { ...each, ...entry } : each));
  await publishFixture(env.MODELS, version, { damage: { [FILES.serving]: file }, manifest: { files }, previous });
}

/** The bucket, but the second piece of a version's serving.arrow arrives when `rest` resolves. */
function slowBucket(version: string, rest: Promise<unknown>): R2Bucket {
  const get = async (key: string, options?: R2GetOptions) => {
    const object = (await env.MODELS.get(key, options)) as R2ObjectBody;
    if (!key.includes(version) || !key.endsWith(FILES.serving) || options?.range) return object;
    const bytes = new Uint8Array(await object.arrayBuffer());
    const { readable, writable } = new FixedLengthStream(bytes.length);
    const writer = writable.getWriter();
    const deliver = async () => {
      await writer.write(bytes.subarray(0, PIECE));
      await rest;
      await writer.write(bytes.subarray(PIECE));
      await writer.close();
    };
    deliver().catch((error) => writer.abort(error));
    return { size: object.size, checksums: object.checksums, body: readable };
  };
  return { get, head: (key: string) => env.MODELS.head(key) } as unknown as R2Bucket;
}

/** A fresh isolate. Its requests are awaited, but not what they leave in the background. */
function freshApp(bindings: Partial<Bindings>) {
  const app = createApp({ kernel });
  const contexts: ExecutionContext[] = [];
  return {
    async get(path: string) {
      const context = createExecutionContext();
      contexts.push(context);
      const response = await app.request(path, {}, { ...env, ...bindings }, context);
      // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
      return { status: response.status, body: (await response.json()) as any };
    },
    settle: () => Promise.all(contexts.map((context) => waitOnExecutionContext(context))),
  };
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

describe('a fresh isolate', () => {
  it('a fresh isolate lists by relevance before the other vectors are there; requests that need them wait', async () => {
    await publishLong(NEWER);
    const waiting = [
      `/recommend?user=${userIdOf(1)}&blend=0.5`,
      `/recommend?user=${userIdOf(2)}&blend=0&explain=1`,
      `/recommend?user=${userIdOf(3)}&blend=0&diversity=0.5`,
      `/recommend?user=${userIdOf(4)}&by=next`,
      '/similar/2',
    ];
    const rest = Promise.withResolvers<void>();
    const app = freshApp({ MODELS: slowBucket(NEWER, rest.promise) });
    const order: string[] = [];
    const others = waiting.map((path) => app.get(path).finally(() => order.push('another')));
    const list = await app.get(BY_RELEVANCE);
    order.push('the list');
    rest.resolve();
    const answers = [list, ...(await Promise.all(others))];
    await app.settle();
    expect(order).toEqual(['the list', ...waiting.map(() => 'another')]);
    const warm = startApp();
    for (const [i, path] of [BY_RELEVANCE, ...waiting].entries()) {
      const { status, body } = await warm.get(path);
      expect(answers[i]).toEqual({ status, body });
    }
    expect(list.body).toMatchObject({ model: { version: NEWER }, basis: 'trained' });
  });

  it('a user with newer ratings in D1 waits for all vectors in a fresh isolate', async () => {
    await publishLong(NEWER);
    const path = `/recommend?user=${userIdOf(4)}&blend=0`;
    const before = await startApp().get(path);
    const { movieId } = before.body.items[0];
    await env.DB.prepare(
      'INSERT INTO rating (user_id, movie_id, half_stars, rated_at, accepted_at) VALUES (?, ?, 2, 9, 9)',
    )
      .bind(userIdOf(4), movieId)
      .run();
    const rest = Promise.withResolvers<void>();
    const app = freshApp({ MODELS: slowBucket(NEWER, rest.promise) });
    const folded = app.get(path);
    expect((await app.get(BY_RELEVANCE)).body.basis).toBe('trained');
    rest.resolve();
    expect((await folded).body).toMatchObject({ basis: 'folded-in', ratings: before.body.ratings + 1 });
    await app.settle();
  });

  it('a fresh isolate drops a version whose rest never arrives', async () => {
    await publishFixture(env.MODELS, FIXTURE_VERSION);
    await publishLong(NEWER, FIXTURE_VERSION);
    const rest = Promise.withResolvers<void>();
    const app = freshApp({ MODELS: slowBucket(NEWER, rest.promise) });
    expect((await app.get(BY_RELEVANCE)).body.model.version).toBe(NEWER);
    const waiting = app.get(`/recommend?user=${userIdOf(1)}&blend=1`);
    rest.reject(new Error('R2 is down'));
    expect((await waiting).body.model.version).toBe(FIXTURE_VERSION);
    expect((await app.get(BY_RELEVANCE)).body.model.version).toBe(FIXTURE_VERSION);
    expect((await app.get('/health')).body).toMatchObject({ status: 'degraded', lastError: { version: NEWER } });
    await app.settle();
  });
});
