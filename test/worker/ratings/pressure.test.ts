import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { dropLetters, keepLetter, replayLetters } from '../../../shared/ratings/dead-letters.ts';
import { ratingsChange, type UserChange } from '../../../shared/ratings/user-change.ts';
import { onQueue } from '../../../worker/events/queue.ts';
import type { AppEnv } from '../../../worker/http/app-env.ts';
import { submitChanges } from '../../../worker/http/submit.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../app.ts';
import { type Fault, faultyBucket, faultyDatabase, HeldQueue } from '../faulty-stores.ts';

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

interface Row {
  movie_id: number;
  half_stars: number | null;
  rated_at: number;
}

const rows = async (table: 'rating' | 'rating_log', user: number) =>
  (
    await env.DB.prepare(
      `SELECT movie_id, half_stars, rated_at FROM ${table} WHERE user_id = ?1 ORDER BY movie_id, rated_at`,
    )
      .bind(user)
      .all<Row>()
  ).results;

/** Faults in order, then none. */
function faults(...list: Fault[]): () => Fault {
  return () => list.shift() ?? 'none';
}

const SENT = [0, 1, 2].map((row) => ({ movieId: movieIdOf(row), rating: 1 + row, timestamp: 1000 + row }));
const STORED = SENT.map(({ movieId, rating, timestamp }) => ({
  movie_id: movieId,
  half_stars: 2 * rating,
  rated_at: timestamp,
}));

const CASES = (['none', 'before', 'after', 'silent'] as const).flatMap((database) =>
  (['none', 'before', 'after'] as const).flatMap((queue) =>
    (['none', 'before', 'after'] as const).map((consumer): [Fault, Fault, Fault] => [database, queue, consumer]),
  ),
);

