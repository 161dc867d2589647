import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../app.ts';
import { countedDatabase } from '../counting-stores.ts';

const app = startApp();
const PATH = '/recommend/batch';
const RATINGS = [{ movieId: movieIdOf(0), rating: 5 }];

describe('POST /recommend/batch', () => {
  it('gives each person the list that GET or POST /recommend gives them, in their order', async () => {
    const { profile } = (await app.get('/profiles')).body.items[0];
    const people = [
      { user: userIdOf(3) },
      { ratings: RATINGS, by: 'rating', k: 3 },
      { profile },
      { user: userIdOf(3), genre: ['Comedy'], explain: 1 },
    ];
    const { status, body } = await app.post(PATH, { people, k: 7, minRatings: 10 }, TOKEN);
    expect(status).toBe(200);
    const alone = [
      await app.get(`/recommend?user=${userIdOf(3)}&k=7&minRatings=10`),
      await app.post('/recommend', { ratings: RATINGS, by: 'rating', k: 3, minRatings: 10 }),
      await app.get(`/recommend?profile=${profile}&k=7&minRatings=10`),
      await app.get(`/recommend?user=${userIdOf(3)}&k=7&minRatings=10&genre=Comedy&explain=1`),
    ];
    expect(body.items).toEqual(alone.map((answer) => ({ list: answer.body })));
    expect(body.model).toEqual(alone[0].body.model);
  });

  it('tells what is wrong with a person beside the lists of the others', async () => {
    const gone = await startSession(app);
    await app.remove('/session', gone.headers);
    const people = [
      { user: gone.user },
      { user: userIdOf(0) },
      { profile: 'nobody' },
      { ratings: [{ movieId: 123456789, rating: 1 }] },
      { user: userIdOf(0), genre: ['Nonsense'] },
      { user: userIdOf(0), by: 'rating', blend: 1 },
    ];
    const { status, body } = await app.post(PATH, { people }, TOKEN);
    expect(status).toBe(200);
    expect(body.items.map((item: { problem?: { code: string } }) => item.problem?.code)).toEqual([
      'deleted-user',
      undefined,
      'unknown-profile',
      'unknown-movie',
      'bad-parameter',
      'bad-parameter',
    ]);
    expect(body.items[0].problem).toMatchObject({ status: 410, type: 'urn:marquee:problem:deleted-user' });
    expect(body.items[3].problem.detail).toContain('people.3.ratings.0.movieId');
    expect(body.items[1].list.items).toHaveLength(20);
  });

  it('is refused whole where its form is wrong, with the place and what came', async () => {
    const people = [{ user: userIdOf(0) }, { user: userIdOf(1), k: 500 }];
    for (const [body, parameter, got] of [
      [{ people }, 'people.1.k', 500],
      [{ people: [{ user: 1 }], k: 101 }, 'people.0.k', 101],
      [{ people: [{ user: 1, profile: 'x' }] }, 'people.0', { user: 1, profile: 'x' }],
      [{ people: [{}] }, 'people.0', {}],
      [{ people: [] }, 'people', []],
      [{ people: [{ user: 1 }], colour: 'red' }, 'people.0.colour', 'red'],
    ]) {
      expect(await app.post(PATH, body, TOKEN)).toMatchObject({
        status: 400,
        body: { code: 'bad-body', parameter, got },
      });
    }
    const many = { people: Array.from({ length: 101 }, () => ({ user: 1 })) };
    expect(await app.post(PATH, many, TOKEN)).toMatchObject({
      status: 400,
      body: { expected: 'at most 100 elements' },
    });
  });

  it('is for programs with the API token only', async () => {
    const { user, headers } = await startSession(app);
    for (const known of [{}, headers, { Authorization: 'Bearer wrong' }] as HeadersInit[]) {
      expect((await app.post(PATH, { people: [{ user }] }, known)).status).toBe(401);
    }
  });

  it('reads 100 people from D1 by a handful of queries', async () => {
    const { db, queries } = countedDatabase(env.DB);
    const people = Array.from({ length: 100 }, (_, u) => ({ user: userIdOf(u) }));
    const { body } = await startApp({ DB: db }).post(PATH, { people, k: 1 }, TOKEN);
    expect(body.items).toHaveLength(100);
    expect(body.items.every(({ list }: { list?: object }) => list)).toBe(true);
    expect(queries.length).toBeLessThanOrEqual(6);
  });
});
