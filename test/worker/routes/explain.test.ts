import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { groupOfMovie, MOVIES, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { type Answer, startApp, startSession } from '../app.ts';

const app = startApp();
const USER = userIdOf(0);
const LIKES = [0, 4, 8].map((row) => ({ movieId: movieIdOf(row), rating: 5 }));
const DISLIKES = [1, 6].map((row) => ({ movieId: movieIdOf(row), rating: 0.5 }));
const RATINGS = [...LIKES, ...DISLIKES];

interface Item {
  movieId: number;
  score: number;
  predictedRating: number;
  uncertainty: number;
  parts: object;
}
interface Reason {
  movieId: number;
  rating: number;
  contribution: number;
  rankWithout: number;
}

const explain = (movieId: number, asked: object = {}) =>
  app.post(`/explain/${movieId}`, { ratings: RATINGS, explain: 5, ...asked });

/** The whole list of the same request, best first. */
async function listOf(asked: object = {}): Promise<Item[]> {
  const pages = await Promise.all(
    [0, 100].map((offset) => app.post('/recommend', { ratings: RATINGS, explain: 1, ...asked, k: 100, offset })),
  );
  return pages.flatMap(({ body }) => body.items);
}

describe('POST /explain', () => {
  it.each([
    {},
    { by: 'rating' },
    { blend: 0, popularity: -0.5 },
    { blend: 0.5, certainty: 1, popularity: 1 },
    { genre: ['Drama', 'Horror'] },
    { rated: 'show', exclude: ['amber'] },
  ])(
    'a movie’s rank is its place in the list of the same parameters, and what stands above it stands there: %j',
    async (asked) => {
      const list = await listOf(asked);
      for (const place of [0, 1, 3, 4, 20, list.length - 1]) {
        const item = list[place];
        const { status, body } = await explain(item.movieId, asked);
        expect(status).toBe(200);
        expect(body).toMatchObject({ rank: place + 1, outOf: list.length, excludedBy: [] });
        for (const name of ['score', 'predictedRating', 'uncertainty', 'parts', 'title'] as const) {
          expect(body[name]).toEqual(item[name as keyof Item]);
        }
        const places = [...new Set([0, place - 3, place - 2, place - 1])].filter((at) => at >= 0 && at < place);
        expect(body.above).toEqual(
          places.map((at) => {
            const { movieId, score } = list[at];
            return expect.objectContaining({ movieId, score, rank: at + 1 });
          }),
        );
      }
    },
  );

  it('names the ratings that raise a movie and those that hold it down, each by its part of the score', async () => {
    const [comedy, drama] = [movieIdOf(40), movieIdOf(41)];
    const { because, against, parts, score } = (await explain(comedy, { by: 'rating' })).body;
    expect(groupOfMovie(because[0].movieId)).toBe(groupOfMovie(comedy));
    const ids = RATINGS.map(({ movieId }) => movieId);
    expect([...because, ...against].map(({ movieId }) => movieId).toSorted()).toEqual(ids.toSorted());
    const sum = [...because, ...against].reduce((sum: number, { contribution }: Reason) => sum + contribution, 0);
    expect(sum).toBeCloseTo(parts.ratings, 4);
    expect(parts.ratings + parts.popularity + parts.base).toBeCloseTo(score, 4);
    const why = (reasons: Reason[]) => reasons.map(({ contribution }) => contribution);
    expect(why(because)).toEqual(why(because).toSorted((a, b) => b - a));
    expect(why(against)).toEqual(why(against).toSorted((a, b) => a - b));
    const whyNot = (await explain(drama, { by: 'rating' })).body.against[0];
    expect(whyNot).toMatchObject({ movieId: movieIdOf(1), rating: 0.5 });
    expect(whyNot.contribution).toBeLessThan(0);
  });

  it.each([{}, { by: 'rating' }, { blend: 0.3, rated: 'show', popularity: -1 }])(
    'rankWithout is the rank for a person who never gave that rating: %j',
    async (asked) => {
      for (const movieId of [40, 41, 90, 199].map(movieIdOf)) {
        const { because, against } = (await explain(movieId, asked)).body;
        const named: Reason[] = [...because, ...against];
        expect(named.length).toBeGreaterThan(2);
        for (const reason of named) {
          const ratings = RATINGS.filter((rating) => rating.movieId !== reason.movieId);
          expect(reason.rankWithout).toBe((await explain(movieId, { ...asked, ratings })).body.rank);
        }
      }
      const down = (await explain(movieIdOf(41), { by: 'rating' })).body;
      expect(down.against[0].rankWithout).toBeLessThan(down.rank);
    },
  );

  it('names as many ratings each way as it is asked for, three by default', async () => {
    const many = Array.from({ length: 40 }, (_, row) => ({ movieId: movieIdOf(row), rating: 0.5 + (row % 10) / 2 }));
    const count = async (asked: object) => {
      const { because, against } = (await app.post(`/explain/${movieIdOf(50)}`, { ratings: many, ...asked })).body;
      return [because.length, against.length];
    };
    expect(await count({})).toEqual([3, 3]);
    expect(await count({ explain: 5 })).toEqual([5, 5]);
    expect(await count({ explain: 0 })).toEqual([0, 0]);
  });

  it('a rated movie is explained, too, with its stars and the rank that it would have', async () => {
    const { movieId } = LIKES[1];
    const hidden = (await explain(movieId)).body;
    expect(hidden).toMatchObject({ rated: true, rating: 5, excludedBy: ['rated'], outOf: MOVIES - RATINGS.length });
    const shown = (await explain(movieId, { rated: 'show' })).body;
    expect(shown).toMatchObject({ rated: true, rating: 5, excludedBy: [], outOf: MOVIES });
    const list = (await listOf({ rated: 'show' })).map((item) => item.movieId);
    expect(shown.rank).toBe(list.indexOf(movieId) + 1);
    const rest = list.filter((id) => id === movieId || !RATINGS.some((rating) => rating.movieId === id));
    expect(hidden.rank).toBe(rest.indexOf(movieId) + 1);
    expect((await explain(movieIdOf(40))).body).toMatchObject({ rated: false, rating: null });
  });

  it('says which filters leave a movie out, and the rank that it would have without them', async () => {
    const asked = { genre: ['Drama'], notGenre: ['Comedy'], yearFrom: 1990, exclude: ['circus'] };
    const list = await listOf(asked);
    const comedy = movieIdOf(20); // of 1970
    const { body } = await explain(comedy, {
      ...asked,
      seen: [comedy],
      candidates: list.map(({ movieId }) => movieId),
    });
    expect(body.excludedBy).toEqual(['exclude', 'genre', 'notGenre', 'yearFrom', 'seen', 'candidates']);
    expect(body.outOf).toBe(list.length);
    expect(body.rank).toBe(1 + list.filter(({ score }) => score > body.score).length);
    expect((await explain(comedy, { minRatings: 1000 })).body).toMatchObject({
      excludedBy: ['minRatings'],
      outOf: 0,
      rank: 1,
      above: [],
    });
  });

  it('the list is narrowed to candidates as by POST /recommend', async () => {
    const candidates = [30, 31, 32, 33, 34].map(movieIdOf);
    const list = await listOf({ candidates });
    for (const [place, { movieId }] of list.entries()) {
      expect((await explain(movieId, { candidates })).body).toMatchObject({ rank: place + 1, outOf: 5 });
    }
  });

  it('without ratings a movie has its rank among what people like, and no reasons', async () => {
    const [, second] = (await app.get('/recommend')).body.items;
    expect((await explain(second.movieId, { ratings: [] })).body).toMatchObject({
      user: null,
      basis: 'popular',
      rank: 2,
      because: [],
      against: [],
      parts: { ratings: 0 },
    });
  });
});

describe('GET /explain', () => {
  const rankIn = async (query: string, headers: HeadersInit = {}): Promise<[Answer, number]> => {
    const { items } = (await app.get(`/recommend?k=100&${query}`, headers)).body;
    return [await app.get(`/explain/${items[50].movieId}?${query}`, headers), items[50].score];
  };

  it.each([`user=${USER}`, `user=${USER}&by=rating&genre=Comedy&genre=Drama`, `user=${USER}&since=1`, 'minRatings=10'])(
    'names the person and the list as GET /recommend does: %s',
    async (query) => {
      const [{ status, body }, score] = await rankIn(query);
      expect(status).toBe(200);
      expect(body).toMatchObject({ rank: 51, score });
    },
  );

  it('answers for a session and for a profile', async () => {
    const { user, headers } = await startSession(app);
    await app.post('/ratings', { ratings: LIKES }, headers);
    const [{ body }] = await rankIn('', headers);
    expect(body).toMatchObject({ user, basis: 'folded-in', ratings: 3, rank: 51 });
    const [{ profile }] = (await app.get('/profiles')).body.items;
    const [ofProfile] = await rankIn(`profile=${profile}`, headers);
    expect(ofProfile.body).toMatchObject({ basis: 'profile', rank: 51, because: [], against: [] });
  });

  it('a trained user’s reasons are of their own group, and taking one away changes the rank at most a little', async () => {
    const { items } = (await app.get(`/recommend?user=${USER}`)).body;
    const { body } = await app.get(`/explain/${items[9].movieId}?user=${USER}`);
    expect(body).toMatchObject({ basis: 'trained', rank: 10 });
    expect(body.because).toHaveLength(3);
    for (const { rankWithout } of body.because) expect(Math.abs(rankWithout - 10)).toBeLessThan(30);
  });

  it('needs the rights that reading a user needs', async () => {
    const own = await startSession(app);
    const path = `/explain/${movieIdOf(3)}?user=${own.user}`;
    expect((await app.get(path)).status).toBe(401);
    expect((await app.get(path, (await startSession(app)).headers)).status).toBe(403);
    expect((await app.get(path, own.headers)).status).toBe(200);
  });

  it('an unknown movie and a hidden one are not found', async () => {
    const current = await (await env.MODELS.get(CURRENT_KEY))!.json<object>();
    await env.MODELS.put(CURRENT_KEY, JSON.stringify({ ...current, hidden: [movieIdOf(30)] }));
    const fresh = startApp();
    for (const movieId of [1, movieIdOf(30)]) {
      for (const answer of [
        await fresh.get(`/explain/${movieId}`),
        await fresh.post(`/explain/${movieId}`, { ratings: [] }),
      ]) {
        expect(answer).toMatchObject({ status: 404, body: { code: 'unknown-movie', movieId } });
      }
    }
    const { outOf } = (await fresh.get(`/explain/${movieIdOf(31)}`)).body;
    await env.MODELS.put(CURRENT_KEY, JSON.stringify(current));
    expect(outOf).toBe(MOVIES - 1);
  });

  it.each([
    ['/explain/x', 'movieId'],
    ['/explain/2?k=5', 'k'],
    ['/explain/2?diversity=0.5', 'diversity'],
    ['/explain/2?explain=6', 'explain'],
    ['/explain/2?people=3', 'people'],
    ['/explain/2?by=rating&blend=1', 'blend'],
  ])('%s is refused', async (path, parameter) => {
    expect(await app.get(path)).toMatchObject({ status: 400, body: { code: 'bad-parameter', parameter } });
  });

  it.each([
    [{}, 400, 'ratings: got nothing, expected array'],
    [{ ratings: [], people: [] }, 400, 'people: got [], expected no such name'],
    [{ ratings: [{ movieId: 1, rating: 3 }] }, 404, 'ratings.0.movieId: the model has no movie 1'],
    [{ ratings: [], candidates: ['a'] }, 400, 'candidates.0: got "a", expected number'],
  ])('POST /explain refuses %o', async (body, status, detail) => {
    const answer = await app.post('/explain/2', body);
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toContain(detail);
  });
});
