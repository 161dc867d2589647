import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MOST_A_DAY } from '../../../shared/ratings/limits.ts';
import { MOST_MARKS } from '../../../shared/ratings/tables/mark.ts';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { type Answer, idsOf, publishFixture, startApp, startSession, TOKEN } from '../app.ts';
import { faultyDatabase, HeldQueue } from '../faulty-stores.ts';

const app = startApp();
const [FIRST, SECOND, THIRD] = [0, 1, 5].map(movieIdOf);
const NOW = Date.parse('2026-01-02T00:00:00Z') / 1000;
const JSON_BODY = { 'Content-Type': 'application/json' };

beforeAll(() => publishFixture(env.MODELS));

const put = (movieId: number, mark: string, headers: HeadersInit, path = '', of = app): Promise<Answer> =>
  of.request('PUT', `/marks/${movieId}${path}`, {
    headers: { ...JSON_BODY, ...headers },
    body: JSON.stringify({ mark }),
  });
const marksOf = async (headers: HeadersInit, of = app) =>
  (await of.get('/marks', headers)).body.marks.map(({ movieId, mark }: { movieId: number; mark: string }) => [
    movieId,
    mark,
  ]);
const rowsOf = async (user: number) =>
  (await env.DB.prepare('SELECT movie_id, mark FROM mark WHERE user_id = ?1 ORDER BY movie_id').bind(user).all())
    .results;

describe('marks of movies', () => {
  it('PUT, POST, GET and DELETE /marks keep one mark a movie, oldest first, and name the movies', async () => {
    const { user, headers } = await startSession(app);
    expect((await put(FIRST, 'watchlist', headers)).body).toEqual({ user, movieId: FIRST, mark: 'watchlist' });
    const many = [
      { movieId: SECOND, mark: 'seen', timestamp: 1000 },
      { movieId: THIRD, mark: 'dismissed', timestamp: 2000 },
    ];
    expect((await app.post('/marks', { marks: many }, headers)).body).toEqual({ user, marks: 2 });
    expect((await app.get('/marks', headers)).body).toEqual({
      user,
      marks: [
        { movieId: SECOND, mark: 'seen', timestamp: 1000, title: 'Café Horizon', year: 1951 },
        { movieId: THIRD, mark: 'dismissed', timestamp: 2000, title: 'Frozen Anchor 5', year: null },
        { movieId: FIRST, mark: 'watchlist', timestamp: NOW, title: 'The Lantern', year: 1950 },
      ],
    });
    expect((await app.get('/marks?mark=seen', headers)).body.marks).toMatchObject([{ movieId: SECOND }]);
    await put(FIRST, 'dismissed', headers);
    expect((await app.remove(`/marks/${THIRD}`, headers)).body).toEqual({ user, movieId: THIRD });
    expect(await marksOf(headers)).toEqual([
      [SECOND, 'seen'],
      [FIRST, 'dismissed'],
    ]);
    expect(await app.text('/export/marks', headers)).toBe(
      `userId,movieId,mark,timestamp\n${user},${SECOND},seen,1000\n${user},${FIRST},dismissed,${NOW}\n`,
    );
  });

  it('the latest timestamp wins, the same again changes nothing, and no training reads any of it', async () => {
    const { user, headers } = await startSession(app);
    const send = (mark: string, timestamp: number) =>
      app.post('/marks', { marks: [{ movieId: FIRST, mark, timestamp }] }, headers);
    await send('watchlist', 500);
    await send('dismissed', 700);
    await send('seen', 600);
    await send('dismissed', 700);
    expect(await marksOf(headers)).toEqual([[FIRST, 'dismissed']]);
    const changes = env.DB.prepare('SELECT changes FROM mark WHERE user_id = ?1').bind(user);
    expect(await changes.first()).toEqual({ changes: 2 });
    for (const table of ['rating', 'rating_log']) {
      expect(await env.DB.prepare(`SELECT 1 FROM ${table} WHERE user_id = ?1`).bind(user).first()).toBe(null);
    }
    expect((await app.get('/recommend', headers)).body).toMatchObject({ basis: 'popular', ratings: 0 });
  });

  it.each([
    ['an unknown movie', { movieId: 1, mark: 'seen' }, 404, 'unknown-movie', 'marks.1.movieId'],
    ['an unknown mark', { movieId: FIRST, mark: 'loved' }, 400, 'bad-body', 'marks.1.mark'],
    ['no mark', { movieId: FIRST }, 400, 'bad-body', 'marks.1.mark'],
    ['a broken timestamp', { movieId: FIRST, mark: 'seen', timestamp: -1 }, 400, 'bad-body', 'marks.1.timestamp'],
    ['a misspelt field', { movieId: FIRST, mark: 'seen', stars: 4 }, 400, 'bad-body', 'marks.1.stars'],
  ])('POST /marks refuses the whole batch for %s and names the element', async (_, bad, status, code, element) => {
    const { headers } = await startSession(app);
    const answer = await app.post('/marks', { marks: [{ movieId: SECOND, mark: 'seen' }, bad] }, headers);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body.detail).toContain(element);
    expect(await marksOf(headers)).toEqual([]);
  });

  it('PUT and DELETE answer 404 for a movie that the model lacks, and 401 for nobody', async () => {
    const { headers } = await startSession(app);
    const unknown = { status: 404, body: { code: 'unknown-movie' } };
    expect(await put(1, 'seen', headers)).toMatchObject(unknown);
    expect(await app.remove('/marks/1', headers)).toMatchObject(unknown);
    const nobody = { status: 401, body: { code: 'unauthorized' } };
    expect(await put(FIRST, 'seen', {})).toMatchObject(nobody);
    for (const path of ['/marks', '/export/marks', '/recommend?among=watchlist']) {
      expect(await app.get(path)).toMatchObject(nobody);
    }
  });

  it('a program with the token marks for any user that it names, and is not counted', async () => {
    const user = 2_000_800;
    expect(await put(FIRST, 'seen', TOKEN)).toMatchObject({ status: 400, body: { parameter: 'user' } });
    expect((await put(FIRST, 'seen', TOKEN, `?user=${user}`)).body).toMatchObject({ user });
    await app.post('/marks', { user, marks: [{ movieId: SECOND, mark: 'watchlist' }] }, TOKEN);
    expect((await app.get(`/marks?user=${user}`, TOKEN)).body.marks).toHaveLength(2);
    const sum = env.DB.prepare('SELECT sum(changes) AS n FROM mark WHERE user_id = ?1').bind(user);
    expect(await sum.first()).toEqual({ n: 0 });
    expect((await app.remove(`/session?user=${user}`, TOKEN)).status).toBe(200); // known by marks alone
    expect(await rowsOf(user)).toEqual([]);
  });
});

