import { env } from 'cloudflare:workers';
import { strToU8, zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { readRatings } from '../../../shared/ratings/rating-store.ts';
import { applyLateChange, ratingsChange } from '../../../shared/ratings/user-change.ts';
import { joinLog } from '../../../trainer/retrain/log/join.ts';
import { onSchedule } from '../../../worker/events/cron.ts';
import { publishFixture, startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();
beforeAll(() => publishFixture(env.MODELS));

const CSV = { 'Content-Type': 'text/csv' };
const HEADER = 'Date,Name,Year,Letterboxd URI,Rating';

interface Film {
  readonly movieId: number;
  readonly title: string;
  readonly year: number;
}

async function someFilms(count = 6): Promise<Film[]> {
  const { body } = await app.get('/top?by=count&k=40');
  const dated: Film[] = body.items.filter(({ year }: Film) => year !== null);
  return dated.slice(0, count).map(({ movieId, title, year }) => ({ movieId, title, year }));
}

function letterboxd(films: readonly Film[], stars: (j: number) => number, year = '2024'): string {
  const lines = films.map(
    ({ title, year: made }, j) => `${year}-01-0${j + 1},"${title}",${made},https://x/${j},${stars(j)}`,
  );
  return [HEADER, ...lines].join('\n');
}

function form(file: string | Uint8Array<ArrayBuffer>, name: string, choices?: unknown): FormData {
  const data = new FormData();
  data.set('file', new File([file], name));
  if (choices !== undefined) data.set('choices', JSON.stringify(choices));
  return data;
}

const sent = (path: string, body: FormData, headers: HeadersInit = {}) => app.request('POST', path, { body, headers });

describe('POST /import?store=false', () => {
  it('says what would be stored, for nobody in particular, and stores nothing', async () => {
    const films = await someFilms(3);
    const people = async () => (await env.DB.prepare('SELECT count(*) AS n FROM person').first<{ n: number }>())!.n;
    const before = await people();
    const file = `${letterboxd(films, () => 4)}\n2024-01-09,Never Made,1999,https://y,4\n,"${films[0].title}",${films[0].year},https://x/0,2`;
    const { status, body } = await app.post('/import?store=false', file, CSV);
    expect(status).toBe(200);
    expect(body).toMatchObject({ user: null, import: null, ratings: 3, held: 0, older: 0, repeated: 1 });
    const [first, second, third] = films;
    expect(body.matched).toEqual([
      { ...second, rating: 4 },
      { ...third, rating: 4 },
      { ...first, rating: 2 },
    ]);
    expect(body.unmatched).toEqual([{ line: 5, rating: 4, title: 'Never Made', year: 1999, candidates: [] }]);
    expect(await people()).toBe(before);
  });

  it('counts what the person holds: the same, and newer ratings', async () => {
    const { user, headers } = await startSession(app);
    const films = await someFilms(3);
    await app.post(
      '/import',
      letterboxd(films.slice(0, 1), () => 4),
      { ...CSV, ...headers },
    );
    await app.post('/ratings', { movieId: films[1].movieId, rating: 1 }, headers);
    const file = letterboxd(films, () => 4);
    const would = (await app.post('/import?store=false', file, { ...CSV, ...headers })).body;
    expect(would).toMatchObject({ user, import: null, ratings: 2, held: 1, older: 1 });
    const { matched: _, import: at, ...did } = (await app.post('/import', file, { ...CSV, ...headers })).body;
    expect(at).toBe(app.now());
    expect(would).toMatchObject(did);
  });

  it('is for the person alone: another one’s needs their session', async () => {
    const { user } = await startSession(app);
    expect(await app.post(`/import?store=false&user=${user}`, '1::10::4::1', CSV)).toMatchObject({ status: 401 });
    expect(await app.post(`/import?store=false&user=${user}`, '1::10::4::1', { ...CSV, ...TOKEN })).toMatchObject({
      status: 200,
    });
  });
});

describe('the answer to an import', () => {
  it('lists at most a thousand films of each kind, a hundred unasked, and says how many more there are', async () => {
    const { headers } = await startSession(app);
    const file = Array.from({ length: 50_000 }, (_, m) => `1::${1_000_000_000 + m}::4::1`).join('\n');
    const unmatched = async (query: string) => {
      const { status, body } = await app.post(`/import${query}`, file, { ...CSV, ...headers });
      return [status, body.unmatched?.length, body.more?.unmatched];
    };
    expect(await unmatched('')).toEqual([200, 100, 49_900]);
    expect(await unmatched('?store=false&k=1000')).toEqual([200, 1000, 49_000]);
    expect(await unmatched('?store=false&k=0')).toEqual([200, 0, 50_000]);
    expect((await unmatched('?store=false&k=1001'))[0]).toBe(400);
  });
});

describe('a form with a file', () => {
  it('stores what a person chose for lines that are in doubt or unknown, and nothing else of them', async () => {
    const { headers } = await startSession(app);
    const [first, second, third] = await someFilms(3);
    const ratings = `${HEADER}\n2024-01-01,Never Made,1999,https://a,4\n2024-01-02,Nor This,1998,https://b,3`;
    const zip = zipSync({
      'ratings.csv': strToU8(ratings),
      'diary.csv': strToU8(letterboxd([first], () => 5, '2025')),
    });
    const preview = (await sent('/import?store=false', form(zip, 'export.zip'), headers)).body;
    expect(preview.unmatched.map(({ file, line }: { file: string; line: number }) => [file, line])).toEqual([
      ['ratings.csv', 2],
      ['ratings.csv', 3],
    ]);
    const choices = [{ file: 'ratings.csv', line: 2, movieId: second.movieId }];
    const { status, body } = await sent('/import', form(zip, 'export.zip', choices), headers);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ratings: 2, unmatched: [{ title: 'Nor This' }] });
    const stored = (await app.get('/ratings', headers)).body.ratings;
    expect(stored.map(({ movieId, rating }: never) => [movieId, rating])).toEqual([
      [second.movieId, 4],
      [first.movieId, 5],
    ]);
    expect(stored.some(({ movieId }: Film) => movieId === third.movieId)).toBe(false);
  });

  it('may hold several, which are looked at, stored and taken back as one', async () => {
    const { headers } = await startSession(app);
    const films = await someFilms(2);
    const several = () => {
      const files = form(
        letterboxd(films, () => 2, '2023'),
        'ratings.csv',
      );
      files.append('file', new File([letterboxd(films.slice(0, 1), () => 4, '2024')], 'newer.csv'));
      return files;
    };
    const preview = (await sent('/import?store=false', several())).body;
    expect(preview).toMatchObject({ ratings: 2, repeated: 1, parts: [{ name: 'ratings.csv' }, { name: 'newer.csv' }] });
    const { import: at } = (await sent('/import', several(), headers)).body;
    const stored = async () => (await app.get('/ratings', headers)).body.ratings;
    expect((await stored()).map(({ movieId, rating }: never) => [movieId, rating])).toEqual([
      [films[1].movieId, 2],
      [films[0].movieId, 4],
    ]);
    expect((await app.request('DELETE', `/import/${at}`, { headers })).body).toMatchObject({ removed: 2 });
    expect(await stored()).toEqual([]);
  });

  it('holds ten at most, and no text among them', async () => {
    const eleven = form(HEADER, '0.csv');
    for (let j = 1; j <= 10; j++) eleven.append('file', new File([HEADER], `${j}.csv`));
    expect((await sent('/import?store=false', eleven)).body.detail).toBe('the form has 11 files, expected at most 10');
    const mixed = form(HEADER, 'ratings.csv');
    mixed.append('file', 'Date,Name');
    expect(await sent('/import?store=false', mixed)).toMatchObject({ status: 400, body: { code: 'bad-body' } });
  });

  it('has the name of the file, without folders and cut where it is long', async () => {
    const file = letterboxd(await someFilms(1), () => 4);
    const names = ['C:\\me\\ratings.csv', `../${'x'.repeat(300)}.csv`];
    const parts = await Promise.all(
      names.map(async (name) => (await sent('/import?store=false', form(file, name))).body.parts[0].name),
    );
    expect(parts).toEqual(['ratings.csv', `${'x'.repeat(79)}…`]);
  });

  it('is refused by name where it is none, or what is chosen is no movie', async () => {
    const { headers } = await startSession(app);
    const nothing = new FormData();
    nothing.set('file', 'text');
    expect(await sent('/import', nothing, headers)).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    for (const choices of [
      [{ line: 0, movieId: 1 }],
      [{ line: 2, movieId: 'x' }],
      {},
      Array(1001).fill({ line: 2, movieId: 1 }),
    ]) {
      const answer = await sent('/import', form(`${HEADER}\n,A,1999,x,4`, 'a.csv', choices), headers);
      expect(answer).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    }
    const unknown = await sent(
      '/import',
      form(`${HEADER}\n,A,1999,x,4`, 'a.csv', [{ line: 2, movieId: 2_000_000_000 }]),
      headers,
    );
    expect(unknown).toMatchObject({ status: 404, body: { code: 'unknown-movie' } });
    for (const [choices, detail] of [
      [[{ line: 7, movieId: 1 }], 'choices.0.line: got 7, expected a line of the file that names a film'],
      [[{ file: 'diary.csv', line: 2, movieId: 1 }], 'choices.0.line: got 2, expected a line of the file'],
      [[{ line: 2 }], 'choices.0.movieId: got nothing, expected number'],
    ] as const) {
      const { body } = await sent('/import', form(`${HEADER}\n,A,1999,x,4`, 'a.csv', choices), headers);
      expect(body).toMatchObject({ code: 'bad-body', detail: expect.stringContaining(detail) });
    }
    const damaged = { ...headers, 'Content-Type': 'multipart/form-data; boundary=x' };
    expect(await app.request('POST', '/import', { body: 'nonsense', headers: damaged })).toMatchObject({
      status: 400,
      body: { code: 'bad-body' },
    });
  });
});

