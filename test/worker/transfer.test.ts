import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { publishFixture, startApp, startSession, TOKEN } from './world.ts';

const app = startApp();
beforeAll(() => publishFixture(env.MODELS));

const CSV = { 'Content-Type': 'text/csv' };

async function someTitles(): Promise<{ movieId: number; title: string; year: number }[]> {
  const { body } = await app.get('/top?by=count&k=20');
  return body.items.filter(({ year }: { year: number | null }) => year !== null).slice(0, 3);
}

describe('POST /import', () => {
  it('stores what it can place, lists the rest, and the next answer knows the person', async () => {
    const { user, headers } = await startSession(app);
    const films = await someTitles();
    const lines = films.map(({ title, year }, j) => `2024-01-0${j + 1},"${title}",${year},https://x,${j + 3}`);
    const file = ['Date,Name,Year,Letterboxd URI,Rating', ...lines, '2024-01-09,Never Made,1999,https://x,4'].join(
      '\n',
    );
    const { status, body } = await app.post('/import', file, { ...CSV, ...headers });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...{ user, format: 'Letterboxd', ratings: 3, unrated: 0, ambiguous: [] },
      unmatched: [{ line: 5, title: 'Never Made', year: 1999, candidates: [] }],
    });
    const rated = await app.get('/ratings', headers);
    expect(rated.body.ratings.map(({ movieId, rating }: never) => [movieId, rating])).toEqual(
      films.map(({ movieId }, j) => [movieId, j + 3]),
    );
    expect((await app.get('/recommend', headers)).body).toMatchObject({ basis: 'folded-in', ratings: 3 });
    // The same file again changes nothing.
    await app.post('/import', file, { ...CSV, ...headers });
    expect((await app.get('/ratings', headers)).body).toEqual(rated.body);
  });

  it('needs somebody to store for', async () => {
    expect(await app.post('/import', '1::10::4::1', CSV)).toMatchObject({ status: 401 });
    const { headers } = await startSession(app);
    expect(await app.post('/import?user=5', '1::10::4::1', { ...CSV, ...headers })).toMatchObject({ status: 403 });
  });

  it('refuses a file with one bad line whole, naming it', async () => {
    const { headers } = await startSession(app);
    const answer = await app.post('/import', '1::10::4::1\n1::20::9::2', { ...CSV, ...headers });
    expect(answer).toMatchObject({ status: 422, body: { code: 'bad-data', line: 2 } });
    expect((await app.get('/ratings', headers)).body.ratings).toEqual([]);
  });

  it('refuses a file larger than its bound', async () => {
    const { headers } = await startSession(app);
    const answer = await app.post('/import', 'x'.repeat(4 * 2 ** 20 + 1), { ...CSV, ...headers });
    expect(answer).toMatchObject({ status: 413, body: { code: 'too-large' } });
  });
});

describe('GET /export', () => {
  it.each(['csv', 'dat'])('as %s imports again to the same ratings, in the same order', async (format) => {
    const stored = (await app.get('/ratings?user=103', TOKEN)).body.ratings;
    expect(stored.length).toBeGreaterThan(20);
    await app.post('/ratings', { user: 103, movieId: stored[4].movieId, rating: 0.5, timestamp: 1_600_000_000 }, TOKEN);
    const before = (await app.get('/ratings?user=103', TOKEN)).body.ratings;
    const file = await app.text(`/export?user=103&format=${format}`, TOKEN);
    const { headers } = await startSession(app);
    const { body } = await app.post('/import', file, { ...CSV, ...headers });
    expect(body).toMatchObject({ format: 'MovieLens', ratings: before.length, unmatched: [] });
    const plain = (list: { movieId: number; rating: number }[]) => list.map(({ movieId, rating }) => [movieId, rating]);
    expect(plain((await app.get('/ratings', headers)).body.ratings)).toEqual(plain(before));
  });

  it('is for the person and for the token only', async () => {
    const { user } = await startSession(app);
    expect((await app.get('/export')).status).toBe(401);
    expect((await app.get(`/export?user=${user}`)).status).toBe(401);
  });
});