describe('lists and questions of somebody with marks', () => {
  const top = async (headers: HeadersInit, query = '') => app.get(`/recommend?k=100${query}`, headers);

  it('leave out what was seen or dismissed, also with rated=show, and say what is on the watchlist', async () => {
    const { headers } = await startSession(app);
    const [wanted, seen, dismissed] = idsOf(await top(headers));
    await put(wanted, 'watchlist', headers);
    await put(seen, 'seen', headers);
    await put(dismissed, 'dismissed', headers);
    for (const query of ['', '&rated=show', '&by=rating', '&diversity=0.5']) {
      const { items } = (await top(headers, query)).body;
      const ids = items.map(({ movieId }: { movieId: number }) => movieId);
      expect([ids.includes(seen), ids.includes(dismissed)]).toEqual([false, false]);
      const pointedOut = items.filter(({ watchlist }: { watchlist?: true }) => watchlist);
      expect(pointedOut.map(({ movieId }: { movieId: number }) => movieId)).toEqual(
        ids.includes(wanted) ? [wanted] : [],
      );
    }
    expect(idsOf(await top(headers))[0]).toBe(wanted);
    expect((await app.get(`/explain/${seen}`, headers)).body.excludedBy).toEqual(['seen']);
    expect((await app.get(`/explain/${dismissed}`, headers)).body.excludedBy).toEqual(['dismissed']);
    expect((await app.get(`/explain/${wanted}`, headers)).body).toMatchObject({ excludedBy: [], rank: 1 });
    await app.remove(`/marks/${dismissed}`, headers);
    expect(idsOf(await top(headers))).toContain(dismissed);
  });

  it('of several people leave out what any of them saw or dismissed', async () => {
    const { user, headers } = await startSession(app);
    const people = [{ user }, { ratings: [{ movieId: movieIdOf(9), rating: 5 }] }];
    const together = async () => idsOf(await app.post('/recommend', { people, k: 100 }, headers));
    const [first] = await together();
    await put(first, 'dismissed', headers);
    expect(await together()).not.toContain(first);
  });

  it('among the watchlist have exactly its movies, by the scores of the whole list', async () => {
    const { headers } = await startSession(app);
    const all = (await top(headers)).body.items;
    const wanted = [all[40], all[3], all[17]].map(({ movieId }) => movieId);
    for (const movieId of wanted) await put(movieId, 'watchlist', headers);
    const { items, unknown } = (await top(headers, '&among=watchlist')).body;
    expect(unknown).toEqual([]);
    const expected = all.filter(({ movieId }: { movieId: number }) => wanted.includes(movieId));
    expect(items).toEqual(expected.map((item: object) => ({ ...item, watchlist: true })));
    expect(idsOf(await app.get('/recommend?among=watchlist&k=1&offset=1', headers))).toEqual([expected[1].movieId]);
  });

  it('a rating takes a movie off the watchlist until it is taken back; one put there after the rating stays', async () => {
    const { headers } = await startSession(app);
    await put(FIRST, 'watchlist', headers);
    await put(SECOND, 'seen', headers);
    await app.post('/ratings', { movieId: FIRST, rating: 4 }, headers);
    await app.post('/ratings', { movieId: SECOND, rating: 4, timestamp: 1000 }, headers);
    expect(await marksOf(headers)).toEqual([]);
    expect(idsOf(await top(headers, '&among=watchlist'))).toEqual([]);
    await app.remove(`/ratings/${FIRST}`, headers);
    expect(await marksOf(headers)).toEqual([[FIRST, 'watchlist']]);
    await app.post('/ratings', { movieId: FIRST, rating: 4, timestamp: 1000 }, headers); // taken back after that time
    expect(await marksOf(headers)).toEqual([[FIRST, 'watchlist']]);
    await app.post('/ratings', { movieId: FIRST, rating: 4 }, headers);
    app.pass(60);
    await put(FIRST, 'watchlist', headers); // to see it again
    expect(idsOf(await top(headers, '&among=watchlist'))).toEqual([FIRST]);
    expect(idsOf(await top(headers))).not.toContain(FIRST);
  });

  it('training’s ratings of a user count as ratings, without a time as the oldest', async () => {
    const user = userIdOf(4);
    const [{ movieId, timestamp }] = (await app.get(`/ratings?user=${user}`)).body.ratings;
    expect(timestamp).toBe(null);
    await app.post('/marks', { user, marks: [{ movieId, mark: 'watchlist', timestamp: 0 }] }, TOKEN);
    expect((await app.get(`/marks?user=${user}`)).body.marks).toEqual([]);
    await put(movieId, 'watchlist', TOKEN, `?user=${user}`);
    expect((await app.get(`/marks?user=${user}`)).body.marks).toMatchObject([{ movieId }]);
  });

  it('nobody is asked about a movie that they marked', async () => {
    const { headers } = await startSession(app);
    const asked = async () => idsOf(await app.get('/next?n=10', headers));
    const before = await asked();
    const marks = ['watchlist', 'seen', 'dismissed'].map((mark, at) => ({ movieId: before[at], mark }));
    await app.post('/marks', { marks }, headers);
    const after = await asked();
    expect(after).toHaveLength(10);
    expect(after.filter((movieId) => before.slice(0, 3).includes(movieId))).toEqual([]);
  });
});