/** The stars that a training would take of a user, by movie. */
async function trained(user: number): Promise<[number, number][]> {
  const { results } = await env.DB.prepare(
    `SELECT seq, user_id AS userId, movie_id AS movieId, half_stars AS halfStars, rated_at AS timestamp
     FROM rating_log WHERE user_id = ?1`,
  )
    .bind(user)
    .all<{ seq: number; userId: number; movieId: number; halfStars: number | null; timestamp: number }>();
  const none = {
    count: 0,
    userIds: new Int32Array(),
    movieIds: new Int32Array(),
    stars: new Float32Array(),
    timestamps: new Float64Array(),
  };
  const { ratings } = joinLog({ name: 'none', ratings: none, movies: new Map(), sha256: '' }, results);
  return Array.from(ratings.movieIds, (movieId, j): [number, number] => [movieId, ratings.stars[j]]).sort(
    ([a], [b]) => a - b,
  );
}

describe('DELETE /import/{import}', () => {
  it('takes back exactly what the import changed: new ratings go, others have their stars and times again', async () => {
    const { user, headers } = await startSession(app);
    const films = await someFilms(6);
    const [old, taken, newer] = films;
    await app.post('/ratings', { movieId: old.movieId, rating: 2, timestamp: 1_600_000_000 }, headers);
    await app.post('/ratings', { movieId: taken.movieId, rating: 2, timestamp: 1_500_000_000 }, headers);
    await env.DB.prepare('UPDATE rating SET half_stars = NULL WHERE user_id = ?1 AND movie_id = ?2')
      .bind(user, taken.movieId)
      .run();
    await app.post('/ratings', { movieId: newer.movieId, rating: 1 }, headers);
    const [before, list] = [await readRatings(env.DB, user), (await app.get('/recommend', headers)).body];
    const file = letterboxd(films, (j) => 0.5 + j / 2);
    const { import: at, ...counts } = (await app.post('/import', file, { ...CSV, ...headers })).body;
    expect(counts).toMatchObject({ ratings: 5, older: 1 });
    expect(await readRatings(env.DB, user)).not.toEqual(before);
    const undone = await app.request('DELETE', `/import/${at}`, { headers });
    expect(undone).toMatchObject({ status: 200, body: { user, import: at, removed: 3, restored: 2, kept: 0 } });
    expect(await readRatings(env.DB, user)).toEqual(before);
    expect((await app.get('/recommend', headers)).body).toEqual(list);
    expect(await trained(user)).toEqual(
      [
        [old.movieId, 2],
        [newer.movieId, 1],
      ].sort(([a], [b]) => a - b),
    );
    // A second time it changes nothing, and the same file can come again.
    expect((await app.request('DELETE', `/import/${at}`, { headers })).body).toMatchObject({ removed: 0, restored: 0 });
    expect(await readRatings(env.DB, user)).toEqual(before);
    expect((await app.post('/import', file, { ...CSV, ...headers })).body).toMatchObject({ ratings: 5, held: 0 });
    expect(await trained(user)).toHaveLength(6);
  });

  it('takes back what it marked as seen and wanted, and gives marks of before back', async () => {
    const { headers } = await startSession(app);
    const [first, second, third] = await someFilms(3);
    const marks = async () =>
      (await app.get('/marks', headers)).body.marks.map(({ movieId, mark, timestamp }: never) => [
        movieId,
        mark,
        timestamp,
      ]);
    await app.post(
      '/marks',
      { marks: [{ movieId: first.movieId, mark: 'watchlist', timestamp: 1_500_000_000 }] },
      headers,
    );
    app.pass(1);
    const before = await marks();
    const list = (...films: Film[]) =>
      strToU8(
        [
          'Date,Name,Year,Letterboxd URI',
          ...films.map(({ title, year }, j) => `2024-01-01,"${title}",${year},${title}${j}`),
        ].join('\n'),
      );
    const zip = zipSync({ 'watched.csv': list(first), 'watchlist.csv': list(second), 'likes/films.csv': list(third) });
    const preview = (await sent('/import?store=false', form(zip, 'export.zip'), headers)).body;
    expect(preview).toMatchObject({ ratings: 0, seen: 2, watchlist: 1 });
    expect(await marks()).toEqual(before);
    const { import: at, ...stored } = (await sent('/import', form(zip, 'export.zip'), headers)).body;
    expect(stored).toMatchObject({ ratings: 0, seen: 2, watchlist: 1 });
    const day = Date.UTC(2024, 0, 1) / 1000;
    expect((await marks()).toSorted()).toEqual(
      [
        [first.movieId, 'seen', day],
        [second.movieId, 'watchlist', day],
        [third.movieId, 'seen', day],
      ].toSorted(),
    );
    const undone = await app.request('DELETE', `/import/${at}`, { headers });
    expect(undone.body).toMatchObject({ removed: 2, restored: 1, kept: 0 });
    expect(await marks()).toEqual(before);
  });

  it('leaves what was rated again since', async () => {
    const { headers } = await startSession(app);
    const films = await someFilms(2);
    const { import: at } = (
      await app.post(
        '/import',
        letterboxd(films, () => 3),
        { ...CSV, ...headers },
      )
    ).body;
    app.pass(1);
    await app.post('/ratings', { movieId: films[0].movieId, rating: 5 }, headers);
    const { body } = await app.request('DELETE', `/import/${at}`, { headers });
    expect(body).toMatchObject({ removed: 1, restored: 0, kept: 1 });
    expect((await app.get('/ratings', headers)).body.ratings).toMatchObject([{ movieId: films[0].movieId, rating: 5 }]);
  });

  it('gives a user of the data set the training’s ratings again, also for the next training', async () => {
    const before = (await app.get('/ratings?user=103', TOKEN)).body.ratings;
    const { movieId, rating } = before[0];
    const file = `103::${movieId}::${rating === 0.5 ? 1 : 0.5}::1600000000`;
    const { import: at } = (await app.post('/import?user=103', file, { ...CSV, ...TOKEN })).body;
    expect((await app.request('DELETE', `/import/${at}?user=103`, { headers: TOKEN })).body).toMatchObject({
      removed: 1,
    });
    expect((await app.get('/ratings?user=103', TOKEN)).body.ratings).toEqual(before);
    expect(await trained(103)).toEqual([[movieId, rating]]);
  });

  it('is for the person alone, and says when there is no such import', async () => {
    const { headers } = await startSession(app);
    const { headers: others } = await startSession(app);
    const { import: at } = (
      await app.post(
        '/import',
        letterboxd(await someFilms(1), () => 3),
        { ...CSV, ...headers },
      )
    ).body;
    expect(await app.request('DELETE', `/import/${at}`)).toMatchObject({ status: 401 });
    expect(await app.request('DELETE', `/import/${at}`, { headers: others })).toMatchObject({ status: 404 });
    expect(await app.request('DELETE', '/import/1', { headers })).toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
    expect(await app.request('DELETE', '/import/x', { headers })).toMatchObject({ status: 400 });
    expect((await app.get('/ratings', headers)).body.ratings).toHaveLength(1);
  });

  it('also keeps back parts of the import that still wait on the queue', async () => {
    const { user, headers } = await startSession(app);
    const [first, second] = await someFilms(2);
    const { import: at } = (
      await app.post(
        '/import',
        letterboxd([first], () => 3),
        { ...CSV, ...headers },
      )
    ).body;
    const late = ratingsChange(user, [{ movieId: second.movieId, rating: 4, timestamp: 1 }], 'import', at);
    await app.request('DELETE', `/import/${at}`, { headers });
    await applyLateChange(env.DB, late);
    expect(await readRatings(env.DB, user)).toEqual([]);
  });

  it('is forgotten with the person, and after 30 days', async () => {
    const changes = async (user: number) =>
      (await env.DB.prepare('SELECT count(*) AS n FROM import_change WHERE user_id = ?1')
        .bind(user)
        .first<{ n: number }>())!.n;
    const file = letterboxd(await someFilms(2), () => 3);
    const { user, headers } = await startSession(app);
    await app.post('/import', file, { ...CSV, ...headers });
    expect(await changes(user)).toBe(2);
    await app.request('DELETE', '/session', { headers });
    expect(await changes(user)).toBe(0);
    const other = await startSession(app);
    await app.post('/import', file, { ...CSV, ...other.headers });
    const day = 86_400_000;
    await onSchedule({ scheduledTime: app.now() + 29 * day } as ScheduledController, env);
    expect(await changes(other.user)).toBe(2);
    await onSchedule({ scheduledTime: app.now() + 31 * day } as ScheduledController, env);
    expect(await changes(other.user)).toBe(0);
  });
});

