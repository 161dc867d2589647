import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Manifest, sha256Hex } from '../../../shared/artifact/manifest.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { PIECE_BYTES } from '../../../shared/artifact/upload.ts';
import { listObjects } from '../../../shared/storage/bucket.ts';
import { FIXTURE_VERSION } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, publishFixture, startApp, type TestApp, TOKEN } from '../app.ts';

const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };
const NEWER = '20990101T000000Z-000001';
let app: TestApp;

const manifestOf = (changes: Partial<Manifest> = {}) =>
  new TextEncoder().encode(JSON.stringify({ ...fixtureManifest(), version: NEWER, ...changes }));
const put = (name: string, body: BodyInit | null, version = NEWER, headers: HeadersInit = ADMIN) =>
  app.request('PUT', `/admin/uploads/${version}/${name}`, { headers, body });
const begin = (changes?: Partial<Manifest>) => put(FILES.manifest, manifestOf(changes));
const finish = () => app.request('POST', `/admin/uploads/${NEWER}`, { headers: ADMIN });
const remove = () => app.remove(`/admin/uploads/${NEWER}`, ADMIN);
const promote = () => app.post(`/admin/versions/${NEWER}/promote`, '', ADMIN);
const onTheirWay = async () => (await app.get('/admin/uploads', ADMIN)).body.items;
const stored = async () => (await listObjects(env.MODELS, `models/${NEWER}/`)).map(({ key }) => key.split('/')[2]);
const names = fixtureManifest().files.map(({ name }) => name);
/** All of a version but its last file. */
async function uploadAllButOne() {
  await begin();
  for (const name of names.slice(0, -1)) expect((await put(name, fixtureFile(name))).status).toBe(200);
}

beforeEach(async () => {
  await publishFixture(env.MODELS);
  app = startApp({ MODEL_TTL: '0' });
});
afterEach(async () => {
  const left = await listObjects(env.MODELS, 'models/');
  await env.MODELS.delete(left.map(({ key }) => key));
});

