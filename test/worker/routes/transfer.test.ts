import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { gzipSync, strToU8, zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../shared/artifact/manifest.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import type { StoredUser } from '../../../shared/artifact/user-batch.ts';
import { readAllUsers, usersChecksums } from '../../../shared/artifact/users-file.ts';
import { exportEverybody } from '../../../shared/exchange/write-file.ts';
import { writeAllRatings, writeRatings } from '../../../shared/ratings/rating-store.ts';
import { encodeUsers } from '../../../trainer/artifact/encode/users.ts';
import { createApp } from '../../../worker/app.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { fixtureFile, fixtureManifest, publishFixture, startApp, startSession, TOKEN } from '../app.ts';
import { countedDatabase } from '../counting-stores.ts';

const app = startApp();
beforeAll(() => publishFixture(env.MODELS));

const CSV = { 'Content-Type': 'text/csv' };

async function someTitles(): Promise<{ movieId: number; title: string; year: number }[]> {
  const { body } = await app.get('/top?by=count&k=20');
  return body.items.filter(({ year }: { year: number | null }) => year !== null).slice(0, 3);
}

describe('POST /import', () => {
  it('POST /import stores the films that it finds, lists the others, and counts in the next answer', async () => {
    const { user, headers } = await startSession(app);
    const films = await someTitles();
    const lines = films.map(({ title, year }, j) => `2024-01-0${j + 1},"${title}",${year},https://x/${j},${j + 3}`);
    const file = ['Date,Name,Year,Letterboxd URI,Rating', ...lines, '2024-01-09,Never Made,1999,https://x,4'].join(
      '\n',
    );
    const { status, body } = await app.post('/import', file, { ...CSV, ...headers });
    expect(status).toBe(200);
    expect(body).toEqual({
      user,
      import: Date.parse('2026-01-02T00:00:00Z'),
      format: 'Letterboxd',
      parts: [{ name: '', ratings: 4, seen: 0, watchlist: 0 }],
      matched: films.map(({ movieId, title, year }, j) => ({ movieId, title, year, rating: j + 3 })),
      more: { matched: 0, ambiguous: 0, unmatched: 0 },
      ratings: 3,
      held: 0,
      older: 0,
      repeated: 0,
      converted: 0,
      seen: 0,
      watchlist: 0,
      unrated: 0,
      notFilms: 0,
      ambiguous: [],
      unmatched: [{ line: 5, rating: 4, title: 'Never Made', year: 1999, candidates: [] }],
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

  it('POST /import reads the ZIP that Letterboxd hands out, UTF-16 and Windows-1252', async () => {
    const { headers } = await startSession(app);
    const [{ title, year, movieId }] = await someTitles();
    const file = `Date,Name,Year,Letterboxd URI,Rating\n2024-01-01,"${title}",${year},https://x,4`;
    const zip = zipSync({ 'diary.csv': strToU8('Date,Name\n'), 'ratings.csv': strToU8(file) });
    const { body } = await app.post('/import', zip, { 'Content-Type': 'application/zip', ...headers });
    expect(body).toMatchObject({ format: 'Letterboxd', ratings: 1, unmatched: [], ambiguous: [] });
    expect((await app.get('/ratings', headers)).body.ratings).toMatchObject([{ movieId, rating: 4 }]);
    const wide = new Uint8Array(Uint16Array.from(`\uFEFF${file}`, (letter) => letter.charCodeAt(0)).buffer);
    const again = await app.post('/import', wide, { ...CSV, ...headers });
    expect(again.body).toMatchObject({ format: 'Letterboxd', ratings: 1 });
    const narrow = Uint8Array.from(`${file}\n,Caf\xe9 \x96 never made,1999,https://y,4`, (letter) =>
      letter.charCodeAt(0),
    );
    const { unmatched } = (await app.post('/import', narrow, { ...CSV, ...headers })).body;
    expect(unmatched).toMatchObject([{ title: 'Café – never made' }]);
  });

  it('POST /import refuses what unpacks to more than its bound', async () => {
    const { headers } = await startSession(app);
    for (const bomb of [zipSync({ 'ratings.csv': new Uint8Array(2 ** 26) }), gzipSync(new Uint8Array(2 ** 26))]) {
      const answer = await app.post('/import', bomb, { ...CSV, ...headers });
      expect(answer).toMatchObject({ status: 413, body: { code: 'too-large' } });
    }
  });

  it('POST /import without session or token answers 401', async () => {
    expect(await app.post('/import', '1::10::4::1', CSV)).toMatchObject({ status: 401 });
    const { headers } = await startSession(app);
    expect(await app.post('/import?user=5', '1::10::4::1', { ...CSV, ...headers })).toMatchObject({ status: 403 });
  });

  it('POST /import refuses a file with one bad line as a whole and names the line', async () => {
    const { headers } = await startSession(app);
    const answer = await app.post('/import', '1::10::4::1\n1::20::9::2', { ...CSV, ...headers });
    expect(answer).toMatchObject({ status: 422, body: { code: 'bad-data', line: 2 } });
    expect((await app.get('/ratings', headers)).body.ratings).toEqual([]);
  });

  it('POST /import refuses a file larger than its bound', async () => {
    const { headers } = await startSession(app);
    const answer = await app.post('/import', 'x'.repeat(4 * 2 ** 20 + 1), { ...CSV, ...headers });
    expect(answer).toMatchObject({ status: 413, body: { code: 'too-large' } });
  });
});

/** users.arrow of the fixture, with a time of each rating: a billion and its place among all. */
async function timedUsers(): Promise<{ bytes: Uint8Array<ArrayBuffer>; users: StoredUser[] }> {
  const users: StoredUser[] = [];
  for await (const user of readAllUsers(fixtureFile(FILES.users), fixtureManifest())) users.push(user);
  const flat = (of: (user: StoredUser) => ArrayLike<number>) => users.flatMap((user) => Array.from(of(user)));
  const ends = users.map(
    (
      (sum) => (user: StoredUser) =>
        (sum += user.movieIds.length)
    )(0),
  );
  const ratedMovieIds = Int32Array.from(flat(({ movieIds }) => movieIds));
  const bytes = encodeUsers({
    userIds: Int32Array.from(users, ({ userId }) => userId),
    biases: Float32Array.from(users, ({ bias }) => bias),
    factors: Float32Array.from(flat(({ factors }) => factors)),
    relevance: Float32Array.from(flat(({ relevance }) => relevance)),
    ratedOffsets: Int32Array.of(0, ...ends),
    ratedMovieIds,
    ratedHalfStars: Uint8Array.from(flat(({ stars }) => stars.map((star) => 2 * star))),
    ratedTimes: Uint32Array.from(ratedMovieIds, (_, at) => 1e9 + at),
  });
  return { bytes, users };
}

describe('GET /export of what training knows', () => {
  it('has the true times, where the model keeps them; what D1 knows more comes with its own', async () => {
    const { bytes, users } = await timedUsers();
    const entry = { bytes: bytes.length, sha256: await sha256Hex(bytes), checksums: usersChecksums(bytes) };
    const files = fixtureManifest().files.map((file) => (file.name === FILES.users ? { ...file, ...entry } : file));
    const manifest = { files };
    await publishFixture(env.MODELS, '20260202T000000Z-timed', { damage: { [FILES.users]: bytes }, manifest });
    const timed = startApp();
    const { userId, movieIds, stars } = users[3];
    const first = 1e9 + users.slice(0, 3).reduce((sum, user) => sum + user.movieIds.length, 0);
    const lines = Array.from(movieIds, (movieId, j) => `${userId},${movieId},${stars[j]},${first + j}`);
    const text = () => timed.text(`/export?user=${userId}`, TOKEN);
    expect((await text()).trimEnd().split('\n')).toEqual(['userId,movieId,rating,timestamp', ...lines]);
    const { ratings } = (await timed.get(`/ratings?user=${userId}`, TOKEN)).body;
    expect(ratings[0]).toMatchObject({ movieId: movieIds[0], rating: stars[0], timestamp: first });
    await timed.post('/ratings', { user: userId, movieId: movieIds[0], rating: 0.5, timestamp: 1_600_000_000 }, TOKEN);
    const changed = (await text()).trimEnd().split('\n').slice(1);
    expect(changed).toEqual([...lines.slice(1), `${userId},${movieIds[0]},0.5,1600000000`]);
    await publishFixture(env.MODELS);
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

  it('GET /export is for the person and the token only', async () => {
    const { user } = await startSession(app);
    expect((await app.get('/export')).status).toBe(401);
    expect((await app.get(`/export?user=${user}`)).status).toBe(401);
  });
});

describe('GET /export/all', () => {
  const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };

  it('GET /export/all gives all ratings, however many, to the admin token', async () => {
    const user = 2_000_500;
    const ratings = Array.from({ length: 12_001 }, (_, m) => ({
      movieId: m,
      rating: 0.5 + (m % 10) / 2,
      timestamp: m,
    }));
    await writeAllRatings(env.DB, user, ratings, 'api');
    await writeRatings(env.DB, user + 1, [{ movieId: 5, rating: 4, timestamp: 9 }], 'page');
    await writeRatings(env.DB, user + 1, [{ movieId: 6, rating: null, timestamp: 9 }], 'page');
    const lines = (await app.text('/export/all', ADMIN)).split('\n');
    expect(lines[0]).toBe('userId,movieId,rating,timestamp');
    const theirs = lines.filter((line) => line.startsWith('20005'));
    expect(theirs).toEqual([
      ...ratings.map(({ movieId, rating, timestamp }) => [user, movieId, rating, timestamp].join()),
      `${user + 1},5,4,9`,
    ]);
    expect(new Set(lines).size).toBe(lines.length);
    const plain = (await app.text('/export/all?format=dat', ADMIN)).split('\n');
    expect(plain).toEqual(lines.slice(1).map((line) => line.replaceAll(',', '::')));
  });

  it('GET /export/all begins to answer before D1 has been read to the end', async () => {
    const ratings = Array.from({ length: 12_001 }, (_, m) => ({ movieId: m, rating: 3, timestamp: m }));
    await writeAllRatings(env.DB, 2_000_600, ratings, 'api');
    const begun = Promise.withResolvers<void>();
    let pages = 0;
    const { db } = countedDatabase(env.DB, (sql) => {
      if (!sql.includes('ORDER BY user_id, movie_id')) return undefined;
      return ++pages > 2 ? begun.promise : undefined; // of four and more
    });
    const context = createExecutionContext();
    const bindings = { ...env, DB: db };
    const response = await createApp({ kernel }).request('/export/all', { headers: ADMIN }, bindings, context);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value!;
    expect(text).toMatch(/^userId,movieId,rating,timestamp\n\d/);
    begun.resolve();
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    await waitOnExecutionContext(context);
    expect(text).toBe(await startApp().text('/export/all', ADMIN));
    expect(text.split('\n').filter((line) => line.startsWith('2000600,'))).toHaveLength(12_001);
    expect(pages).toBeGreaterThan(3);
  });

  it('GET /export/all reads no further when the download breaks off', async () => {
    const ratings = Array.from({ length: 30_000 }, (_, m) => ({ movieId: m, rating: 3, timestamp: m }));
    await writeAllRatings(env.DB, 2_000_700, ratings, 'api');
    const { queries, db } = countedDatabase(env.DB);
    const parts = exportEverybody(db, 'csv', 1000);
    await parts.next();
    await parts.next();
    await parts.return(undefined);
    expect(queries).toHaveLength(3); // two parts, and one ahead
  });

  it('GET /export/all is for nobody else', async () => {
    const { headers } = await startSession(app);
    for (const asked of [{}, headers, TOKEN, { Authorization: 'Bearer an-admin-token-for-test' }]) {
      expect(await app.get('/export/all', asked)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
    expect((await startApp({ ADMIN_TOKEN: '' }).get('/export/all', { Authorization: 'Bearer ' })).status).toBe(401);
    expect((await app.get('/ratings?user=103', ADMIN)).status).toBe(401); // and reads nobody's ratings
  });
});

describe('what a request may bring', () => {
  it('requests have bounds: ratings of a file, values of a parameter, the name of a file', async () => {
    const { headers } = await startSession(app);
    const file = Array.from({ length: 50_001 }, (_, m) => `1::${m}::4::1`).join('\n');
    const tooMany = await app.post('/import', file, { ...CSV, ...headers });
    expect(tooMany).toMatchObject({ status: 413, body: { code: 'too-large' } });
    const values = (name: string, count: number) => Array.from({ length: count }, (_, j) => `${name}=${j}`).join('&');
    for (const name of ['exclude', 'excludeId']) {
      expect((await app.get(`/recommend?${values(name, 500)}`)).status).toBe(200);
    }
    for (const name of ['exclude', 'excludeId', 'genre', 'notGenre']) {
      expect(await app.get(`/recommend?${values(name, 501)}`)).toMatchObject({
        status: 400,
        body: { parameter: name },
      });
    }
    expect((await app.get(`/next?${values('skip', 501)}`)).status).toBe(400);
    const long = await app.get(`/recommend?exclude=${'x'.repeat(201)}`);
    expect(long).toMatchObject({ status: 400, body: { parameter: 'exclude.0', expected: 'at most 200 characters' } });
    expect(await app.get('/export?format=csv%0d%0aX-Evil:%201', headers)).toMatchObject({ status: 400 });
  });
});
