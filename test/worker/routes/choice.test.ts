import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { MOVIES, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { idsOf, startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();
const ALL = Array.from({ length: MOVIES }, (_, row) => movieIdOf(row));
const RATINGS = [0, 4, 9].map((row) => ({ movieId: movieIdOf(row), rating: 5 }));
const post = (asked: object) => app.post('/recommend', { ratings: RATINGS, ...asked });

/** All movies of a list, best first. */
async function whole(asked: object = {}): Promise<{ movieId: number; score: number }[]> {
  const pages = await Promise.all([0, 100].map((offset) => post({ k: 100, offset, ...asked })));
  return pages.flatMap(({ body }) => body.items);
}

describe('POST /recommend with candidates', () => {
  it.each([
    {},
    { by: 'rating' },
    { popularity: -0.7, certainty: 1 },
    { blend: 0.5, genre: ['Comedy', 'Drama'], explain: 2 },
    { diversity: 0.4, explain: 1 },
    { exclude: ['engine'], rated: 'show' },
  ])('all movies as candidates give the list without candidates: %j', async (asked) => {
    const { unknown, ...body } = (await post({ ...asked, candidates: ALL.toReversed() })).body;
    expect(body).toEqual((await post(asked)).body);
    expect(unknown).toEqual([]);
  });

  it('ranks exactly the candidates, by the scores that they have in the whole list', async () => {
    const watchlist = [3, 50, 51, 52, 53, 120, 121, 199].map(movieIdOf);
    const expected = (await whole()).filter(({ movieId }) => watchlist.includes(movieId));
    expect(expected).toHaveLength(watchlist.length);
    for (const _ of ['the first time', 'again']) {
      expect((await post({ candidates: watchlist })).body.items).toEqual(expected);
    }
    expect((await post({ candidates: watchlist, k: 3, offset: 2 })).body.items).toEqual(expected.slice(2, 5));
  });

  it('filters, excludeId and rated hold for candidates, too, and a candidate twice counts once', async () => {
    const watchlist = [0, 4, 8, 12, 12, 13, 8].map(movieIdOf);
    expect(idsOf(await post({ candidates: watchlist })).toSorted((a, b) => a - b)).toEqual([8, 12, 13].map(movieIdOf));
    expect(idsOf(await post({ candidates: watchlist, rated: 'show' }))).toHaveLength(5);
    expect(idsOf(await post({ candidates: watchlist, genre: ['Drama'] }))).toEqual([movieIdOf(13)]);
    expect(idsOf(await post({ candidates: watchlist, excludeId: [movieIdOf(8), movieIdOf(12)] }))).toEqual([
      movieIdOf(13),
    ]);
  });

  it('candidates that the model lacks are named, each once, and are no error', async () => {
    const { status, body } = await post({ candidates: [1, movieIdOf(20), 2_147_483_647, 1, movieIdOf(20)] });
    expect(status).toBe(200);
    expect(body.unknown).toEqual([1, 2_147_483_647]);
    expect(body.items.map(({ movieId }: { movieId: number }) => movieId)).toEqual([movieIdOf(20)]);
  });

  it('a candidate that an operator hides is unknown', async () => {
    const current = await (await env.MODELS.get(CURRENT_KEY))!.json<object>();
    await env.MODELS.put(CURRENT_KEY, JSON.stringify({ ...current, hidden: [movieIdOf(30)] }));
    const answer = await startApp().post('/recommend', { ratings: [], candidates: [movieIdOf(30), movieIdOf(31)] });
    await env.MODELS.put(CURRENT_KEY, JSON.stringify(current));
    expect([idsOf(answer), answer.body.unknown]).toEqual([[movieIdOf(31)], [movieIdOf(30)]]);
  });

  it('no candidates, and none that the model knows, make an empty list', async () => {
    expect((await post({ candidates: [] })).body).toMatchObject({ items: [], unknown: [] });
    expect((await post({ candidates: [1] })).body).toMatchObject({ items: [], unknown: [1] });
  });

  it('10,000 candidates are taken', async () => {
    const { status, body } = await post({ candidates: Array.from({ length: 10_000 }, (_, movieId) => movieId) });
    expect([status, body.items.length, body.unknown.length]).toEqual([200, 20, 10_000 - MOVIES]);
  });
});

describe('POST /recommend with seen', () => {
  it('leaves out what was seen and changes no score, also where rated movies are shown', async () => {
    for (const rated of ['hide', 'show']) {
      const list = await whole({ rated });
      const seen = [list[0], list[2], list[5]].map(({ movieId }) => movieId);
      const rest = list.filter(({ movieId }) => !seen.includes(movieId)).slice(0, 20);
      const { body } = await post({ rated, seen: [...seen, 1] });
      expect(body).toMatchObject({ items: rest, ratings: 3 });
    }
  });
});

describe('since', () => {
  const OLD = [1, 5].map((row, i) => ({ movieId: movieIdOf(row), rating: 5, timestamp: 100 + i }));
  const NEW = [2, 6, 10].map((row, i) => ({ movieId: movieIdOf(row), rating: 5, timestamp: 1000 + i }));

  it('GET /recommend counts only ratings from then on, and still leaves out all that was rated', async () => {
    const { headers } = await startSession(app);
    await app.post('/ratings', { ratings: [...OLD, ...NEW] }, headers);
    const seen = OLD.map(({ movieId }) => movieId);
    const late = await app.post('/recommend', { ratings: NEW, seen, explain: 2 });
    const answer = await app.get('/recommend?since=1000&explain=2', headers);
    expect(answer.body).toEqual({ ...late.body, user: answer.body.user });
    expect(answer.body).toMatchObject({ basis: 'folded-in', ratings: 3 });
    expect((await app.get('/recommend?since=1003', headers)).body).toMatchObject({ basis: 'popular', ratings: 0 });
    expect((await app.get('/recommend?since=0', headers)).body).toEqual((await app.get('/recommend', headers)).body);
  });

  it('POST /recommend counts ratings by their timestamps; one without is from now', async () => {
    const [first, ...rest] = NEW;
    const timeless = { movieId: first.movieId, rating: 5 };
    const ask = (ratings: object[], since: number) =>
      app.post('/recommend', { ratings, since, seen: OLD.map(({ movieId }) => movieId) });
    expect((await ask([...OLD, ...NEW], 1000)).body).toEqual((await ask(NEW, 0)).body);
    expect((await ask([timeless, ...OLD, ...rest], 1000)).body).toEqual((await ask([...rest, timeless], 0)).body);
  });

  it('POST /recommend puts ratings in the order of their timestamps, and takes milliseconds for seconds', async () => {
    const ordered = (await app.post('/recommend', { ratings: [...OLD, ...NEW] })).body;
    expect((await app.post('/recommend', { ratings: [...NEW, ...OLD] })).body).toEqual(ordered);
    const late = { movieId: movieIdOf(3), rating: 5 };
    const at = (timestamp: number) => ({ ...late, timestamp });
    expect((await app.post('/recommend', { ratings: [at(1.5e12), at(1.2e9)], since: 1.4e9 })).body).toEqual(
      (await app.post('/recommend', { ratings: [late] })).body,
    );
  });

  it('what only training knows of a user has no time: it does not count, but stays left out', async () => {
    const user = userIdOf(40);
    const { body } = await app.get(`/recommend?user=${user}&since=1&k=100`);
    expect(body).toMatchObject({ user, basis: 'popular', ratings: 0 });
    const rated = (await app.get(`/ratings?user=${user}`)).body.ratings;
    const ids = new Set(body.items.map(({ movieId }: { movieId: number }) => movieId));
    expect(rated.filter(({ movieId }: { movieId: number }) => ids.has(movieId))).toEqual([]);
    const [{ movieId }] = body.items;
    await app.post('/ratings', { user, movieId, rating: 5, timestamp: 5000 }, TOKEN);
    expect((await app.get(`/recommend?user=${user}&since=5000`)).body).toMatchObject({
      basis: 'folded-in',
      ratings: 1,
    });
  });

  it('a profile keeps its list, without what the user rated before then', async () => {
    const [{ profile }] = (await app.get('/profiles')).body.items;
    const of = (since: number) => app.get(`/recommend?profile=${profile}&user=${userIdOf(1)}&since=${since}&k=100`);
    expect((await of(1000)).body).toEqual((await of(0)).body);
  });
});

describe('what is asked for wrongly', () => {
  it.each([
    [{ candidates: ['2', '5'] }, 'candidates.0: got "2", expected number'],
    [{ candidates: [2, 2.5] }, 'candidates.1: got 2.5, expected int'],
    [{ candidates: [-1] }, 'candidates.0: got -1, expected at least 0'],
    [{ candidates: 2 }, 'candidates: got 2, expected array'],
    [{ candidates: null }, 'candidates: got null, expected array'],
    [{ candidates: Array(10_001).fill(2) }, 'expected at most 10000 elements'],
    [{ candidates: Array(10_000).fill('<script>') }, 'candidates.0: got "<script>", expected number'],
    [{ seen: [true] }, 'seen.0: got true, expected number'],
    [{ seen: Array(10_001).fill(2) }, 'expected at most 10000 elements'],
    [{ since: 'yesterday' }, 'since: got "yesterday", expected number'],
    [{ since: -1 }, 'since: got -1, expected at least 0'],
    [{ since: 1e12 }, 'since: got 1000000000000, expected at most 253402300799'],
    [{ ratings: [{ ...RATINGS[0], timestamp: -5 }] }, 'ratings.0.timestamp: got -5, expected at least 0'],
  ])('POST /recommend refuses %o and names it', async (asked, detail) => {
    const { status, body } = await post(asked);
    expect([status, body.code]).toEqual([400, 'bad-body']);
    expect(body.detail).toContain(detail);
  });

  it.each(['since=-1', 'since=1e9', 'candidates=2', 'seen=2', 'people=2', 'together=least'])(
    'GET /recommend refuses %s',
    async (query) => {
      expect(await app.get(`/recommend?${query}`)).toMatchObject({ status: 400, body: { code: 'bad-parameter' } });
    },
  );
});
