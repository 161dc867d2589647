import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION, userIdOf } from '../../fixtures/groups.ts';
import { type Damage, fixtureFile, fixtureManifest, publishFixture, startApp, type TestApp } from '../app.ts';
import { countedBucket } from '../counting-stores.ts';

const NEWER = '20260202T000000Z-newer';
const NEWEST = '20260303T000000Z-newest';
const TTL = 10;

/** The version that answers the first request after so many seconds. */
async function versionAfter(app: TestApp, seconds: number): Promise<string> {
  app.pass(seconds);
  return (await app.get('/model')).body.version;
}

function changed(name: string): Uint8Array {
  const bytes = fixtureFile(name);
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
}

/** The manifest with one file's entry changed. */
function filesWith(name: string, change: object) {
  return { files: fixtureManifest().files.map((file) => (file.name === name ? { ...file, ...change } : file)) };
}

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await publishFixture(env.MODELS);
});

describe('a new version', () => {
  it('a new version answers the very first request after the TTL, and those beside it', async () => {
    const app = startApp();
    expect(await versionAfter(app, 0)).toBe(FIXTURE_VERSION);
    await publishFixture(env.MODELS, NEWER);
    expect(await versionAfter(app, TTL / 2 - 1)).toBe(FIXTURE_VERSION);
    app.pass(TTL / 2 + 1);
    const answers = await Promise.all([
      app.get(`/recommend?user=${userIdOf(0)}`),
      app.get(`/recommend?user=${userIdOf(1)}&blend=0`),
      app.get('/model'),
      app.get('/top'),
    ]);
    expect(answers.map(({ status, body }) => [status, body.model?.version ?? body.version])).toEqual(
      answers.map(() => [200, NEWER]),
    );
    expect(answers[0].body.basis).toBe('trained');
  });

  it('a version that was published while another one loaded answers after the TTL', async () => {
    let publishNewest: Promise<void> | undefined;
    const { bucket } = countedBucket(env.MODELS, ({ key }) => {
      if (key !== artifactKey(NEWER, FILES.posterior) || publishNewest) return;
      app.pass(TTL / 2); // so long takes the loading
      publishNewest = publishFixture(env.MODELS, NEWEST);
      return publishNewest;
    });
    const app: TestApp = startApp({ MODELS: bucket });
    await app.get('/model');
    await publishFixture(env.MODELS, NEWER);
    expect(await versionAfter(app, TTL)).toBe(NEWER);
    expect(await versionAfter(app, TTL / 2)).toBe(NEWEST);
  });

  it('requests in between do not wait, and start the look for those that would have to', async () => {
    const { uses, bucket } = countedBucket(env.MODELS);
    const app = startApp({ MODELS: bucket });
    await app.get('/model');
    await publishFixture(env.MODELS, NEWER);
    expect(await versionAfter(app, TTL / 2)).toBe(FIXTURE_VERSION);
    uses.length = 0;
    expect(await versionAfter(app, TTL / 2 - 1)).toBe(NEWER);
    expect(uses).toEqual([]);
  });

  it('an R2 that does not answer keeps no request waiting for ever: the version in memory answers', async () => {
    let held: Promise<void> | undefined;
    const { bucket } = countedBucket(env.MODELS, () => held);
    const app = startApp({ MODELS: bucket, modelTimeout: 1 });
    await app.get('/model');
    await publishFixture(env.MODELS, NEWER);
    const answer = Promise.withResolvers<void>();
    held = answer.promise;
    app.pass(TTL);
    const waited = app.answer('/model');
    expect((await waited.body).version).toBe(FIXTURE_VERSION);
    expect((await app.get('/model')).body.version).toBe(FIXTURE_VERSION); // at once: the look is late
    answer.resolve();
    await waited.settled();
    expect((await app.get('/model')).body.version).toBe(NEWER);
  });

  it('looking for a new version takes one small read when nothing changed', async () => {
    const { uses, bucket } = countedBucket(env.MODELS);
    const app = startApp({ MODELS: bucket });
    await app.get('/model');
    uses.length = 0;
    app.pass(TTL);
    await app.get('/model');
    await app.get('/model');
    expect(uses.map(({ key }) => key)).toEqual([CURRENT_KEY]);
  });

  it('a new version is hashed while it is read where R2 recorded no hash', async () => {
    await publishFixture(env.MODELS, FIXTURE_VERSION, { checksums: false });
    const { body } = await startApp().get('/health');
    expect(body).toMatchObject({ status: 'ok', version: FIXTURE_VERSION });
  });

  it('a version without serving.arrow is read from movies.arrow, with the same answers', async () => {
    const path = `/recommend?user=${userIdOf(0)}&blend=0.5&explain=2`;
    const { items } = (await startApp().get(path)).body;
    const files = fixtureManifest().files.filter(({ name }) => name !== FILES.serving);
    await publishFixture(env.MODELS, NEWER, { damage: { [FILES.serving]: null }, manifest: { files } });
    const { uses, bucket } = countedBucket(env.MODELS);
    const { body } = await startApp({ MODELS: bucket }).get(path);
    expect(body).toMatchObject({ model: { version: NEWER }, items });
    expect(uses.filter(({ key }) => key.endsWith(FILES.serving))).toEqual([]);
  });

  it('a new version is loaded once for any number of requests at the same time', async () => {
    const { uses, bucket } = countedBucket(env.MODELS);
    const app = startApp({ MODELS: bucket });
    const answers = await Promise.all(Array.from({ length: 5 }, () => app.get('/model')));
    expect(answers.map((answer) => answer.status)).toEqual(Array(5).fill(200));
    expect(uses.filter(({ key, range }) => key.endsWith(FILES.serving) && !range)).toHaveLength(1);
  });
});