describe('marks stored of a person', () => {
  it('end with the limit, while known ones may change', async () => {
    const { user, headers } = await startSession(app);
    await env.DB.prepare(
      `INSERT INTO mark (user_id, movie_id, mark, marked_at, accepted_at, changes)
       WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 2 < ${MOST_MARKS})
       SELECT ?1, 1000000000 + i, 'seen', 1000, 0, 1 FROM n`,
    )
      .bind(user)
      .run();
    expect((await put(FIRST, 'seen', headers)).status).toBe(200);
    expect(await put(SECOND, 'seen', headers)).toMatchObject({
      status: 422,
      body: { code: 'too-many-marks', stored: MOST_MARKS, added: 1, most: MOST_MARKS },
    });
    expect((await put(FIRST, 'watchlist', headers)).status).toBe(200);
    expect((await app.get('/marks', headers)).body.marks).toHaveLength(MOST_MARKS);
  });

  it('may change so often a day and no more; the next day counts anew', async () => {
    const clock = startApp();
    const { user, headers } = await startSession(clock);
    await put(FIRST, 'seen', headers, '', clock);
    await env.DB.prepare(`UPDATE mark SET changes = ${MOST_A_DAY - 1} WHERE user_id = ?1`)
      .bind(user)
      .run();
    expect((await put(FIRST, 'watchlist', headers, '', clock)).status).toBe(200);
    const refused = await put(FIRST, 'dismissed', headers, '', clock);
    expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-requests', most: MOST_A_DAY } });
    expect(refused.headers.get('Retry-After')).toBe('86400'); // the test's clock stands at midnight
    expect(await marksOf(headers, clock)).toEqual([[FIRST, 'watchlist']]);
    clock.pass(86_400);
    expect((await put(FIRST, 'dismissed', headers, '', clock)).status).toBe(200);
    const changes = env.DB.prepare('SELECT changes FROM mark WHERE user_id = ?1').bind(user);
    expect(await changes.first()).toEqual({ changes: 1 });
  });

  it('go at once with their person, and nothing is stored for them later', async () => {
    const queue = new HeldQueue();
    const { user, headers } = await startSession(app);
    await put(FIRST, 'watchlist', headers);
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const down = startApp({ DB: faultyDatabase(env.DB, () => 'before'), PENDING: queue.binding });
    expect((await put(SECOND, 'seen', headers, '', down)).status).toBe(202);
    expect((await app.remove('/session', headers)).status).toBe(200);
    expect(await rowsOf(user)).toEqual([]);
    const logged = env.DB.prepare('SELECT movie_id FROM rating_log WHERE user_id = ?1').bind(user);
    expect((await logged.all()).results).toEqual([{ movie_id: -1 }]); // so that a heal after a restore deletes them again
    expect(await queue.deliver(0, env)).toBe(true);
    expect(await rowsOf(user)).toEqual([]);
    expect(await put(FIRST, 'seen', headers)).toMatchObject({ status: 410, body: { code: 'deleted-user' } });
  });

  it.each(['before', 'after', 'silent'] as const)(
    'are in D1 once after the queue brought them, where D1 failed "%s", whatever their order',
    async (fault) => {
      vi.spyOn(console, 'error').mockImplementation(() => undefined);
      const queue = new HeldQueue();
      const { user, headers } = await startSession(app);
      const options = { ratingTimeout: fault === 'silent' ? 20 : undefined };
      const failing = startApp({ ...options, DB: faultyDatabase(env.DB, () => fault), PENDING: queue.binding });
      expect((await put(FIRST, 'watchlist', headers, '', failing)).status).toBe(202);
      failing.pass(5);
      expect((await put(FIRST, 'dismissed', headers, '', failing)).status).toBe(202);
      expect((await failing.remove(`/marks/${SECOND}`, headers)).status).toBe(202);
      queue.messages.push({ ...queue.messages[0] }); // an old one once more, last
      while (queue.messages.length > 0) await queue.deliver(queue.messages.length - 1, env);
      expect(await rowsOf(user)).toEqual([
        { movie_id: FIRST, mark: 'dismissed' },
        { movie_id: SECOND, mark: null },
      ]);
      const full = new HeldQueue(() => 'before').binding;
      const both = startApp({ ...options, DB: faultyDatabase(env.DB, () => fault), PENDING: full });
      expect(await put(FIRST, 'seen', headers, '', both)).toMatchObject({
        status: 503,
        body: { code: 'store-unavailable' },
      });
    },
  );

  it('that cannot be read give no false list: the whole one says so, the watchlist is refused', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { headers } = await startSession(app);
    await put(FIRST, 'watchlist', headers);
    const prepare = () => {
      throw new Error('no database');
    };
    const down = startApp({ DB: { prepare } as unknown as D1Database });
    expect((await down.get('/recommend', headers)).body).toMatchObject({ degraded: ['ratings'] });
    for (const path of ['/marks', '/recommend?among=watchlist', '/export/marks']) {
      expect(await down.get(path, headers)).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    }
  });
});
