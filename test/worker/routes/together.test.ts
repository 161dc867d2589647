import { describe, expect, it } from 'vitest';
import { groupOfMovie, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { type Answer, idsOf, startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();
const closed = startApp({ OPEN_USERS: 'false' });
const [COMEDY, DRAMA, HORROR] = [0, 1, 2];

interface Opinion {
  predictedRating: number;
  uncertainty: number;
  score: number;
}
interface Item extends Opinion {
  movieId: number;
  people: Opinion[];
}

/** Somebody who loves a group, and another as much. */
const lover = (...groups: number[]) => ({
  ratings: groups.flatMap((group) => [0, 4, 8, 12].map((row) => ({ movieId: movieIdOf(row + group), rating: 5 }))),
});
const ask = (people: object[], asked: object = {}) => app.post('/recommend', { people, ...asked });
const alone = async (person: object, asked: object = {}): Promise<Item[]> =>
  (await app.post('/recommend', { ...person, ...asked })).body.items;
const plain = (items: Item[]) => items.map(({ people, ...item }) => item);

/** Every movie's score for one person, by id. */
async function scoresOf(person: object, asked: object): Promise<Map<number, number>> {
  const pages = await Promise.all([0, 100].map((offset) => alone(person, { rated: 'show', k: 100, offset, ...asked })));
  return new Map(pages.flat().map(({ movieId, score }) => [movieId, score]));
}

describe('POST /recommend with people', () => {
  it.each([
    {},
    { together: 'mean' },
    { by: 'rating' },
    { blend: 0, diversity: 0.3, popularity: -0.5 },
    { genre: ['Drama'], k: 7 },
  ])('one person alone has the list of these ratings, and two who are equal share it: %j', async (asked) => {
    const own = await alone(lover(HORROR), asked);
    expect(own.length).toBeGreaterThan(5);
    for (const people of [[lover(HORROR)], [lover(HORROR), lover(HORROR)]]) {
      const { status, body } = await ask(people, asked);
      expect(status).toBe(200);
      expect(plain(body.items)).toEqual(own);
      for (const item of body.items) {
        const opinion = { predictedRating: item.predictedRating, score: item.score };
        expect(item.people).toMatchObject(people.map(() => opinion));
      }
    }
  });

  it('by rating, a score is the least or the mean of the scores that each one’s own list has', async () => {
    const people = [lover(COMEDY), lover(HORROR), lover(DRAMA, HORROR)];
    const stars = await Promise.all(people.map((person) => scoresOf(person, { by: 'rating' })));
    for (const together of ['least', 'mean']) {
      const { items } = (await ask(people, { by: 'rating', together, k: 100, rated: 'show' })).body;
      expect(items).toHaveLength(100);
      for (const item of items) {
        const each = stars.map((scores) => scores.get(item.movieId)!);
        const expected = together === 'least' ? Math.min(...each) : (each[0] + each[1] + each[2]) / 3;
        expect(item.score).toBeCloseTo(expected, 5);
        for (const [p, value] of each.entries()) expect(item.people[p].score).toBeCloseTo(value, 5);
      }
      const scores = items.map(({ score }: Item) => score);
      expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
    }
  });

  it('by relevance, everybody’s scores are brought to one root mean square first', async () => {
    const people = [lover(COMEDY), lover(HORROR, DRAMA)];
    const scores = await Promise.all(people.map((person) => scoresOf(person, { blend: 0 })));
    const spread = scores.map((of) => Math.sqrt([...of.values()].reduce((sum, s) => sum + s * s, 0) / of.size));
    expect(spread[0] / spread[1]).not.toBeCloseTo(1, 2);
    const middle = (spread[0] + spread[1]) / 2;
    const { items } = (await ask(people, { blend: 0, k: 100, rated: 'show' })).body;
    for (const item of items) {
      const each = scores.map((of, p) => (of.get(item.movieId)! * middle) / spread[p]);
      expect(item.score).toBeCloseTo(Math.min(...each), 5);
      for (const [p, value] of each.entries()) expect(item.people[p].score).toBeCloseTo(value, 5);
    }
    const best = [...scores[0].keys()]
      .map((movieId) => Math.min(...scores.map((of, p) => (of.get(movieId)! * middle) / spread[p])))
      .sort((a, b) => b - a);
    expect(items[99].score).toBeCloseTo(best[99], 5);
  });

  it('the least likes nobody’s favourite that another dislikes; the mean does', async () => {
    const hater = {
      ratings: [...lover(HORROR).ratings, ...lover(COMEDY).ratings.map((rating) => ({ ...rating, rating: 0.5 }))],
    };
    const people = [lover(COMEDY, HORROR), hater];
    const groups = async (together: string) =>
      idsOf(await ask(people, { together, by: 'rating', k: 30 })).map(groupOfMovie);
    expect(await groups('least')).not.toContain(COMEDY);
    expect(new Set(idsOf(await ask([lover(COMEDY)], { k: 10 })).map(groupOfMovie))).toEqual(new Set([COMEDY]));
    expect(await groups('mean')).toContain(HORROR);
  });

  it('each person’s prediction and uncertainty is their own, in the order given', async () => {
    const people = [lover(COMEDY), lover(HORROR), { ratings: [] }];
    const shown = { k: 100, rated: 'show', by: 'rating' };
    const { items } = (await ask(people, shown)).body;
    const own = await Promise.all(
      people.map(async (person) => new Map((await alone(person, { ...shown, explain: 1 })).map((i) => [i.movieId, i]))),
    );
    let compared = 0;
    for (const item of items) {
      own.forEach((of, p) => {
        const expected = of.get(item.movieId);
        if (!expected) return;
        const { predictedRating, uncertainty } = expected;
        expect(item.people[p]).toMatchObject({ predictedRating, uncertainty });
        compared++;
      });
      expect(item.predictedRating).toBe(Math.min(...item.people.map((of: Opinion) => of.predictedRating)));
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('leaves out what anybody rated or has seen, and ranks candidates', async () => {
    const people = [lover(COMEDY), lover(HORROR)];
    const rated = people.flatMap(({ ratings }) => ratings.map(({ movieId }) => movieId));
    const all = idsOf(await ask(people, { k: 100 }));
    expect(all.filter((id) => rated.includes(id))).toEqual([]);
    expect(idsOf(await ask(people, { k: 100, rated: 'show', candidates: rated })).toSorted()).toEqual(rated.toSorted());
    const { body } = await ask(people, { candidates: [...rated, 1, ...all.slice(0, 9)], seen: [all[0]] });
    expect(body.items.map(({ movieId }: Item) => movieId)).toEqual(all.slice(1, 9));
    expect(body).toMatchObject({ user: null, basis: 'together', ratings: 8, unknown: [1] });
  });

  it('takes profiles, data set users and ratings beside each other, and counts from a time on', async () => {
    const [{ profile }] = (await app.get('/profiles')).body.items;
    const { body } = await ask([{ profile }, { user: userIdOf(2) }, lover(COMEDY)]);
    expect(body.items[0].people).toHaveLength(3);
    const stored = (await app.get(`/recommend?user=${userIdOf(2)}`)).body;
    expect(body.ratings).toBe(stored.ratings + 4);
    expect(plain((await ask([{ user: userIdOf(2) }])).body.items)).toEqual(stored.items);
    expect(plain((await ask([{ profile }])).body.items)).toEqual(
      (await app.get(`/recommend?profile=${profile}`)).body.items,
    );
    const late = lover(COMEDY).ratings.map((rating, i) => ({ ...rating, timestamp: 10 * i }));
    const since = (await ask([{ ratings: late }, { user: userIdOf(2) }], { since: 20, rated: 'show' })).body;
    expect(since.ratings).toBe(2);
    expect(since.items).toEqual(
      (await ask([{ ratings: late.slice(2) }, { ratings: [] }], { rated: 'show' })).body.items,
    );
  });

  it('eight people with a thousand ratings each are answered', async () => {
    const ratings = Array.from({ length: 1000 }, (_, j) => ({
      movieId: movieIdOf((7 * j) % 200),
      rating: 0.5 + (j % 10) / 2,
      timestamp: 1_700_000_000 + j,
    }));
    const answer = await ask(Array(8).fill({ ratings }), { rated: 'show', together: 'mean' });
    expect(answer).toMatchObject({ status: 200, body: { ratings: 8 * 200 } });
    expect(answer.body.items[0].people).toHaveLength(8);
  });
});

describe('the rights of people', () => {
  it('a user of people needs the rights that GET /recommend?user= needs', async () => {
    const [own, other] = [await startSession(app), await startSession(app)];
    const people = [lover(COMEDY), { user: own.user }];
    const ask = (headers: HeadersInit) => app.post('/recommend', { people }, headers);
    expect(await ask({})).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(await ask(other.headers)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    for (const headers of [own.headers, TOKEN]) expect((await ask(headers)).status).toBe(200);
    const dataset = { people: [{ user: userIdOf(0) }] };
    expect((await app.post('/recommend', dataset)).status).toBe(200);
    expect(await closed.post('/recommend', dataset)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    await app.remove('/session', own.headers);
    expect(await ask(TOKEN)).toMatchObject({ status: 410, body: { code: 'deleted-user' } });
  });

  it('a person’s own stored ratings meet a friend’s that come along', async () => {
    const { user, headers } = await startSession(app);
    await app.post('/ratings', lover(HORROR), headers);
    const stored: Answer = await app.post('/recommend', { people: [{ user }, lover(DRAMA)] }, headers);
    expect(stored.body.items).toEqual((await ask([lover(HORROR), lover(DRAMA)])).body.items);
  });
});

describe('people who are asked for wrongly', () => {
  const person = lover(COMEDY);
  it.each<[object, number, string, string]>([
    [{ people: [person], ratings: [] }, 400, 'bad-body', 'people: got it beside ratings, expected one of the two'],
    [{ people: Array(9).fill(person) }, 400, 'bad-body', 'expected at most 8 elements'],
    [{ people: [] }, 400, 'bad-body', 'people: got [], expected at least 1 elements'],
    [{ people: person }, 400, 'bad-body', 'expected array'],
    [{ people: [{}] }, 400, 'bad-body', 'people.0: got {}, expected exactly one of user, profile and ratings'],
    [{ people: [{ user: 3, ratings: [] }] }, 400, 'bad-body', 'expected exactly one of user, profile and ratings'],
    [{ people: [person, null] }, 400, 'bad-body', 'people.1: got null, expected object'],
    [{ people: [{ name: 'Anna' }] }, 400, 'bad-body', 'people.0.name: got "Anna", expected no such name'],
    [{ people: [{ user: 'Anna' }] }, 400, 'bad-body', 'people.0.user: got "Anna", expected number'],
    [{ people: [person, { profile: 'opera' }] }, 404, 'unknown-profile', 'profile: got "opera"'],
    [{ people: [person], together: 'most' }, 400, 'bad-body', 'together: got "most", expected one of least, mean'],
    [{ people: [person], explain: 2 }, 400, 'bad-body', 'explain: got 2 beside people, expected 0'],
    [{ people: [person], by: 'rating', blend: 1 }, 400, 'bad-parameter', 'blend: got 1 beside by=rating'],
    [
      { people: [person, { ratings: [{ movieId: 2, rating: 6 }] }] },
      422,
      'bad-rating',
      'people.1.ratings.0.rating: got 6',
    ],
    [
      { people: [person, { ratings: [{ movieId: 1, rating: 3 }] }] },
      404,
      'unknown-movie',
      'people.1.ratings.0.movieId: the model has no movie 1',
    ],
    [
      { people: [{ ratings: Array(1001).fill({ movieId: 2, rating: 3 }) }] },
      400,
      'bad-body',
      'expected at most 1000 elements',
    ],
  ])('%o is refused', async (body, status, code, detail) => {
    const answer = await app.post('/recommend', body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toContain(detail);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  });
});