const BAD: [string, { damage?: Damage; manifest?: object; checksums?: boolean }, RegExp][] = [
  [
    'a truncated movies.arrow',
    { damage: { [FILES.movies]: fixtureFile(FILES.movies).subarray(0, 5000) } },
    /5000 bytes, expected/,
  ],
  ['an empty movies.arrow', { damage: { [FILES.movies]: '' } }, /movies.arrow: got 0 bytes/],
  [
    'a blank movies.arrow that the manifest vouches for',
    blank(FILES.movies),
    /got 0 rows, expected 200|not an Arrow file/,
  ],
  ['a changed movies.arrow', { damage: { [FILES.movies]: changed(FILES.movies) } }, /movies.arrow: got sha256/],
  [
    'a changed movies.arrow of which R2 knows no hash',
    { damage: { [FILES.movies]: changed(FILES.movies) }, checksums: false },
    /movies.arrow: got sha256/,
  ],
  [
    'a changed posterior.arrow',
    { damage: { [FILES.posterior]: changed(FILES.posterior) } },
    /posterior.arrow: got sha256/,
  ],
  [
    'a truncated users.arrow',
    { damage: { [FILES.users]: fixtureFile(FILES.users).subarray(0, 99) } },
    /users.arrow: got 99 bytes/,
  ],
  ['a changed users.arrow', { damage: { [FILES.users]: changed(FILES.users) } }, /users.arrow: got sha256/],
  [
    'a truncated serving.arrow',
    { damage: { [FILES.serving]: fixtureFile(FILES.serving).subarray(0, 5000) } },
    /serving.arrow: got 5000 bytes/,
  ],
  ['an empty serving.arrow', { damage: { [FILES.serving]: '' } }, /serving.arrow: got 0 bytes/],
  ['a blank serving.arrow that the manifest vouches for', blank(FILES.serving), /got 0 rows, expected 1|not an Arrow/],
  ['a changed serving.arrow', { damage: { [FILES.serving]: changed(FILES.serving) } }, /serving.arrow: got sha256/],
  [
    'a changed serving.arrow of which R2 knows no hash',
    { damage: { [FILES.serving]: changed(FILES.serving) }, checksums: false },
    /serving.arrow: got sha256/,
  ],
  ['no serving.arrow', { damage: { [FILES.serving]: null } }, /serving.arrow does not exist/],
  ['no movies.arrow', { damage: { [FILES.movies]: null } }, /movies.arrow does not exist/],
  ['no posterior.arrow', { damage: { [FILES.posterior]: null } }, /posterior.arrow does not exist/],
  [
    'a truncated posterior.arrow',
    { damage: { [FILES.posterior]: fixtureFile(FILES.posterior).subarray(0, 300) } },
    /posterior.arrow: got 300 bytes/,
  ],
  ['a digit changed in the manifest', { damage: { [FILES.manifest]: digitChanged() } }, /manifest.json: got sha256/],
  ['no users.arrow', { damage: { [FILES.users]: null } }, /users.arrow does not exist/],
  [
    'a neural network that is listed and not there',
    {
      manifest: {
        files: [...fixtureManifest().files, { name: FILES.network, bytes: 9, sha256: 'f'.repeat(64), rows: 1 }],
      },
    },
    /neural.onnx does not exist/,
  ],
  ['no manifest', { damage: { [FILES.manifest]: null } }, /manifest.json does not exist/],
  ['a manifest that is no JSON', { damage: { [FILES.manifest]: '{' } }, /not JSON/],
  ['a manifest of a later format', { manifest: { formatVersion: 5 } }, /formatVersion 5, expected 3 or 4/],
  ['a manifest of another version', { manifest: { version: FIXTURE_VERSION } }, /got version .*fixture, expected/],
  [
    'fewer rows than promised',
    { manifest: filesWith(FILES.movies, { rows: 201 }) },
    /got (200 rows|vectors of 200), expected 201/,
  ],
  ['wrong rating dimensions', { manifest: { factors: 8 } }, /vectors of 7, expected 8/],
  ['wrong relevance dimensions', { manifest: { relevanceFactors: 9 } }, /vectors of 8, expected 9/],
];

