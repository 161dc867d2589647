import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256Hex } from '../../../shared/artifact/manifest.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { decodeMovies } from '../../../shared/model/decode/catalogue.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import { encodeServing } from '../../../trainer/artifact/encode/serving.ts';
import { servingColumns } from '../../../trainer/artifact/serving-layout.ts';
import { Recommender } from '../../../worker/recommend/recommender.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { DAMAGES, type DamageKind } from '../../fixtures/damage.ts';
import { FIXTURE_VERSION, userIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, publishFixture, startApp } from '../app.ts';
import { damagedBucket } from '../damaged-bucket.ts';
import { vectorsOf } from '../wasm/vectors.ts';

const NEWER = '20260202T000000Z-newer';
/** Read whole, and hashed. */
const HASHED = [FILES.manifest, FILES.movies, FILES.posterior, FILES.serving, FILES.profiles];
const LIST = `/recommend?user=${userIdOf(0)}`;

/** An app of its own, where a disk damaged one object after it was stored. */
function appWith(key: string, kind: DamageKind) {
  return startApp({ MODELS: damagedBucket(env.MODELS, key, kind) });
}

const rows = (keys: readonly string[]) => keys.flatMap((key) => DAMAGES.map((kind) => [key, kind] as const));

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await publishFixture(env.MODELS, FIXTURE_VERSION);
  await publishFixture(env.MODELS, NEWER, { previous: FIXTURE_VERSION });
});

describe('bytes that changed on the disk', () => {
  it.each(rows(HASHED))('%s %s: the version before is served, and /health says so', async (name, kind) => {
    const app = appWith(artifactKey(NEWER, name), kind);
    await app.get('/health'); // a fresh isolate may find out after its first answers
    const { status, body } = await app.get('/health');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'degraded', version: FIXTURE_VERSION });
    expect(body.lastError).toMatchObject({ code: 'bad-artifact', version: NEWER });
    expect(body.lastError.detail).toContain(name);
    expect((await app.get(LIST)).body).toMatchObject({ model: { version: FIXTURE_VERSION }, basis: 'trained' });
  });

  it.each(DAMAGES)('users.arrow %s: no answer has numbers of a damaged user, and none is an error', async (kind) => {
    const app = appWith(artifactKey(NEWER, FILES.users), kind);
    const { body } = await app.get('/health');
    expect(body).toMatchObject(
      ['flipped start', 'flipped middle'].includes(kind)
        ? { status: 'ok', version: NEWER }
        : { status: 'degraded', version: FIXTURE_VERSION, lastError: { code: 'bad-artifact', version: NEWER } },
    );
    for (const row of [0, 40, 63, 64, 90, 129]) {
      const answer = await app.get(`/recommend?user=${userIdOf(row)}&blend=0.5`);
      expect(answer.status).toBe(200);
      for (const { score } of answer.body.items) expect(Math.abs(score)).toBeLessThan(100);
    }
  });

  it.each(DAMAGES)('current.json %s: a fresh isolate answers 503, and a warm one goes on', async (kind) => {
    const { status, body } = await appWith(CURRENT_KEY, kind).get('/health');
    // A changed digit of a time is no damage that JSON shows.
    if (body.status === 'ok') expect(kind).toBe('flipped middle');
    else expect([status, body.status]).toEqual(body.version === null ? [503, 'unavailable'] : [200, 'degraded']);
    let bucket: R2Bucket = env.MODELS;
    const app = startApp({
      MODELS: {
        get: (...args: [string]) => bucket.get(...args),
        head: (key: string) => bucket.head(key),
      } as unknown as R2Bucket,
    });
    await app.get('/model');
    await env.MODELS.put(CURRENT_KEY, `${await (await env.MODELS.get(CURRENT_KEY))!.text()} `);
    bucket = damagedBucket(env.MODELS, CURRENT_KEY, kind);
    app.pass(10);
    await app.get('/model');
    expect((await app.get(LIST)).body.model.version).toBe(NEWER);
  });

  it('a version is refused as well when it was in memory already and current.json names it again', async () => {
    const app = appWith(artifactKey(NEWER, FILES.serving), 'flipped middle');
    for (let look = 0; look < 3; look++) {
      await app.get('/health');
      app.pass(60);
    }
    expect((await app.get('/health')).body).toMatchObject({ status: 'degraded', version: FIXTURE_VERSION });
  });
});

/** Publishes a version whose movies' vectors were damaged before it was hashed. */
async function publishInsane(value: number): Promise<void> {
  const manifest = fixtureManifest();
  const movies = decodeMovies(fixtureFile(FILES.movies), manifest);
  const columns = servingColumns({ ...movies, titles: [], genres: [] }, manifest.mean);
  columns.rating[20] = value;
  const file = encodeServing(columns);
  const entry = { bytes: file.length, sha256: await sha256Hex(file) };
  const files = manifest.files.map((each) => (each.name === FILES.serving ? { ...each, ...entry } : each));
  const damage = { [FILES.serving]: file };
  await publishFixture(env.MODELS, NEWER, { damage, manifest: { files }, previous: FIXTURE_VERSION });
}

describe('scores that no model gives', () => {
  it.each([1e37, Number.NaN])('a list for a user with the number %s is an error that names the version', (bias) => {
    const manifest = fixtureManifest();
    const files = { movies: fixtureFile(FILES.movies), posterior: fixtureFile(FILES.posterior) };
    const model = decodeModel(manifest, files);
    const recommender = new Recommender({ ...model, vectors: vectorsOf(kernel, model.movies) });
    const { factorCount, relevanceCount } = model.movies;
    const [factors, relevance] = [new Float64Array(factorCount), new Float64Array(relevanceCount)];
    const user = { bias, factors, relevance, biasShare: 0, deviation: 0 };
    for (const diversity of [0, 0.5]) {
      expect(() => recommender.recommend(user, 1, 5, recommender.select({}), diversity)).toThrow(
        expect.objectContaining({ code: 'bad-artifact', message: expect.stringContaining(manifest.version) }),
      );
    }
  });

  it.each([1.6e37, -1e30, Number.NaN, Number.POSITIVE_INFINITY])(
    'a version with the number %s in its vectors is not served',
    async (value) => {
      await publishInsane(value);
      const { body } = await startApp().get('/health');
      expect(body).toMatchObject({ status: 'degraded', version: FIXTURE_VERSION, lastError: { version: NEWER } });
      expect(body.lastError.detail).toMatch(new RegExp(`version ${NEWER} gives the score .*, which is not served`));
    },
  );
});
