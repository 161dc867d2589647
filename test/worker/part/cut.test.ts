import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import { CutVectors } from '../../../worker/wasm/cut-vectors.ts';
import { Kernel } from '../../../worker/wasm/kernel.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { Parts } from '../../../worker/wasm/part-service.ts';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, publishFixture, startApp, startSession, TOKEN } from '../app.ts';
import { countedBucket } from '../counting-stores.ts';
import { partsOver, publishCut } from './cut-version.ts';

const [FIRST, SECOND] = ['20260303T000000Z-first', '20260404T000000Z-second'];
const K = 3;
const TTL = 10;
const three = () => partsOver([env.MODELS, env.MODELS, env.MODELS]);
const ratings = [0, 5, 41, 7, 130].map((row, at) => ({ movieId: movieIdOf(row), rating: 1 + at }));

describe('a catalogue that is cut over three Workers', () => {
  const [whole, cut] = [startApp(), startApp(three())];

  beforeAll(() => publishCut(FIRST, K));

  it.each([
    '',
    '&explain=5',
    '&by=rating',
    '&by=next',
    '&by=next&popularity=-1&explain=2',
    '&blend=0.3&k=100',
    '&blend=1&certainty=4',
    '&popularity=-0.7',
    '&k=100&offset=100',
    '&rated=show&k=100',
    '&diversity=0.5',
    '&genre=Drama&genre=Horror&yearFrom=1980',
    '&notGenre=Comedy&minRatings=3&maxRatings=60',
    `&exclude=1&excludeId=${movieIdOf(8)}`,
    `&since=1&explain=1`,
    '&explore=1',
  ])('it lists for everybody what one Worker lists, to the bit: GET /recommend?…%s', async (asked) => {
    for (const user of [0, 1, 2, 3, 17, 99].map(userIdOf)) {
      const path = `/recommend?user=${user}${asked}`;
      const answer = await whole.get(path, TOKEN);
      expect(answer.status).toBe(200);
      expect((await cut.get(path, TOKEN)).body).toEqual(answer.body);
    }
  });

  it.each([
    `/similar/${movieIdOf(3)}?k=100`,
    `/similar?movie=${movieIdOf(3)}&movie=${movieIdOf(4)}&genre=Drama`,
    `/movies/${movieIdOf(10)}`,
    '/movies?q=film%201',
    '/top?by=count&k=100',
    `/next?user=${userIdOf(3)}&n=20`,
    `/ratings/predictions?user=${userIdOf(3)}`,
    '/recommend?profile=nobody',
    '/recommend?genre=Unheard',
    '/recommend',
    '/profiles',
    '/model',
  ])('it answers as one Worker does: GET %s', async (path) => {
    const { requestId: _, ...expected } = (await whole.get(path, TOKEN)).body;
    const { requestId: __, ...body } = (await cut.get(path, TOKEN)).body;
    expect(body).toEqual(expected);
  });

  it.each([
    { ratings, k: 50, explain: 3 },
    { ratings, by: 'rating', candidates: [3, 4, 5, 6, 7].map(movieIdOf) },
    { ratings: ratings.slice(0, 1), blend: 0.5, seen: [9, 10].map(movieIdOf), genre: ['Drama'] },
    { ratings: [] },
  ])('it folds in ratings that come along as one Worker does: %j', async (body) => {
    const answer = await whole.post('/recommend', body);
    expect(answer.status).toBe(200);
    expect((await cut.post('/recommend', body)).body).toEqual(answer.body);
  });

  it('a rating counts in the next list, as with one Worker', async () => {
    const { user, headers } = await startSession(cut);
    for (const rating of ratings) {
      expect((await cut.post('/ratings', rating, headers)).status).toBe(200);
      const mine = await cut.get('/recommend?explain=1', headers);
      expect(mine.body).toMatchObject({ user, basis: 'folded-in' });
      expect(mine.body).toEqual((await whole.get('/recommend?explain=1', headers)).body);
    }
    const trained = userIdOf(4);
    await cut.post('/ratings', { user: trained, ...ratings[2] }, TOKEN);
    const [own, other] = [cut, whole].map((app) => app.get(`/recommend?user=${trained}`, TOKEN));
    expect((await own).body).toEqual((await other).body);
    expect((await own).body.basis).toBe('folded-in');
  });

  it('lists of a batch are those of one Worker', async () => {
    const body = { people: [{ ratings }, { user: userIdOf(7) }, { ratings: ratings.slice(2), by: 'rating' }] };
    expect((await cut.post('/recommend/batch', body, TOKEN)).body).toEqual(
      (await whole.post('/recommend/batch', body, TOKEN)).body,
    );
  });

  it('the page shows the same list and the same question', async () => {
    const titles = async (app: typeof cut) => {
      const { status, text } = await app.page('/', { ...TOKEN, Accept: 'text/html' });
      const found = [...text.matchAll(/href="\/film\/(\d+)/g)].map(([, movieId]) => movieId);
      return { status, found };
    };
    const shown = await titles(whole);
    expect(shown.found.length).toBeGreaterThan(5);
    expect(await titles(cut)).toEqual(shown);
  });

  it('what needs vectors that nobody brought from the parts is refused with a word, and the reason', async () => {
    const manifest = fixtureManifest();
    const { movies } = decodeModel(manifest, {
      movies: fixtureFile(FILES.movies),
      posterior: fixtureFile(FILES.posterior),
    });
    const services = Object.values(three());
    const asked = { version: FIRST, parts: new Parts(services) };
    const vectors = new CutVectors(new Kernel(kernel), movies, asked);
    expect(() => vectors.take([3]).factors).toThrow(expect.objectContaining({ code: 'not-offered' }));
    expect((await vectors.bring([3])).take([3]).factors).toEqual(
      movies.factors.slice(3 * movies.factorCount, 4 * movies.factorCount),
    );
  });

  it('it reads a version that is not cut as one Worker does', async () => {
    await publishFixture(env.MODELS);
    const app = startApp(three());
    expect((await app.get('/map/films')).status).toBe(200);
    expect((await app.get('/recommend')).status).toBe(200);
    await publishCut(FIRST, K);
  });
});

describe('a version that is cut', () => {
  beforeEach(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await env.MODELS.delete(CURRENT_KEY);
    await publishCut(FIRST, K);
  });

  it('the next one is cut likewise, and all parts change over to it at once', async () => {
    const app = startApp(three());
    expect((await app.get('/recommend')).body.model.version).toBe(FIRST);
    await publishCut(SECOND, K);
    app.pass(TTL);
    const { status, body } = await app.get(`/recommend?user=${userIdOf(1)}`);
    expect([status, body.model.version]).toEqual([200, SECOND]);
  });

  it('the one before answers while a part cannot load the next', async () => {
    const key = artifactKey(SECOND, `serving.2-of-${K}.arrow`);
    let damaged = true;
    const failing = countedBucket(env.MODELS, (asked) => {
      if (asked.key === key && damaged) throw new Error('R2 is down');
    });
    const app = startApp(partsOver([env.MODELS, failing.bucket, env.MODELS]));
    const before = (await app.get('/recommend')).body;
    await publishCut(SECOND, K);
    app.pass(TTL);
    expect((await app.get('/recommend')).body).toEqual(before);
    expect((await app.get('/health')).body.lastError).toMatchObject({ version: SECOND });
    damaged = false;
    app.pass(10 * TTL);
    expect((await app.get('/recommend')).body.model.version).toBe(SECOND);
  });

  it('lists are refused while a part does not answer; what needs no vectors is answered', async () => {
    const parts = three();
    const app = startApp(parts);
    expect((await app.get('/recommend')).status).toBe(200);
    parts.PART_2.best = () => Promise.reject(new Error('the isolate has no more memory'));
    const { status, body } = await app.get('/recommend');
    expect([status, body.code]).toEqual([503, 'store-unavailable']);
    expect(body.detail).toMatch(/part 2 of 3 does not answer: .*no more memory/);
    expect((await app.get('/top')).status).toBe(200);
  });

  it('it is refused where other parts are bound than it is cut into', async () => {
    const { status, body } = await startApp(partsOver([env.MODELS, env.MODELS])).get('/recommend');
    expect([status, body.code]).toEqual([503, 'bad-artifact']);
    expect(body.detail).toMatch(/is cut into 3 parts, and 2 are bound/);
  });

  it('it is refused where no part is bound and one Worker has no room for all of it; the one before answers', async () => {
    const app = startApp();
    const before = (await app.get('/recommend')).body;
    await publishCut(SECOND, K, 90e6);
    app.pass(TTL);
    expect((await app.get('/recommend')).body).toEqual(before);
    expect((await app.get('/health')).body.lastError).toMatchObject({
      version: SECOND,
      detail: expect.stringMatching(/is cut into 3 parts, and 0 are bound/),
    });
  });

  it('a part keeps two versions and reads each once', async () => {
    const { bucket, reads } = readsOf(env.MODELS);
    const app = startApp(partsOver([bucket, env.MODELS, env.MODELS]));
    for (const version of [FIRST, SECOND, FIRST, SECOND]) {
      await publishCut(version, K);
      app.pass(TTL);
      expect((await app.get('/recommend')).body.model.version).toBe(version);
    }
    expect(reads()).toBe(2);
    const third = '20260505T000000Z-third';
    for (const version of [third, FIRST]) {
      await publishCut(version, K);
      app.pass(TTL);
      expect((await app.get('/recommend')).body.model.version).toBe(version);
    }
    expect(reads()).toBe(4);
  });
});

/** How often the films of the first part were read. */
function readsOf(of: R2Bucket) {
  let count = 0;
  const { bucket } = countedBucket(of, ({ key }) => {
    if (/movies\.1-of-/.test(key)) count++;
  });
  return { bucket, reads: () => count };
}