/** A manifest that lacks the mean rating. */
function digitChanged(): string {
  const { mean, ...rest } = fixtureManifest();
  return JSON.stringify({ ...rest, version: NEWER, mean: mean + 0.1 });
}

/** One blank with the size and hash of the manifest: only decoding it fails. */
function blank(name: string): { damage: Damage; manifest: object } {
  const sha256 = '36a9e7f1c95b82ffb99743e0c5c4ce95d83c9a430aac59f84ef3cbfab6145068';
  return { damage: { [name]: ' ' }, manifest: filesWith(name, { bytes: 1, sha256 }) };
}

describe('a bad version', () => {
  it.each(BAD)(
    'a version with %s is not served; the last good one stays, and /health says so',
    async (_, flaw, reason) => {
      const app = startApp();
      await app.get('/model');
      await env.MODELS.delete(Object.values(FILES).map((name) => artifactKey(NEWER, name)));
      await publishFixture(env.MODELS, NEWER, flaw);
      expect(await versionAfter(app, TTL)).toBe(FIXTURE_VERSION);
      expect((await app.get(`/recommend?user=${userIdOf(0)}`)).body.basis).toBe('trained');
      const { status, body } = await app.get('/health');
      expect(status).toBe(200);
      expect(body).toMatchObject({ status: 'degraded', version: FIXTURE_VERSION });
      expect(body.lastError).toMatchObject({ code: 'bad-artifact', version: NEWER });
      expect(body.lastError.detail).toMatch(reason);
    },
  );

  it('a bad version is tried again more and more rarely, and forgotten when a good one follows', async () => {
    const { uses, bucket } = countedBucket(env.MODELS);
    const app = startApp({ MODELS: bucket });
    await app.get('/model');
    await publishFixture(env.MODELS, NEWER, { damage: { [FILES.movies]: '' } });
    const tries = () => uses.filter(({ key }) => key === artifactKey(NEWER, FILES.movies)).length;
    for (let look = 0; look < 30; look++) await versionAfter(app, TTL);
    expect(tries()).toBeGreaterThan(1);
    expect(tries()).toBeLessThan(7);
    await publishFixture(env.MODELS, NEWEST);
    expect(await versionAfter(app, TTL)).toBe(NEWEST);
    expect((await app.get('/health')).body).toMatchObject({ status: 'ok', lastError: null });
  });

  it('a bad version is served once it is mended', async () => {
    const app = startApp();
    await app.get('/model');
    await publishFixture(env.MODELS, NEWER, { damage: { [FILES.movies]: '' } });
    expect(await versionAfter(app, TTL)).toBe(FIXTURE_VERSION);
    await env.MODELS.put(artifactKey(NEWER, FILES.movies), fixtureFile(FILES.movies));
    expect(await versionAfter(app, 10 * TTL)).toBe(NEWER);
  });

  it('a fresh isolate serves the version before a bad one', async () => {
    await publishFixture(env.MODELS, NEWER, { damage: { [FILES.movies]: '' }, previous: FIXTURE_VERSION });
    const app = startApp();
    expect((await app.get('/model')).body.version).toBe(FIXTURE_VERSION);
    expect((await app.get('/health')).body).toMatchObject({ status: 'degraded', lastError: { version: NEWER } });
  });
});