describe('a version that is uploaded file by file', () => {
  it('becomes a version once it is whole, and then goes into service as any other', async () => {
    const before = await (await env.MODELS.get(CURRENT_KEY))!.text();
    expect((await begin()).body.files.map(({ uploaded }: { uploaded: boolean }) => uploaded)).not.toContain(true);
    for (const name of names) {
      const { status, body } = await put(name, fixtureFile(name));
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body.files).toContainEqual({ name, bytes: fixtureFile(name).length, uploaded: true, pieces: [] });
    }
    expect(await finish()).toMatchObject({ status: 200, body: { version: NEWER } });
    expect(await onTheirWay()).toEqual([]);
    expect((await stored()).sort()).toEqual([...names, FILES.manifest].sort());
    expect(await (await env.MODELS.get(CURRENT_KEY))!.text()).toBe(before);
    const { items } = (await app.get('/admin/versions', ADMIN)).body;
    expect(items[0].version).toBe(NEWER);
    expect(await promote()).toMatchObject({ status: 200, body: { version: NEWER, previous: FIXTURE_VERSION } });
    expect((await app.get('/recommend')).body.model.version).toBe(NEWER);
  });

  it('is listed as on its way while a file lacks, and is no version: it cannot be finished, listed or served', async () => {
    await uploadAllButOne();
    const missing = names.at(-1)!;
    expect(await finish()).toMatchObject({ status: 422, body: { code: 'bad-data', missing: [missing] } });
    expect((await promote()).status).toBe(503);
    const { items } = (await app.get('/admin/versions', ADMIN)).body;
    expect(items.map(({ version }: { version: string }) => version)).toEqual([FIXTURE_VERSION]);
    const [upload] = await onTheirWay();
    expect(upload.version).toBe(NEWER);
    expect(upload.files.filter(({ uploaded }: { uploaded: boolean }) => !uploaded)).toMatchObject([{ name: missing }]);
    await put(missing, fixtureFile(missing));
    expect((await finish()).status).toBe(200);
  });

  it('goes on where it stopped, and the same again changes nothing', async () => {
    await uploadAllButOne();
    const { body } = await begin();
    expect(body.files.filter(({ uploaded }: { uploaded: boolean }) => !uploaded)).toHaveLength(1);
    for (const name of names) expect((await put(name, fixtureFile(name))).status).toBe(200);
    expect((await finish()).status).toBe(200);
    expect(await finish()).toMatchObject({ status: 404, body: { code: 'unknown-version' } });
  });

  it('can be taken away, all of it, and be begun anew with another manifest', async () => {
    await uploadAllButOne();
    expect(await begin({ mean: 2 })).toMatchObject({ status: 409, body: { code: 'publish-conflict' } });
    expect(await remove()).toMatchObject({ status: 200, body: { items: [] } });
    expect(await stored()).toEqual([]);
    expect((await begin({ mean: 2 })).status).toBe(200);
    expect((await remove()).status).toBe(200);
    expect(await remove()).toMatchObject({ status: 404, body: { code: 'unknown-version' } });
  });

  it('never touches a version that is there: neither its files, nor its manifest, nor by taking an upload away', async () => {
    const files = await listObjects(env.MODELS, `models/${FIXTURE_VERSION}/`);
    const asked = [
      await put(FILES.manifest, JSON.stringify(fixtureManifest()), FIXTURE_VERSION),
      await put(FILES.movies, 'other bytes', FIXTURE_VERSION),
      await app.remove(`/admin/uploads/${FIXTURE_VERSION}`, ADMIN),
      await app.request('POST', `/admin/uploads/${FIXTURE_VERSION}`, { headers: ADMIN }),
    ];
    expect(asked.map(({ status }) => status)).toEqual([409, 404, 404, 404]);
    const key = artifactKey(FIXTURE_VERSION, 'uploading.json'); // what a finish leaves that was killed at its end
    await env.MODELS.put(key, JSON.stringify({ ...fixtureManifest(), mean: 2 }));
    for (const { status } of [
      await put(FILES.movies, fixtureFile(FILES.movies), FIXTURE_VERSION),
      await app.remove(`/admin/uploads/${FIXTURE_VERSION}`, ADMIN),
      await app.request('POST', `/admin/uploads/${FIXTURE_VERSION}`, { headers: ADMIN }),
    ])
      expect(status).toBe(409);
    await env.MODELS.delete(key);
    expect(await listObjects(env.MODELS, `models/${FIXTURE_VERSION}/`)).toEqual(files);
  });

  it('refuses a file that is not what the manifest says, and keeps nothing of it', async () => {
    await begin();
    const movies = fixtureFile(FILES.movies);
    const changed = movies.map((byte, at) => (at === 1000 ? byte ^ 1 : byte));
    expect(await put(FILES.movies, changed)).toMatchObject({ status: 422, body: { code: 'bad-data' } });
    for (const body of [movies.subarray(1), new Uint8Array([...movies, 0]), '']) {
      expect(await put(FILES.movies, body)).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    }
    expect(await put(FILES.movies, null)).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    expect(await put('other.arrow', movies)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await stored()).toEqual(['uploading.json']);
    expect((await put(FILES.movies, movies)).status).toBe(200);
    expect(await put(FILES.movies, changed)).toMatchObject({ status: 200 }); // the right one stays
    expect(await env.MODELS.head(artifactKey(NEWER, FILES.movies))).toMatchObject({ size: movies.length });
  });

  it('refuses a manifest of another format, of no version, of files that could be no others’, and what no Worker has room for', async () => {
    const { files } = fixtureManifest();
    const named = (name: string) => ({ files: [...files, { ...files[0], name }] });
    const refused: [Partial<Manifest>, number, string][] = [
      [{ formatVersion: 99 as 4 }, 422, 'formatVersion 99'],
      [{ version: FIXTURE_VERSION }, 422, FIXTURE_VERSION],
      [{ files: files.slice(1) }, 422, 'lists no'],
      [named(FILES.manifest), 422, 'manifest.json'],
      [named('uploading.json'), 422, 'uploading.json'],
      [named('../x/movies.arrow'), 422, 'movies.arrow'],
      [named(files[0].name), 422, 'each once'],
      [{ files: files.map((file) => ({ ...file, bytes: 5e9 + 1 })) }, 413, 'at most'],
      [{ factors: 60_000 }, 409, 'does not fit'],
    ];
    for (const [changes, status, detail] of refused) {
      const answer = await begin(changes);
      expect([answer.status, answer.body.detail]).toEqual([status, expect.stringContaining(detail)]);
    }
    expect((await put(FILES.manifest, 'no JSON')).status).toBe(422);
    expect((await put(FILES.manifest, ' '.repeat(4 * 2 ** 20 + 1))).status).toBe(413);
    expect(await stored()).toEqual([]);
  });

  it.each([
    ['GET', '/admin/uploads'],
    ['PUT', `/admin/uploads/${NEWER}/manifest.json`],
    ['POST', `/admin/uploads/${NEWER}`],
    ['DELETE', `/admin/uploads/${NEWER}`],
    ['PUT', `/admin/uploads/${NEWER}/movies.arrow/pieces/1`],
    ['POST', `/admin/uploads/${NEWER}/movies.arrow`],
  ])('%s %s refuses everybody but the operator, and pages of other sites', async (method, path) => {
    const body = method === 'PUT' ? manifestOf() : undefined;
    for (const headers of [{}, TOKEN, { Authorization: 'Bearer wrong' }]) {
      expect(await app.request(method, path, { headers, body })).toMatchObject({ status: 401 });
    }
    if (method !== 'GET') {
      const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://elsewhere.example', Cookie: 'a=b' };
      expect((await app.request(method, path, { headers, body })).status).toBeGreaterThanOrEqual(401);
    }
    expect(await stored()).toEqual([]);
  });
});

