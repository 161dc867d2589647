import { describe, expect, it } from 'vitest';
import { groupOfMovie, groupOfUser, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { fixtureManifest, idsOf, startApp, startSession } from '../app.ts';

const USER = userIdOf(0);
const app = startApp();
const TAU = fixtureManifest().tau;

interface Reason {
  movieId: number;
  title: string;
  rating: number;
  contribution: number;
  why?: string;
}
interface Item {
  movieId: number;
  score: number;
  predictedRating: number;
  ratingCount: number;
  uncertainty: number;
  parts: { ratings: number; popularity: number; base: number };
  because: Reason[];
  popular?: true;
}

async function itemsFor(query: string, headers: HeadersInit = {}): Promise<Item[]> {
  const { status, body } = await app.get(`/recommend?${query}`, headers);
  expect(status).toBe(200);
  return body.items;
}

describe('GET /recommend with explain', () => {
  it('explain names the ratings that put each movie where it is, largest first, with their stars', async () => {
    const { body } = await app.get(`/ratings?user=${USER}`);
    const given = new Map(body.ratings.map((rating: Reason) => [rating.movieId, rating]));
    const items = await itemsFor(`user=${USER}&explain=3`);
    expect(Math.max(...items.map(({ because }) => because.length))).toBe(3);
    expect(items.filter(({ because }) => because.length > 0).length).toBeGreaterThan(12);
    for (const { because, score, popular } of items) {
      expect(popular).toBe(because.length === 0 ? true : undefined);
      const parts = because.map(({ contribution }) => contribution);
      expect(parts).toEqual([...parts].sort((a, b) => b - a));
      for (const part of parts) expect(part).toBeGreaterThanOrEqual(0.05 * score);
      for (const { movieId, title, rating } of because) expect(given.get(movieId)).toMatchObject({ title, rating });
    }
    const groups = items.flatMap(({ because }) => because.map(({ movieId }) => groupOfMovie(movieId)));
    expect(new Set(groups)).toEqual(new Set([groupOfUser(USER)]));
  });

  it('a rating is named for a movie only when it adds more to it than to the next one, also on the last of a page', async () => {
    const { headers } = await startSession(app);
    const ratings = [0, 4, 9].map((row) => ({ movieId: movieIdOf(row), rating: 5 }));
    await app.post('/ratings', { ratings }, headers);
    const whole = await itemsFor('k=40&explain=5', headers);
    const added = new Map(whole.map(({ movieId, because }) => [movieId, because]));
    const named = (movieId: number, by: number) => added.get(movieId)!.find((reason) => reason.movieId === by);
    whole.slice(0, -1).forEach(({ because }, rank) => {
      for (const { movieId, contribution } of because) {
        const next = named(whole[rank + 1].movieId, movieId);
        expect(contribution).toBeGreaterThan(next?.contribution ?? Number.NEGATIVE_INFINITY);
      }
    });
    const pages = [await itemsFor('k=7&explain=5', headers), await itemsFor('k=7&offset=7&explain=5', headers)].flat();
    expect(pages).toEqual(whole.slice(0, 14));
  });

  it.each([0, 0.3, 0.5, 1])('at blend %d the parts of a score add up to it, for everybody', async (blend) => {
    const { headers } = await startSession(app);
    const query = `blend=${blend}&k=50&explain=1`;
    const stranger = await itemsFor(query, headers);
    await app.post('/ratings', { ratings: [0, 4, 9].map((row) => ({ movieId: movieIdOf(row), rating: 5 })) }, headers);
    const foldedIn = await itemsFor(query, headers);
    const trained = await itemsFor(`user=${USER}&${query}`);
    for (const items of [stranger, foldedIn, trained]) {
      for (const { score, parts } of items) {
        expect(Math.abs(parts.ratings + parts.popularity + parts.base - score)).toBeLessThan(1e-4);
        if (blend === 0) expect(parts.base).toBe(0);
        if (blend === 1) expect(parts.popularity).toBe(0);
      }
    }
    expect(new Set(stranger.map(({ parts }) => parts.ratings))).toEqual(new Set([0]));
    expect(Math.max(...trained.map(({ parts }) => parts.ratings))).toBeGreaterThan(0.1);
  });

  it('explain changes neither the list nor its scores; without it answers have no reasons', async () => {
    const plain = await itemsFor(`user=${USER}`);
    const explained = await itemsFor(`user=${USER}&explain=5`);
    expect(explained.map(({ uncertainty, parts, because, popular, ...item }) => item)).toEqual(plain);
    expect(Object.keys(plain[0])).not.toContain('because');
    expect(Object.keys(plain[0])).not.toContain('uncertainty');
    expect(Object.keys(plain[0])).not.toContain('parts');
    expect(explained.map(({ because }) => because[0])).toEqual(
      (await itemsFor(`user=${USER}&explain=1`)).map(({ because }) => because[0]),
    );
  });

  it('explain adds the uncertainty of each prediction, which shrinks with more ratings', async () => {
    const { headers } = await startSession(app);
    const movieId = movieIdOf(8);
    const widthNow = async () =>
      (await itemsFor('rated=show&k=100&explain=1', headers)).find((item) => item.movieId === movieId)!.uncertainty;
    const before = await widthNow();
    expect(before).toBeGreaterThan(Math.sqrt(1 / 1.5));
    expect(before).toBeLessThan(3);
    await app.post('/ratings', { ratings: [0, 4, 12].map((row) => ({ movieId: movieIdOf(row), rating: 5 })) }, headers);
    expect(await widthNow()).toBeLessThan(before);
  });

  it('a user without ratings gets no reasons', async () => {
    for (const { because, popular, uncertainty } of await itemsFor('explain=5')) {
      expect(because).toEqual([]);
      expect(popular).toBe(true);
      expect(uncertainty).toBeGreaterThan(0);
    }
  });

  it('reasons explain the blend that was asked for; a single rating explains all of it', async () => {
    const one = (rating: number, blend: number) =>
      app.post('/recommend', { ratings: [{ movieId: movieIdOf(2), rating }], k: 1, blend, explain: 1 });
    for (const blend of [0, 0.4, 1]) {
      const [item] = (await one(5, blend)).body.items;
      const again = (await one(4.5, blend)).body.items.find(({ movieId }: Item) => movieId === item.movieId);
      expect(item.parts.ratings - again.parts.ratings).toBeCloseTo(item.score - again.score, 4);
      for (const { because, parts } of [item, again]) {
        for (const { contribution } of because) expect(contribution).toBeCloseTo(parts.ratings, 4);
      }
    }
  });
});

describe('why a rating matters', () => {
  /** The reasons of the best list for some ratings of one group, oldest first. */
  const reasonsFor = async (stars: number[], asked: object) => {
    const ratings = stars.map((rating, i) => ({ movieId: movieIdOf(4 * i), rating }));
    const { body } = await app.post('/recommend', { ratings, k: 5, explain: 5, ...asked });
    return new Map((body.items as Item[]).flatMap(({ because }) => because.map((r) => [r.movieId, r] as const)));
  };

  it('a movie that was liked long ago matters as liked, the newest that was not as just watched', async () => {
    const reasons = await reasonsFor([5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5], { by: 'relevance' });
    expect(reasons.get(movieIdOf(0))).toMatchObject({ rating: 5, why: 'liked' });
    expect(reasons.get(movieIdOf(44))).toMatchObject({ rating: 3.5, why: 'just-watched' });
  });

  it('by rating there is no why', async () => {
    const reasons = [...(await reasonsFor([5, 5, 5], { by: 'rating' })).values()];
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.every((reason) => !('why' in reason))).toBe(true);
  });
});