describe('without a model', () => {
  it('without a model every route answers 503, and /health says why', async () => {
    await env.MODELS.delete(CURRENT_KEY);
    const app = startApp();
    for (const path of ['/recommend', '/model', '/top', '/movies?q=a', '/next']) {
      expect(await app.get(path)).toMatchObject({ status: 503, body: { code: 'no-model' } });
    }
    expect(await app.get('/health')).toMatchObject({
      status: 503,
      body: { status: 'unavailable', version: null, lastError: { code: 'no-model', version: null } },
    });
    await publishFixture(env.MODELS);
    app.pass(TTL);
    expect((await app.get('/recommend')).status).toBe(200);
  });

  it('without a model R2 is not read again with every request', async () => {
    await env.MODELS.delete(CURRENT_KEY);
    const { uses, bucket } = countedBucket(env.MODELS);
    const app = startApp({ MODELS: bucket });
    for (let request = 0; request < 5; request++) await app.get('/recommend');
    expect(uses.map(({ key }) => key)).toEqual([CURRENT_KEY]);
  });
});

describe('a rollback', () => {
  it('a rollback takes effect for the first request after the TTL, also from a refused version', async () => {
    const app = startApp();
    await publishFixture(env.MODELS, NEWER);
    expect(await versionAfter(app, 0)).toBe(NEWER);
    await publishFixture(env.MODELS, NEWEST, { damage: { [FILES.posterior]: '' } });
    expect(await versionAfter(app, TTL)).toBe(NEWER);
    expect((await app.get('/health')).body.lastError).toMatchObject({ version: NEWEST });
    await publishFixture(env.MODELS, FIXTURE_VERSION);
    expect(await versionAfter(app, TTL)).toBe(FIXTURE_VERSION);
    expect((await app.get('/health')).body).toMatchObject({ status: 'ok', lastError: null });
  });
});

describe('a pointer that is gone or broken', () => {
  it.each([
    ['gone', null],
    ['broken', 'not json'],
    ['empty', ''],
    ['cut off', `{"version":"${NEWER}","previous":null,"publi`],
    ['of no version', '{"version":"../../etc","previous":null,"publishedAt":"2026-01-01T00:00:00.000Z"}'],
    ['of a version that is not there', pointerTo('20270101T000000Z-nowhere')],
  ])('a pointer that is gone or broken leaves the version in service: %s', async (_, pointer) => {
    const app = startApp();
    await app.get('/model');
    if (pointer === null) await env.MODELS.delete(CURRENT_KEY);
    else await env.MODELS.put(CURRENT_KEY, pointer);
    expect(await versionAfter(app, TTL)).toBe(FIXTURE_VERSION);
    const { status, lastError } = (await app.get('/health')).body;
    expect(status).toBe('degraded');
    expect(lastError.version).toBe(pointer?.includes('nowhere') ? '20270101T000000Z-nowhere' : null);
    await publishFixture(env.MODELS);
    await versionAfter(app, TTL);
    expect((await app.get('/health')).body.status).toBe('ok');
  });
});

function pointerTo(version: string): string {
  return JSON.stringify({ version, previous: null, publishedAt: '2026-01-01T00:00:00.000Z' });
}