describe('a file that is too large for one request', () => {
  const LARGE = 'large.bin';
  const bytes = new Uint8Array(PIECE_BYTES + 1000).map((_, at) => at % 251);
  const pieces = [bytes.subarray(0, PIECE_BYTES), bytes.subarray(PIECE_BYTES)];
  const piece = (number: number, body: BodyInit = pieces[number - 1]) => put(`${LARGE}/pieces/${number}`, body);
  const join = () => app.request('POST', `/admin/uploads/${NEWER}/${LARGE}`, { headers: ADMIN });
  const stateOf = async () => (await onTheirWay())[0].files.find(({ name }: { name: string }) => name === LARGE);
  const keys = async () => (await listObjects(env.MODELS, `models/${NEWER}/`)).map(({ key }) => key);

  beforeEach(async () => {
    const entry = { name: LARGE, bytes: bytes.length, sha256: await sha256Hex(bytes), rows: 0 };
    await begin({ files: [...fixtureManifest().files, entry] });
  });

  it('comes in pieces, in any order, and is one file of the version in the end, with its hash', async () => {
    expect((await piece(2)).status).toBe(200);
    expect(await stateOf()).toEqual({ name: LARGE, bytes: bytes.length, uploaded: false, pieces: [2] });
    expect(await join()).toMatchObject({ status: 422, body: { code: 'bad-data', missing: [1] } });
    expect((await piece(1)).status).toBe(200);
    expect((await join()).status).toBe(200);
    expect(await stateOf()).toEqual({ name: LARGE, bytes: bytes.length, uploaded: true, pieces: [] });
    const stored = await env.MODELS.get(artifactKey(NEWER, LARGE));
    expect(stored!.checksums.toJSON().sha256).toBe(await sha256Hex(bytes));
    expect(await sha256Hex(new Uint8Array(await stored!.arrayBuffer()))).toBe(await sha256Hex(bytes));
    expect((await keys()).filter((key) => key.includes('pieces'))).toEqual([]);
    for (const again of [await join(), await piece(1)]) expect(again.status).toBe(200);
    for (const name of names) await put(name, fixtureFile(name));
    expect((await finish()).status).toBe(200);
    expect(await keys()).toHaveLength(names.length + 2);
  });

  it('is refused with another hash, and begins anew, since nobody knows which piece was wrong', async () => {
    await piece(1);
    await piece(
      2,
      pieces[1].map((byte) => byte ^ 1),
    );
    await piece(2); // the one that is there stays
    expect(await join()).toMatchObject({
      status: 422,
      body: { code: 'bad-data', detail: expect.stringContaining('sha256') },
    });
    expect(await stateOf()).toMatchObject({ uploaded: false, pieces: [] });
    for (const number of [1, 2]) await piece(number);
    expect((await join()).status).toBe(200);
  });

  it('is not made, and keeps its pieces, while R2 does not give them all', async () => {
    for (const number of [1, 2]) await piece(number);
    const failing = new Proxy(env.MODELS, {
      get:
        (bucket, name) =>
        async (key: string, ...rest: unknown[]) => {
          if (name === 'get' && key.endsWith('/2')) throw new Error('injected');
          return Reflect.get(bucket, name).call(bucket, key, ...rest);
        },
    });
    const [path, init] = [`/admin/uploads/${NEWER}/${LARGE}`, { headers: ADMIN }];
    const answer = await startApp({ MODELS: failing }).request('POST', path, init);
    expect(answer).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    expect(await stateOf()).toMatchObject({ uploaded: false, pieces: [1, 2] });
    expect((await join()).status).toBe(200);
  });

  it('takes no piece of another size, none beyond the last, and none of a file that the manifest does not list', async () => {
    for (const body of [pieces[1].subarray(1), new Uint8Array([...pieces[1], 0])]) {
      expect(await piece(2, body)).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    }
    expect(await piece(3, pieces[1])).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await piece(0, pieces[1])).toMatchObject({ status: 400, body: { code: 'bad-parameter' } });
    expect(await put('other.bin/pieces/1', pieces[1])).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await stateOf()).toMatchObject({ pieces: [] });
  });

  it('is taken away with the upload, its pieces too', async () => {
    await piece(2);
    expect((await remove()).status).toBe(200);
    expect(await keys()).toEqual([]);
    expect(await piece(1)).toMatchObject({ status: 404, body: { code: 'unknown-version' } });
  });

  it('cannot come with one request beyond what Cloudflare takes, and says how it can', async () => {
    await remove();
    const entry = { name: LARGE, bytes: 101e6, sha256: '0'.repeat(64), rows: 0 };
    await begin({ files: [...fixtureManifest().files, entry] });
    expect(await put(LARGE, 'x')).toMatchObject({
      status: 413,
      body: { code: 'too-large', fix: expect.stringContaining('pieces') },
    });
  });
});