describe('GET /export with titles', () => {
  it.each(['letterboxd', 'imdb'])('for %s imports again to the same stars of the same films', async (site) => {
    const before = (await app.get('/ratings?user=103', TOKEN)).body.ratings;
    const file = await app.text(`/export?user=103&format=${site}`, TOKEN);
    const { headers } = await startSession(app);
    const { body } = await app.post('/import', file, { ...CSV, ...headers });
    expect(body).toMatchObject({ ratings: before.length, unmatched: [], ambiguous: [] });
    const plain = (list: { movieId: number; rating: number }[]) =>
      list.map(({ movieId, rating }) => [movieId, rating]).sort(([a], [b]) => a - b);
    expect(plain((await app.get('/ratings', headers)).body.ratings)).toEqual(plain(before));
  });
});

describe('GET /recommend.csv', () => {
  it('has the films of the same list in their order, with title and year', async () => {
    const query = 'user=103&k=30&yearFrom=1950&diversity=0.5';
    const { items } = (await app.get(`/recommend?${query}`, TOKEN)).body;
    const [header, ...lines] = (await app.text(`/recommend.csv?${query}`, TOKEN)).trimEnd().split('\n');
    expect(header).toBe('Title,Year,imdbID,tmdbID,movieId');
    expect(lines.map((line) => Number(line.split(',').at(-1)))).toEqual(items.map(({ movieId }: Film) => movieId));
    expect(lines[0]).toContain(`,${items[0].year},`);
  });

  it('refuses what the list refuses', async () => {
    expect(await app.get('/recommend.csv?k=500')).toMatchObject({ status: 400, body: { parameter: 'k' } });
    expect((await app.get('/recommend.csv?user=1000000001')).status).toBe(401);
  });
});
