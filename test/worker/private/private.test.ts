import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { numberOf } from '../../../shared/own-id.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { privateApp } from '../../../worker/web/private/app.ts';
import { OwnRatings } from '../../../worker/web/private/own-ratings.ts';
import { startPrivate } from '../../../worker/web/private/start.ts';
import type { Send } from '../../../worker/web/state/api.ts';
import { FIXTURE_VERSION } from '../../fixtures/groups.ts';
import { type Answer, fixtureFile, idsOf, publishFixture, startApp, startSession, TOKEN } from '../app.ts';

/** Of lists: each has its own orders and numbers. */
const QUERIES = ['by=relevance', 'by=rating', 'by=next', 'blend=0.5&certainty=1', 'diversity=0.5', 'popularity=1'];

const LOVED = [
  { movieId: 11, rating: 5 },
  { movieId: 12, rating: 4.5 },
  { movieId: 13, rating: 1 },
];

function newTexts() {
  const texts = new Map<string, string>();
  return {
    texts,
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => void texts.set(key, text),
    removeItem: (key: string) => void texts.delete(key),
  };
}

describe('private mode', () => {
  beforeEach(() => publishFixture(env.MODELS));

  /** The routes in a browser, and what it asked of the Worker. */
  async function start(texts = newTexts()) {
    const app = startApp();
    const asked: string[] = [];
    const fetched: Send = async (path) => {
      asked.push(path);
      const file = path.split('/')[3];
      return file ? new Response(fixtureFile(file)) : Response.json((await app.get(path)).body);
    };
    const send = await startPrivate({ fetched, kernel, texts });
    const request = async (path: string, init?: RequestInit): Promise<Answer> => {
      const response = await send(path, init);
      const text = await response.text();
      const isJson = response.headers.get('Content-Type')?.includes('json');
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    };
    const sender = (method: string) => (path: string, body: unknown) =>
      request(path, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const [post, put] = ['POST', 'PUT'].map(sender);
    return {
      app,
      asked,
      texts,
      get: request,
      post,
      put,
      remove: (path: string) => request(path, { method: 'DELETE' }),
    };
  }

  const movieIds = async ({ get }: { get: (path: string) => Promise<Answer> }) => idsOf(await get('/recommend?k=3'));

  it('knows films that were added before it began, but none that is unavailable', async () => {
    const app = startApp();
    const put = (id: string, body: object) => {
      const headers = { 'Content-Type': 'application/json', ...TOKEN };
      return app.request('PUT', `/movies/by-id/${id}`, { headers, body: JSON.stringify(body) });
    };
    for (const id of ['fern', 'moss']) await put(id, { title: `Night of the ${id}`, genres: ['Horror'] });
    await put('moss', { available: false });
    const here = await start();
    const listed = (await here.get('/recommend?k=100&genre=Horror')).body.items;
    const ids = listed.map(({ id }: { id?: string }) => id);
    expect(ids).toContain('fern');
    expect(ids).not.toContain('moss');
    expect((await here.get('/movies?q=night of the moss')).body.items).toMatchObject([{ id: 'fern' }]);
    const movieId = numberOf('fern');
    expect((await here.post('/ratings', { movieId, rating: 4 })).status).toBe(200);
    expect((await here.get('/ratings')).body.ratings).toMatchObject([{ movieId, title: 'Night of the fern' }]);
  });

  /** The lists for three ratings, in here and by the server. */
  async function listsOf(here: Awaited<ReturnType<typeof start>>, query: string) {
    const ids = await movieIds(await start());
    const ratings = ids.map((movieId, i) => ({ movieId, rating: [5, 4.5, 1][i], timestamp: 100 + i }));
    await here.post('/ratings', { ratings });
    const own = await here.get(`/recommend?${query}&k=50&explain=2`);
    const numbers = Object.fromEntries(
      [...new URLSearchParams(query)].map(([name, value]) => [name, Number(value) || value]),
    );
    const theirs = await here.app.post('/recommend', { ratings, ...numbers, k: 50, explain: 2 });
    expect(own.status).toBe(200);
    return { own: own.body.items, theirs: theirs.body.items };
  }

  it.each(QUERIES)(
    'answers GET /recommend?%s as the server answers the same ratings, number by number',
    async (query) => {
      const { own, theirs } = await listsOf(await start(), query);
      expect(own).toHaveLength(50);
      expect(own).toEqual(theirs);
    },
  );

  it('asks for the model once, and for nothing after that but what is watched next, when somebody orders by it', async () => {
    const { asked, get, post, put, remove } = await start();
    const [first] = idsOf(await get('/recommend'));
    await post('/session', {});
    await post('/ratings', { movieId: first, rating: 4 });
    await get('/ratings');
    await get('/next?n=5');
    await get(`/explain/${first}`);
    await get(`/movies/${first}`);
    await get('/movies?q=a');
    await get('/profiles');
    await get('/model');
    await get('/export?format=letterboxd');
    await get('/recommend.csv?genre=Comedy');
    await get('/ratings/predictions');
    await get('/map/films');
    await get('/map/me');
    await put(`/marks/${first}`, { mark: 'watchlist' });
    await get('/marks');
    await get('/export/marks');
    await get('/recommend?among=watchlist');
    await remove(`/marks/${first}`);
    await remove(`/ratings/${first}`);
    const files = [FILES.compact, FILES.posterior, FILES.profiles].map((file) => `/compact/${FIXTURE_VERSION}/${file}`);
    expect(asked).toEqual(['/compact', ...files]);
    expect((await get('/recommend?by=next')).status).toBe(200);
    expect(asked.slice(4)).toEqual([`/compact/${FIXTURE_VERSION}/${FILES.next}`]);
  });

  it('keeps ratings in the browser, lists them, takes them back and forgets them', async () => {
    const { texts, get, post, remove } = await start();
    const [a, b] = idsOf(await get('/recommend'));
    expect((await post('/ratings', { movieId: a, rating: 4 })).body).toEqual({ user: 0, ratings: 1 });
    await post('/ratings', { ratings: [{ movieId: b, rating: 2.5, timestamp: 7 }] });
    const ratings = (await get('/ratings')).body.ratings.map(
      ({ movieId, rating }: { movieId: number; rating: number }) => [movieId, rating],
    );
    expect(ratings).toEqual([
      [b, 2.5],
      [a, 4],
    ]);
    expect(idsOf(await get('/recommend?k=100'))).not.toContain(a);
    await remove(`/ratings/${a}`);
    expect((await get('/ratings')).body.ratings).toHaveLength(1);
    const again = await start(texts);
    expect((await again.get('/recommend')).body).toMatchObject({ basis: 'folded-in', ratings: 1 });
    await again.remove('/session');
    expect((await again.get('/ratings')).body.ratings).toEqual([]);
    expect(texts.texts.size).toBe(0);
  });

  it('keeps marks in the browser: lists know them, they leave as a file, and are forgotten', async () => {
    const { texts, get, post, put, remove } = await start();
    const [wanted, dismissed, seen] = idsOf(await get('/recommend'));
    expect((await put(`/marks/${wanted}`, { mark: 'watchlist' })).body).toMatchObject({ mark: 'watchlist' });
    await post('/marks', {
      marks: [
        { movieId: dismissed, mark: 'dismissed' },
        { movieId: seen, mark: 'seen' },
      ],
    });
    expect(idsOf(await get('/recommend?among=watchlist'))).toEqual([wanted]);
    const listed = idsOf(await get('/recommend?k=100'));
    expect(listed).toContain(wanted);
    expect(listed).not.toContain(dismissed);
    expect(listed).not.toContain(seen);
    expect((await get('/export/marks')).body).toMatch(new RegExp(`,${wanted},watchlist,`));
    await remove(`/marks/${seen}`);
    const again = await start(texts);
    const marks = (await again.get('/marks')).body.marks.map(({ movieId }: { movieId: number }) => movieId);
    expect(marks.sort()).toEqual([wanted, dismissed].sort());
    await again.remove('/session');
    expect((await again.get('/marks')).body.marks).toEqual([]);
    expect(texts.texts.size).toBe(0);
  });

  it('tells what it had predicted, and where the person stands on the map, as the server does', async () => {
    const { app, get, post } = await start();
    const ids = idsOf(await get('/recommend?k=3'));
    const ratings = ids.map((movieId, i) => ({ movieId, rating: [5, 4.5, 1][i], timestamp: 100 + i }));
    const { headers } = await startSession(app);
    await post('/ratings', { ratings });
    await app.post('/ratings', { ratings }, headers);
    const [own, theirs] = [await get('/ratings/predictions'), await app.get('/ratings/predictions', headers)];
    expect(own.body.items).toHaveLength(3);
    const { user } = theirs.body; // who is nobody in a browser
    expect({ ...own.body, user }).toEqual(theirs.body);
    expect({ ...(await get('/map/me')).body, user }).toEqual({ ...(await app.get('/map/me', headers)).body, user });
    expect((await get('/map/films')).body).toEqual((await app.get('/map/films')).body);
  });

  it('looks at a file first, stores it, and takes the whole import back', async () => {
    const { get, post, remove } = await start();
    const [rated, other, watched] = idsOf(await get('/recommend?k=3'));
    await post('/ratings', { movieId: rated, rating: 2, timestamp: 5 });
    const form = () => {
      const body = new FormData();
      const lines = `1,${rated},4.5,10\n1,${other},3,20\n1,999999,3,20\n`;
      body.set('file', new File([`userId,movieId,rating,timestamp\n${lines}`], 'ratings.csv'));
      body.set('choices', JSON.stringify([{ line: 4, movieId: watched }]));
      return { method: 'POST', body };
    };
    const before = (await get('/ratings')).body;
    expect((await get('/import?store=false', form())).body).toMatchObject({ import: null, ratings: 3, held: 0 });
    expect((await get('/ratings')).body).toEqual(before);
    const { body: imported } = await get('/import', form());
    expect(imported).toMatchObject({ ratings: 3, unmatched: [] });
    expect((await get('/ratings')).body.ratings).toHaveLength(3);
    await post('/ratings', { movieId: watched, rating: 1 });
    const undone = await remove(`/import/${imported.import}`);
    expect(undone.body).toMatchObject({ removed: 1, restored: 1, kept: 1 });
    const left = (await get('/ratings')).body.ratings;
    expect(left.map(({ movieId, rating }: { movieId: number; rating: number }) => [movieId, rating])).toEqual([
      [rated, 2],
      [watched, 1],
    ]);
    expect(await remove('/import/1')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  it('takes a rating for no part of an import of the same millisecond', () => {
    const ratings = new OwnRatings(newTexts());
    const rate = (source: 'import' | 'api', movieId: number, rating: number) =>
      ratings.take({ kind: 'ratings', user: 0, source, acceptedAt: 7, ratings: [[movieId, rating, 10]] });
    rate('import', 11, 4);
    rate('api', 11, 2);
    rate('api', 12, 3);
    expect(ratings.undo(7)).toEqual({ removed: 0, restored: 0, kept: 1 });
    expect(ratings.read().ratings.map(({ movieId, rating }) => [movieId, rating])).toEqual([
      [11, 2],
      [12, 3],
    ]);
  });

  it('asks the server for what is the same for everybody, the published versions and the report', async () => {
    const { app, asked, get } = await start();
    expect((await get('/versions')).body).toEqual((await app.get('/versions')).body);
    await get('/report');
    expect(asked.slice(-2)).toEqual(['/versions', '/report']);
  });

  it('is as unreachable for these as the server is, and logs no failure of its own', async () => {
    const fetched: Send = async () => {
      throw new TypeError('Failed to fetch');
    };
    const send = privateApp({ fetched } as Parameters<typeof privateApp>[0]);
    await expect(send('/versions')).rejects.toThrow('Failed to fetch');
  });

  it('imports a file and exports the same ratings', async () => {
    const { get } = await start();
    const ids = idsOf(await get('/recommend?k=2'));
    const file = `userId,movieId,rating,timestamp\n1,${ids[0]},4.5,10\n1,${ids[1]},3,20\n`;
    const imported = await get('/import', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: file });
    expect(imported.body).toMatchObject({ ratings: 2, held: 0, older: 0 });
    const repeated = await get('/import', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: file });
    expect(repeated.body).toMatchObject({ ratings: 2, held: 2 });
    expect((await get('/export')).body).toContain(`,${ids[0]},4.5,10`);
  });

  it('refuses what it lacks with words', async () => {
    const { get, post } = await start();
    expect(await get('/top')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await get('/poster/1')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    const alone = { status: 404, body: { detail: expect.stringContaining('yours stay in this browser') } };
    expect(await post('/gatherings', {})).toMatchObject(alone);
    expect(await get('/gatherings/ABC234/question')).toMatchObject(alone);
    expect(await post('/ratings', { movieId: 999_999, rating: 4 })).toMatchObject({ body: { code: 'unknown-movie' } });
    expect(await post('/ratings', { ratings: LOVED.map((each) => ({ ...each, rating: 7 })) })).toMatchObject({
      status: 422,
    });
  });

  it('refuses a damaged file', async () => {
    const fetched: Send = async (path) => {
      const file = path.split('/')[3];
      if (!file) return Response.json((await startApp().get(path)).body);
      return new Response(file === FILES.compact ? fixtureFile(file).with(50, 1) : fixtureFile(file));
    };
    await expect(startPrivate({ fetched, kernel, texts: newTexts() })).rejects.toThrow(
      /compact\.arrow\.gz: got sha256/,
    );
  });
});
