import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { parseChange } from '../../../shared/ratings/user-change.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../app.ts';
import { faultyDatabase, HeldQueue } from '../faulty-stores.ts';

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

const CSV = { 'Content-Type': 'text/csv' };
const MOVIE = movieIdOf(0);
const NOW = Date.parse('2026-01-02T00:00:00Z') / 1000;

/**
 * A rating as it may come, and what each entrance makes of it: the time that is stored, or the refusal. `file`: the text
 * of the time in a file. JSON has no NaN.
 */
const TIMES: readonly { time: number; file?: string; json: number | 'refused'; imported: number | 'refused' }[] = [
  { time: 0, json: 0, imported: 0 },
  { time: 1_459_172_800, json: 1_459_172_800, imported: 1_459_172_800 },
  { time: 1_459_172_800.5, json: 'refused', imported: 1_459_172_800 },
  { time: 1_459_172_801_000, json: 1_459_172_801, imported: 1_459_172_801 },
  { time: 1_459_172_801_000_000, json: 1_459_172_801, imported: 1_459_172_801 },
  { time: 9_999_999_999, json: NOW, imported: NOW },
  { time: 4_000_000_000_000, json: NOW, imported: NOW },
  { time: 1_459_172_800, file: '1.4591728e9', json: 1_459_172_800, imported: 1_459_172_800 },
  { time: 1e18, json: 'refused', imported: 'refused' },
  { time: 1e300, json: 'refused', imported: 'refused' },
  { time: -1e300, json: 'refused', imported: 'refused' },
  { time: -5, json: 'refused', imported: 'refused' },
  { time: -0.5, json: 'refused', imported: 'refused' },
  { time: Number.NaN, json: NOW, imported: 'refused' }, // JSON.stringify leaves null, which is tested apart
];
const OTHERS: readonly { field: 'movieId' | 'rating'; value: number | string }[] = [
  ...[-1, 1.5, 2 ** 31, 1e300].map((value) => ({ field: 'movieId' as const, value })),
  ...[0, -4, 5.5, 3.3, 1e300].map((value) => ({ field: 'rating' as const, value })),
];

const timesOf = async (user: number) =>
  (await env.DB.prepare('SELECT rated_at FROM rating WHERE user_id = ?1').bind(user).all()).results.map(
    ({ rated_at }) => rated_at,
  );

/** Two apps: of one D1 takes ratings, of the other the queue. */
function entrances() {
  const queue = new HeldQueue();
  const down = startApp({ DB: faultyDatabase(env.DB, () => 'before'), PENDING: queue.binding });
  return { queue, apps: [startApp(), down] as const };
}