describe('ratings that were accepted', () => {
  it.each(CASES)(
    'are in D1 exactly once, with D1 failing "%s", the queue "%s", its consumer "%s"',
    async (...points) => {
      const [database, sending, consumer] = points;
      const queue = new HeldQueue(faults(sending));
      const { user, headers } = await startSession(startApp());
      const app = startApp({
        ratingTimeout: database === 'silent' ? 20 : undefined,
        DB: faultyDatabase(env.DB, faults(database)),
        PENDING: queue.binding,
      });
      const answer = await app.post('/ratings', { ratings: SENT }, headers);
      const expected = database === 'none' ? 200 : sending === 'none' ? 202 : 503;
      expect(answer.status).toBe(expected);
      if (expected < 300) expect(answer.body).toEqual({ user, ratings: 3 });
      else expect(answer).toMatchObject({ body: { code: 'store-unavailable' } });

      const again = queue.messages.map((message) => ({ ...message }));
      const failing = { ...env, DB: faultyDatabase(env.DB, faults(consumer)) };
      while (queue.messages.length > 0) await queue.deliver(0, failing);
      queue.messages.push(...again); // every message is delivered twice
      while (queue.messages.length > 0) await queue.deliver(0, env);

      const nothing = expected === 503 && database === 'before' && sending === 'before';
      expect(await rows('rating', user)).toEqual(nothing ? [] : STORED);
      expect(await rows('rating_log', user)).toEqual(nothing ? [] : STORED);
    },
  );

  it('accepted ratings end as in a database that never failed, whatever failed or came late, twice or out of order', async () => {
    let seed = 7;
    const below = (n: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * n);
    };
    const chance: () => Fault = () => (['none', 'none', 'before', 'after'] as const)[below(4)];
    const queue = new HeldQueue(() => (below(4) === 0 ? 'before' : 'none'));
    const app = startApp({ DB: faultyDatabase(env.DB, chance), PENDING: queue.binding });
    const consumer = { ...env, DB: faultyDatabase(env.DB, chance) };
    const people = [await startSession(app), await startSession(app), await startSession(app)];
    const deleted = people[2].user;
    const model = new Map<string, Row>();
    const letters: string[] = [];
    const statuses = new Set<number>();
    const clock = Math.floor(Date.parse('2026-01-02T00:00:00Z') / 1000);

    /** Sends a request again until it is accepted, as a person does. */
    async function insist(send: () => Promise<{ status: number }>): Promise<void> {
      for (;;) {
        const { status } = await send();
        statuses.add(status);
        if (status < 300) return;
        expect(status).toBe(503);
      }
    }

    for (let turn = 0; turn < 300; turn++) {
      app.pass(0.001 * (1 + below(300)));
      const { user, headers } = people[below(turn <= 200 ? 3 : 2)];
      const movieId = movieIdOf(below(8));
      if (below(5) === 0) {
        // Taking a rating back is dated by its acceptance.
        await insist(() => app.remove(`/ratings/${movieId}`, headers));
        model.set(`${user} ${movieId}`, {
          movie_id: movieId,
          half_stars: null,
          rated_at: Math.floor(app.now() / 1000),
        });
      } else {
        const [halfStars, timestamp] = [1 + below(10), clock - 3 + below(6)];
        await insist(() => app.post('/ratings', { movieId, rating: halfStars / 2, timestamp }, headers));
        const ratedAt = Math.min(timestamp, Math.floor(app.now() / 1000));
        const before = model.get(`${user} ${movieId}`);
        if (!before || before.rated_at <= ratedAt) {
          model.set(`${user} ${movieId}`, { movie_id: movieId, half_stars: halfStars, rated_at: ratedAt });
        }
      }
      if (turn === 200) await insist(() => app.remove('/session', people[2].headers));
      // Sometimes any message is delivered; a few are delivered twice or given up on.
      if (queue.messages.length > 0 && below(3) === 0) {
        const at = below(queue.messages.length);
        if (below(6) === 0) queue.messages.push({ ...queue.messages[at] });
        if (below(8) === 0) {
          letters.push(queue.messages[at].id);
          await queue.deliver(at, env, 'marquee-ratings-dead');
        } else await queue.deliver(at, consumer);
      }
    }
    expect([...statuses].sort()).toEqual([200, 202, 503]);
    expect(queue.messages.length).toBeGreaterThan(10);
    expect(letters.length).toBeGreaterThan(2);
    while (queue.messages.length > 0) await queue.deliver(below(queue.messages.length), consumer);
    const { written } = await replayLetters(env.MODELS, env.DB);
    expect(written).toBeGreaterThan(2);

    for (const { user } of people) {
      const expected = [...model]
        .filter(([key]) => key.startsWith(`${user} `) && user !== deleted)
        .map(([, row]) => row)
        .sort((a, b) => a.movie_id - b.movie_id);
      expect(await rows('rating', user)).toEqual(expected);
    }
    expect(await rows('rating_log', deleted)).toMatchObject([{ movie_id: -1 }]);
    const rebuilt = env.DB.prepare(
      `SELECT user_id, movie_id, half_stars, rated_at FROM rating_log WHERE movie_id >= 0
       AND seq IN (SELECT max(seq) FROM rating_log GROUP BY user_id, movie_id) ORDER BY user_id, movie_id`,
    );
    const view = env.DB.prepare(
      'SELECT user_id, movie_id, half_stars, rated_at FROM rating ORDER BY user_id, movie_id',
    );
    expect((await rebuilt.all()).results).toEqual((await view.all()).results);
  });

  it('accepted ratings come from Cloudflare’s own queue into D1', async () => {
    const down = faultyDatabase(env.DB, () => 'before');
    const app = startApp({ DB: down });
    const { user, headers } = await startSession(app);
    expect(await app.post('/ratings', { ratings: SENT }, headers)).toMatchObject({ status: 202 });
    expect(await rows('rating', user)).toEqual([]);
    await expect.poll(() => rows('rating', user)).toEqual(STORED);
  });
});

