import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { MOST_A_DAY } from '../../../shared/ratings/limits.ts';
import { readRatings } from '../../../shared/ratings/rating-store.ts';
import { MOST_STORED } from '../../../shared/ratings/tables/rating.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { publishFixture, startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();
beforeAll(() => publishFixture(env.MODELS));

const CSV = { 'Content-Type': 'text/csv' };
/** Ids from here on are of no movie. */
const NO_MOVIE = 1_000_000_000;

/** As an earlier release stored them: any ids, any number. */
async function store(user: number, count: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO rating (user_id, movie_id, half_stars, rated_at, accepted_at)
     WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
     SELECT ?1, ${NO_MOVIE} + i, 8, 1000 + i, 0 FROM n`,
  )
    .bind(user, count)
    .run();
}

/** Rows of the log by the page, received today or the day before. */
async function log(user: number, count: number, daysAgo = 0): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at, source, received_at)
     WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
     SELECT ?1, 2, 8, 1000, 'page', unixepoch() - 86400 * ?3 FROM n`,
  )
    .bind(user, count, daysAgo)
    .run();
}

const one = (row: number) => ({ movieId: movieIdOf(row), rating: 4 });

describe('ratings stored of a person', () => {
  it('a person gets as many ratings as the limit and no more, while known ones may change', async () => {
    const { user, headers } = await startSession(app);
    await store(user, MOST_STORED - 2);
    expect((await app.post('/ratings', { ratings: [one(0), one(1)] }, headers)).status).toBe(200);
    expect(await app.post('/ratings', one(2), headers)).toMatchObject({
      status: 422,
      body: { code: 'too-many-ratings', stored: MOST_STORED, added: 1, most: MOST_STORED },
    });
    expect((await app.post('/ratings', { ...one(0), rating: 1 }, headers)).status).toBe(200);
    const tooMany = { status: 422, body: { code: 'too-many-ratings' } };
    const file = [0, 1, 2].map((row) => `1::${movieIdOf(row)}::5::2000`).join('\n');
    expect(await app.post('/import', file, { ...CSV, ...headers })).toMatchObject(tooMany);
    expect(await app.post(`/ratings?user=${user}`, one(2), TOKEN)).toMatchObject(tooMany);
    expect((await readRatings(env.DB, user)).filter(({ movieId }) => movieId < NO_MOVIE)).toHaveLength(2);
  });

  it('of somebody whom an earlier release let have more, answers read so many, and the rest stays in D1', async () => {
    const user = 2_000_700;
    await store(user, MOST_STORED + 5000);
    const read = await readRatings(env.DB, user);
    expect(read).toHaveLength(MOST_STORED);
    expect([read[0].timestamp, read.at(-1)!.timestamp]).toEqual([1000, 20_999]);
    const count = 'SELECT count(*) AS n FROM rating WHERE user_id = ?1';
    expect(await env.DB.prepare(count).bind(user).first()).toEqual({ n: MOST_STORED + 5000 });
  });
});

describe('ratings of a session a day', () => {
  it('a session that changed too many ratings today is told to come back after midnight', async () => {
    const { user, headers } = await startSession(app);
    await log(user, MOST_A_DAY - 1);
    expect((await app.post('/ratings', one(0), headers)).status).toBe(200);
    const refused = await app.post('/ratings', one(1), headers);
    expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-requests', most: MOST_A_DAY } });
    const seconds = Number(refused.headers.get('Retry-After'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(86_400);
    expect((await app.post('/ratings', { ...one(0), timestamp: 1 }, headers)).status).toBe(200); // which changes nothing
    expect(await app.post('/import', `1::${movieIdOf(3)}::5::2000`, { ...CSV, ...headers })).toMatchObject({
      status: 429,
    });
    expect(await app.remove(`/ratings/${movieIdOf(0)}`, headers)).toMatchObject({ status: 429 });
    expect(await readRatings(env.DB, user)).toHaveLength(1);
    expect((await app.remove('/session', headers)).status).toBe(200); // whoever wants to go may go
  });

  it('programs with the token, other days and other people do not count', async () => {
    const [{ user, headers }, other] = [await startSession(app), await startSession(app)];
    await log(user, MOST_A_DAY, 1);
    expect((await app.post('/ratings', one(0), headers)).status).toBe(200);
    await log(user, MOST_A_DAY);
    expect((await app.post(`/ratings?user=${user}`, one(1), TOKEN)).status).toBe(200);
    expect((await app.post('/ratings', one(1), other.headers)).status).toBe(200);
  });
});

describe('ids that nothing names', () => {
  it('ids that nothing names come back with line and id, and nothing of them is stored', async () => {
    const { user, headers } = await startSession(app);
    const known = `1,${movieIdOf(5)},4,1704190000`;
    const unknown = Array.from({ length: 3000 }, (_, k) => `1,${900_000_000 + k},${2 + (k % 4)},${1_704_190_000 + k}`);
    const file = ['userId,movieId,rating,timestamp', ...unknown, known].join('\n');
    const { status, body } = await app.post('/import', file, { ...CSV, ...headers });
    expect([status, body.ratings, body.unmatched.length + body.more.unmatched]).toEqual([200, 1, 3000]);
    expect(body.unmatched[0]).toEqual({
      line: 2,
      rating: 2,
      movieId: 900_000_000,
      title: null,
      year: null,
      candidates: [],
    });
    expect(await readRatings(env.DB, user)).toEqual([{ movieId: movieIdOf(5), rating: 4, timestamp: 1_704_190_000 }]);
    const logged = 'SELECT count(*) AS n FROM rating_log WHERE user_id = ?1';
    expect(await env.DB.prepare(logged).bind(user).first()).toEqual({ n: 1 });
    expect((await app.get('/movies?q=movie 9000')).body.items).toEqual([]);
  });
});