describe('GET /recommend with popularity', () => {
  it('popularity 0 gives the same answer, to the byte', async () => {
    for (const query of [`user=${USER}`, 'k=50', `user=${USER}&by=rating&explain=2`]) {
      const plain = JSON.stringify(await itemsFor(query));
      expect(JSON.stringify(await itemsFor(`${query}&popularity=0`))).toBe(plain);
    }
  });

  it('popularity changes its part of every score, in proportion, and no other', async () => {
    const { headers } = await startSession(app);
    await app.post('/ratings', { ratings: [0, 4, 9].map((row) => ({ movieId: movieIdOf(row), rating: 5 })) }, headers);
    for (const [query, session] of [
      [`user=${USER}`, {}],
      ['blend=0.3', headers],
    ] as const) {
      const at = async (popularity: number) => {
        const items = await itemsFor(`${query}&k=100&explain=1&popularity=${popularity}`, session);
        for (const { score, parts } of items) {
          expect(Math.abs(parts.ratings + parts.popularity + parts.base - score)).toBeLessThan(1e-4);
        }
        expect(items.map(({ score }) => score)).toEqual(items.map(({ score }) => score).toSorted((a, b) => b - a));
        return new Map(items.map((item) => [item.movieId, item]));
      };
      const [less, plain, half, more] = [await at(-1), await at(0), await at(0.5), await at(1)];
      const both = [...plain.keys()].filter((id) => less.has(id) && more.has(id) && half.has(id));
      expect(both.length).toBeGreaterThan(20);
      for (const id of both) {
        const [was, added] = [plain.get(id)!, half.get(id)!.parts.popularity - plain.get(id)!.parts.popularity];
        for (const [items, times] of [
          [less, -2],
          [more, 2],
        ] as const) {
          const { parts, predictedRating } = items.get(id)!;
          expect(parts.popularity).toBeCloseTo(was.parts.popularity + times * added, 4);
          expect(parts.ratings).toBeCloseTo(was.parts.ratings, 4);
          expect(parts.base).toBe(was.parts.base);
          expect(predictedRating).toBe(was.predictedRating);
        }
      }
    }
  });

  it('less popularity shows fewer of the films that a stranger is shown', async () => {
    const stranger = new Set((await itemsFor('k=40')).map(({ movieId }) => movieId));
    const { headers } = await startSession(app);
    await app.post('/ratings', { ratings: [0, 4, 9].map((row) => ({ movieId: movieIdOf(row), rating: 5 })) }, headers);
    const shared = async (popularity: number) =>
      (await itemsFor(`popularity=${popularity}`, headers)).filter(({ movieId }) => stranger.has(movieId)).length;
    expect(await shared(-1)).toBeLessThan(Math.min(await shared(0), await shared(1)));
  });

  it('somebody without ratings keeps their list, and a profile its taste', async () => {
    const ids = async (query: string) => (await itemsFor(query)).map(({ movieId }) => movieId);
    const list = await ids('blend=0');
    for (const asked of [-1, -0.5, 1]) expect(await ids(`blend=0&popularity=${asked}`)).toEqual(list);
    const { profile } = (await app.get('/profiles')).body.items[0];
    const [item] = await itemsFor(`profile=${profile}&popularity=-1&explain=1&k=1`);
    expect(item.parts.ratings + item.parts.popularity + item.parts.base).toBeCloseTo(item.score, 4);
  });

  it('POST /recommend takes popularity and certainty, as numbers', async () => {
    const ratings = [0, 4, 8].map((row) => ({ movieId: movieIdOf(row), rating: 5 }));
    const { headers } = await startSession(app);
    await app.post('/ratings', { ratings: ratings.map((rating, i) => ({ ...rating, timestamp: 100 + i })) }, headers);
    for (const [by, popularity, certainty] of [
      ['relevance', -0.7, 0],
      ['rating', 0, 1.2],
    ] as const) {
      const query = `by=${by}&popularity=${popularity}&certainty=${certainty}&explain=2`;
      const { body } = await app.post('/recommend', { ratings, by, popularity, certainty, explain: 2 });
      expect(body.items).toEqual(await itemsFor(query, headers));
    }
  });
});