describe('while D1 is down', () => {
  it('a person can rate, take back, import and be forgotten while D1 is down; D1 gets all of it later', async () => {
    const queue = new HeldQueue();
    const app = startApp({ DB: faultyDatabase(env.DB, () => 'before'), PENDING: queue.binding });
    const [stays, goes] = [await startSession(app), await startSession(app)];
    const [one, two, three] = [movieIdOf(0), movieIdOf(1), movieIdOf(2)];
    for (const { user, headers } of [stays, goes]) {
      expect((await app.post('/ratings', { movieId: one, rating: 4, timestamp: 10 }, headers)).status).toBe(202);
      expect(await app.remove(`/ratings/${two}`, headers)).toMatchObject({ status: 202, body: { movieId: two } });
      const file = `userId,movieId,rating,timestamp\n${user},${three},3,1000\n`;
      const imported = await app.post('/import', file, { ...headers, 'Content-Type': 'text/csv' });
      expect(imported).toMatchObject({ status: 202, body: { user, ratings: 1 } });
    }
    const forgotten = await app.remove('/session', goes.headers);
    expect(forgotten).toMatchObject({ status: 202, body: { user: goes.user } });
    expect(forgotten.headers.get('Set-Cookie')).toMatch(/^marquee_session=; Max-Age=0/);
    expect((await app.post('/session', '', stays.headers)).body).toEqual({ user: stays.user });
    // The deletion is delivered first. Ratings from before it are dropped all the same.
    while (queue.messages.length > 0) await queue.deliver(queue.messages.length - 1, env);
    expect(await rows('rating', stays.user)).toMatchObject([
      { movie_id: one, half_stars: 8 },
      { movie_id: two, half_stars: null },
      { movie_id: three, half_stars: 6 },
    ]);
    expect(await rows('rating', goes.user)).toEqual([]);
    expect(await rows('rating_log', goes.user)).toEqual([]);
  });

  it('the thousands of ratings of a file go to the queue in parts while D1 is down', async () => {
    const queue = new HeldQueue();
    const user = 1_000_000;
    const parts = Array.from({ length: 13 }, (_, part) =>
      Array.from({ length: part < 12 ? 1000 : 500 }, (_, k) => {
        const movieId = 1000 * part + k;
        return { movieId, rating: 1 + (movieId % 5), timestamp: 1000 + movieId };
      }),
    );
    const app = new Hono<AppEnv>().post('/', async (c) => {
      c.set('ratingTimeout', 60_000);
      const changes = parts.map((ratings) => ratingsChange(user, ratings, 'import', Date.now()));
      const { status, written } = await submitChanges(c, changes);
      return c.json(written.ratings, status);
    });
    const { API_TOKEN } = env;
    const stores = { API_TOKEN, DB: faultyDatabase(env.DB, faults('none', 'before')), PENDING: queue.binding };
    const answer = await app.request('/', { method: 'POST', headers: TOKEN }, stores);
    expect([answer.status, await answer.json()]).toEqual([202, { stored: 12_500, held: 0, older: 0 }]);
    expect(queue.messages.map(({ body }) => (body.kind === 'ratings' ? body.ratings.length : 0))).toEqual([
      ...Array(11).fill(1000),
      500,
    ]);
    for (const { body } of queue.messages) expect(JSON.stringify(body).length).toBeLessThan(32_000);
    expect(await rows('rating', user)).toHaveLength(1000); // the first part
    while (queue.messages.length > 0) await queue.deliver(0, env);
    const stored = await rows('rating', user);
    expect(stored).toHaveLength(12_500);
    expect(stored.every(({ movie_id, rated_at }) => rated_at === 1000 + movie_id)).toBe(true);
  });

  it('no new user can be made while D1 is down', async () => {
    const DB = { prepare: () => ({ bind: () => ({ first: () => new Promise(() => undefined) }) }) };
    const app = startApp({ DB: DB as unknown as D1Database, ratingTimeout: 20 });
    expect(await app.post('/session', '')).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
  });
});