describe('a rating from anywhere', () => {
  it.each(TIMES.filter(({ time, file }) => !Number.isNaN(time) && file === undefined))(
    'POST /ratings with the time $time is kept as $json, also by the queue',
    async ({ time, json }) => {
      const { apps, queue } = entrances();
      for (const app of apps) {
        const { user, headers } = await startSession(app);
        const answer = await app.post('/ratings', { movieId: MOVIE, rating: 4, timestamp: time }, headers);
        if (json === 'refused') {
          expect(answer).toMatchObject({ status: 400, body: { code: 'bad-body', parameter: 'ratings.0.timestamp' } });
          expect(answer.body.fix).toContain('seconds since 1970');
        } else expect(answer.status).toBe(app === apps[0] ? 200 : 202);
        while (queue.messages.length > 0) expect(await queue.deliver(0, env)).toBe(true);
        expect(await timesOf(user)).toEqual(json === 'refused' ? [] : [json]);
      }
    },
  );

  it.each(TIMES)(
    'POST /import with the time $time is kept as $imported, also by the queue',
    async ({ time, file = String(time), imported }) => {
      const { apps, queue } = entrances();
      for (const app of apps) {
        const { user, headers } = await startSession(app);
        const text = `userId,movieId,rating,timestamp\n7,${movieIdOf(1)},5,\n7,${MOVIE},5,${file}\n`;
        const answer = await app.post('/import', text, { ...CSV, ...headers });
        if (imported === 'refused') {
          expect(answer).toMatchObject({ status: 422, body: { code: 'bad-data', line: 3 } });
          expect(answer.body.detail).toContain(`line 3, timestamp: got "${file}", expected seconds since 1970`);
          expect(answer.body.fix).toContain('leave the time out');
        } else {
          const converted = time > 1e11 ? 1 : 0;
          expect(answer).toMatchObject({ status: app === apps[0] ? 200 : 202, body: { ratings: 2, converted } });
        }
        for (const { body } of queue.messages) expect(parseChange(body).bad).toEqual([]);
        while (queue.messages.length > 0) expect(await queue.deliver(0, env)).toBe(true);
        expect(await timesOf(user)).toEqual(imported === 'refused' ? [] : expect.arrayContaining([imported, NOW]));
      }
    },
  );

  it.each(OTHERS)('the $field $value is refused by every entrance', async ({ field, value }) => {
    const app = startApp();
    const { user, headers } = await startSession(app);
    const rating = { movieId: MOVIE, rating: 4, [field]: value };
    for (const [path, body] of [
      ['/ratings', rating],
      ['/ratings', { ratings: [rating] }],
      ['/recommend', { ratings: [rating] }],
    ] as const) {
      const answer = await app.post(path, body, headers);
      expect([400, 422]).toContain(answer.status);
      expect(answer.body).toMatchObject({ parameter: `ratings.0.${field}`, got: value });
    }
    const line = `7,${rating.movieId},${rating.rating},1`;
    const imported = await app.post('/import', `userId,movieId,rating,timestamp\n${line}`, { ...CSV, ...headers });
    expect(imported).toMatchObject({ status: 422, body: { line: 2 } });
    expect(imported.body.detail).toContain(`${field}: got`);
    const row = [rating.movieId, rating.rating, 1];
    const message = { kind: 'ratings', user, source: 'page', acceptedAt: 1, ratings: [row] };
    expect(parseChange(message)).toMatchObject({ change: { ratings: [] }, bad: [{ row }] });
    expect(await timesOf(user)).toEqual([]);
  });

  it('an import says what it stored, what was held, what was older, and what the file says twice', async () => {
    const app = startApp();
    const { user, headers } = await startSession(app);
    const send = (rows: string[]) =>
      app.post('/import', ['userId,movieId,rating,timestamp', ...rows].join('\n'), { ...CSV, ...headers });
    const [a, b, c] = [0, 1, 2].map((row) => movieIdOf(row));
    expect((await send([`7,${a},4,100`, `7,${b},3,100`, `7,${a},5,200`])).body).toMatchObject({
      ratings: 2,
      held: 0,
      older: 0,
      repeated: 1,
    });
    const again = [`7,${a},5,200`, `7,${b},4,50`, `7,${c},4,1459172801000`];
    const { parts, matched, more, ...said } = (await send(again)).body;
    expect(parts).toEqual([{ name: '', ratings: 3, seen: 0, watchlist: 0 }]);
    expect(matched.map(({ movieId, rating }: never) => [movieId, rating])).toEqual([
      [a, 5],
      [b, 4],
      [c, 4],
    ]);
    expect(more).toEqual({ matched: 0, ambiguous: 0, unmatched: 0 });
    expect(said).toEqual({
      user,
      import: app.now(),
      format: 'MovieLens',
      ratings: 2,
      held: 1,
      older: 1,
      repeated: 0,
      converted: 1,
      seen: 0,
      watchlist: 0,
      unrated: 0,
      notFilms: 0,
      ambiguous: [],
      unmatched: [],
    });
    const list = (await app.get(`/ratings?user=${user}`, TOKEN)).body.ratings;
    expect(list.map(({ movieId, rating }: { movieId: number; rating: number }) => [movieId, rating])).toEqual([
      [b, 3],
      [a, 5],
      [c, 4],
    ]);
  });

  it('a film says no day before 1970 and none to come', async () => {
    const app = startApp();
    const { user, headers } = await startSession(app);
    const { title, year } = (await app.get('/top?by=count&k=20')).body.items.find(
      (film: { year: unknown }) => film.year,
    );
    for (const [day, stored] of [
      ['1962-05-01', 0],
      ['2999-01-01', NOW],
    ] as const) {
      const file = `Date,Name,Year,Letterboxd URI,Rating\n${day},"${title}",${year},https://x,4`;
      expect((await app.post('/import', file, { ...CSV, ...headers })).status).toBe(200);
      expect(await timesOf(user)).toEqual([stored]);
    }
  });
});