describe('GET /recommend with certainty', () => {
  it('a list by predicted rating is ordered by two standard errors less, and says the prediction itself', async () => {
    const query = `user=${USER}&k=100&by=rating&explain=1`;
    const [sure, plain] = [await itemsFor(query), await itemsFor(`${query}&certainty=0`)];
    expect(sure).toEqual(await itemsFor(`${query}&certainty=2`));
    expect(sure).toEqual(await itemsFor(`user=${USER}&k=100&blend=1&explain=1`));
    const before = new Map(plain.map((item) => [item.movieId, item]));
    for (const { movieId, score, predictedRating, ratingCount, parts } of sure) {
      const was = before.get(movieId);
      if (was === undefined) continue;
      const error = (was.score - score) / 2;
      expect(error).toBeCloseTo(1 / Math.sqrt(TAU * (ratingCount + 5)), 4);
      expect(was.parts.base - parts.base).toBeCloseTo(2 * error, 4);
      expect(predictedRating).toBe(was.predictedRating);
    }
    const meanCount = (items: Item[]) => items.slice(0, 20).reduce((sum, { ratingCount }) => sum + ratingCount, 0) / 20;
    expect(meanCount(sure)).toBeGreaterThan(meanCount(plain));
  });

  it('other lists stay as they are unless certainty is asked for', async () => {
    for (const query of [`user=${USER}`, `user=${USER}&blend=0.5`]) {
      expect(await itemsFor(`${query}&certainty=0`)).toEqual(await itemsFor(query));
    }
    const relevance = `user=${USER}&blend=0`;
    expect(await itemsFor(`${relevance}&certainty=3`)).toEqual(await itemsFor(relevance));
    expect(await itemsFor(`user=${USER}&blend=0.5&certainty=3`)).not.toEqual(await itemsFor(`user=${USER}&blend=0.5`));
  });

  it.each([
    ['popularity=1.5', /popularity: got "1.5", expected at most 1/],
    ['popularity=-2', /popularity: got "-2", expected at least -1/],
    ['popularity=much', /popularity: got "much"/],
    ['certainty=-1', /certainty: got "-1", expected at least 0/],
    ['certainty=5', /certainty: got "5", expected at most 4/],
  ])('GET /recommend?%s is refused with its bounds', async (query, detail) => {
    const { status, body } = await app.get(`/recommend?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'bad-parameter', detail: expect.stringMatching(detail) });
  });
});

describe('GET /recommend with diversity', () => {
  const groupsOf = (items: Item[]) => new Set(items.map(({ movieId }) => groupOfMovie(movieId))).size;

  it('diversity 0 gives the plain list', async () => {
    expect(await itemsFor(`user=${USER}&diversity=0&k=100`)).toEqual(await itemsFor(`user=${USER}&k=100`));
  });

  it('diversity brings in movies unlike the first ones and keeps the best movie first', async () => {
    const [plain, mixed] = [await itemsFor(`user=${USER}`), await itemsFor(`user=${USER}&diversity=0.8`)];
    expect(mixed[0]).toEqual(plain[0]);
    expect(groupsOf(plain)).toBe(1);
    expect(groupsOf(mixed)).toBeGreaterThan(2);
  });

  it('pages of a diverse list fit together, also with filters', async () => {
    const query = `user=${USER}&diversity=0.5&notGenre=Children`;
    const whole = await itemsFor(`${query}&k=60`);
    const pages = [await itemsFor(`${query}&k=30`), await itemsFor(`${query}&k=30&offset=30`)].flat();
    expect(pages).toEqual(whole);
    expect(new Set(pages.map(({ movieId }) => movieId)).size).toBe(60);
  });
});

describe('POST /recommend', () => {
  const RATINGS = [0, 4, 8].map((row) => ({ movieId: movieIdOf(row), rating: 5 }));

  it('POST /recommend answers as for a person with these ratings, and stores nothing', async () => {
    const { headers } = await startSession(app);
    await app.post('/ratings', { ratings: RATINGS.map((rating, i) => ({ ...rating, timestamp: 100 + i })) }, headers);
    const stateful = await app.get('/recommend?k=10&explain=2&genre=Comedy&diversity=0.2', headers);
    const { status, body } = await app.post('/recommend', {
      ratings: RATINGS,
      k: 10,
      explain: 2,
      genre: ['Comedy'],
      diversity: 0.2,
    });
    expect(status).toBe(200);
    expect(body).toEqual({ ...stateful.body, user: null });
    expect(body).toMatchObject({ basis: 'folded-in', ratings: 3 });
    expect((await app.get('/recommend')).body.basis).toBe('popular');
  });

  it('POST /recommend without ratings recommends what people like on average', async () => {
    const { body } = await app.post('/recommend', { ratings: [] });
    expect(body).toEqual((await app.get('/recommend')).body);
    expect(body.basis).toBe('popular');
  });

  it('POST /recommend takes the later of two ratings of one movie', async () => {
    const twice = [{ movieId: movieIdOf(0), rating: 0.5 }, ...RATINGS];
    expect((await app.post('/recommend', { ratings: twice })).body).toEqual(
      (await app.post('/recommend', { ratings: RATINGS })).body,
    );
  });

  it('POST /recommend hides rated movies unless told to show them', async () => {
    const ids = RATINGS.map(({ movieId }) => movieId);
    const hidden = idsOf(await app.post('/recommend', { ratings: RATINGS, k: 100 }));
    expect(hidden.filter((movieId) => ids.includes(movieId))).toEqual([]);
    expect(idsOf(await app.post('/recommend', { ratings: RATINGS, k: 100, rated: 'show' }))).toEqual(
      expect.arrayContaining(ids),
    );
  });

  it('POST /recommend refuses a body that is too large before reading it', async () => {
    const answer = await app.post('/recommend', JSON.stringify({ ratings: [], exclude: ['x'.repeat(2 ** 20)] }));
    expect(answer).toMatchObject({ status: 413, body: { code: 'too-large' } });
  });

  it.each([
    [
      'an unknown movie',
      { ratings: [...RATINGS, { movieId: 1, rating: 3 }] },
      404,
      'unknown-movie',
      'ratings.3.movieId',
    ],
    ['a rating off the scale', { ratings: [{ movieId: 2, rating: 6 }] }, 422, 'bad-rating', 'ratings.0.rating'],
    ['a rating between half stars', { ratings: [{ movieId: 2, rating: 3.3 }] }, 422, 'bad-rating', 'ratings.0.rating'],
    ['no ratings', {}, 400, 'bad-body', 'ratings: got nothing, expected array'],
    ['a user', { ratings: [], user: 3 }, 400, 'bad-body', 'user: got 3, expected suppose beside it'],
    ['a bound overstepped', { ratings: [], k: 101 }, 400, 'bad-body', 'k: got 101, expected at most 100'],
    ['too much diversity', { ratings: [], diversity: 2 }, 400, 'bad-body', 'diversity: got 2, expected at most 1'],
    ['an unknown genre', { ratings: [], genre: ['Western'] }, 400, 'bad-parameter', 'genre: got "Western"'],
    [
      'more than a thousand ratings',
      { ratings: Array(1001).fill(RATINGS[0]) },
      400,
      'bad-body',
      'expected at most 1000 elements',
    ],
  ])('POST /recommend refuses %s and names it', async (_, body, status, code, detail) => {
    const answer = await app.post('/recommend', body);
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(answer.body.detail).toContain(detail);
  });
});