describe('the consumer', () => {
  const pending = (user: number): UserChange => ({
    kind: 'ratings',
    user,
    source: 'page',
    acceptedAt: 5000,
    ratings: [[movieIdOf(0), 4, 5]],
  });

  it('the queue’s consumer settles each message by itself, and delays a failed one longer each time', async () => {
    const user = 2_000_000;
    const messages = [pending(user), { kind: 'poem' }, pending(user + 1)].map((body, j) => ({
      id: `m${j}`,
      body,
      timestamp: 0,
      attempts: 3,
    }));
    const batch = createMessageBatch('marquee-ratings', messages);
    const retry = vi.spyOn(batch.messages[1], 'retry'); // the result does not have the delay
    await onQueue(batch, env);
    const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
    expect(explicitAcks.sort()).toEqual(['m0', 'm2']);
    expect(retryMessages).toMatchObject([{ msgId: 'm1' }]);
    expect(retry).toHaveBeenCalledExactlyOnceWith({ delaySeconds: 40 });
    expect(await rows('rating', user)).toHaveLength(1);
    expect(await rows('rating', user + 1)).toHaveLength(1);
  });

  it('rows of a message that are no ratings are set aside with the reason, and the rest is written', async () => {
    const user = 2_000_020;
    const bad: [unknown, string][] = [
      [[movieIdOf(3), 4, -5], 'timestamp: got -5'],
      [[movieIdOf(3), 4, 1e300], 'timestamp: got 1e+300'],
      [[movieIdOf(3), 4, null], 'timestamp: got null'],
      [[movieIdOf(3), 3.3, 5], 'rating: got 3.3'],
      [[movieIdOf(3), '4', 5], 'rating: got "4"'],
      [[2 ** 31, 4, 5], 'movieId: got 2147483648'],
      [[movieIdOf(3), 4], 'expected three values'],
      ['a poem', 'got "a poem"'],
    ];
    const sound = [
      [movieIdOf(0), 4, 1000.9],
      [movieIdOf(1), 3.5, 1_459_172_801_000],
      [movieIdOf(2), null, 7],
    ];
    const ratings = [sound[0], ...bad.map(([row]) => row), ...sound.slice(1)];
    const message = { id: 'mixed', body: { ...pending(user), ratings }, timestamp: 0, attempts: 1 };
    const batch = createMessageBatch('marquee-ratings', [message]);
    await onQueue(batch, env);
    expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toEqual(['mixed']);
    expect(await rows('rating', user)).toEqual([
      { movie_id: movieIdOf(0), half_stars: 8, rated_at: 1000 },
      { movie_id: movieIdOf(1), half_stars: 7, rated_at: 1_459_172_801 },
      { movie_id: movieIdOf(2), half_stars: null, rated_at: 7 },
    ]);
    const key = 'dead-letters/mixed.bad-rows.json';
    const letter = await (await env.MODELS.get(key))!.json<{ user: number; bad: { row: unknown; why: string }[] }>();
    expect(letter.user).toBe(user);
    expect(letter.bad.map(({ row }) => row)).toEqual(bad.map(([row]) => row));
    for (const [j, { why }] of letter.bad.entries()) expect(why).toContain(bad[j][1]);

    // A replay of the whole message comes to the same, keeps that letter and names it.
    await keepLetter(env.MODELS, 'mixed', message.body);
    expect(await replayLetters(env.MODELS, env.DB)).toEqual({ written: 1, unreadable: [], setAside: [key] });
    expect(await rows('rating', user)).toHaveLength(3);
    expect(await replayLetters(env.MODELS, env.DB)).toEqual({ written: 0, unreadable: [], setAside: [key] });
    await dropLetters(env.MODELS, new Set([user]));
    expect(await replayLetters(env.MODELS, env.DB)).toEqual({ written: 0, unreadable: [] });
  });

  it('a queue that lives in memory keeps its messages in R2 until D1 has them', async () => {
    const queue = new HeldQueue();
    const local = { ...env, KEEP_QUEUED: 'true', PENDING: queue.binding };
    const failing = { ...local, DB: faultyDatabase(env.DB, () => 'before') };
    const { headers } = await startSession(startApp());
    expect((await startApp(failing).post('/ratings', { ratings: SENT }, headers)).status).toBe(202);
    const letters = async () => (await env.MODELS.list({ prefix: 'dead-letters/' })).objects.length;
    expect(await letters()).toBe(1);
    expect(await queue.deliver(0, failing)).toBe(false);
    expect(await letters()).toBe(1);
    expect(await queue.deliver(0, local)).toBe(true);
    expect(await letters()).toBe(0);
  });

  it('a dead letter is kept until it is replayed, also when R2 fails at first', async () => {
    const queue = new HeldQueue();
    const user = 2_000_010;
    await queue.binding.sendBatch([{ body: pending(user) }]);
    const bad = { ...env, MODELS: faultyBucket(env.MODELS, faults('before', 'after')) };
    const settled: boolean[] = [];
    while (queue.messages.length > 0) settled.push(await queue.deliver(0, bad, 'marquee-ratings-dead'));
    expect(settled).toEqual([false, false, true]);
    const { objects } = await env.MODELS.list({ prefix: 'dead-letters/' });
    expect(objects).toHaveLength(1);

    const down = faultyDatabase(env.DB, () => 'before');
    await expect(replayLetters(env.MODELS, down)).rejects.toMatchObject({ code: 'store-unavailable' });
    await keepLetter(env.MODELS, 'a-poem', { kind: 'poem' });
    const unreadable = ['dead-letters/a-poem.json'];
    expect(await replayLetters(env.MODELS, env.DB)).toEqual({ written: 1, unreadable });
    expect(await rows('rating', user)).toHaveLength(1);
    expect(await replayLetters(env.MODELS, env.DB)).toEqual({ written: 0, unreadable });
    await env.MODELS.delete(unreadable);
  });
});
