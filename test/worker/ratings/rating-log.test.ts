import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NewRating } from '../../../shared/ratings/new-rating.ts';
import { deletePerson } from '../../../shared/ratings/people.ts';
import { EVERY_MOVIE } from '../../../shared/ratings/rating.ts';
import { readRatings, writeRatings } from '../../../shared/ratings/rating-store.ts';
import { createPerson, isDeleted } from '../../../shared/ratings/tables/person.ts';
import { mulberry } from '../../fixtures/random.ts';

interface LogRow {
  seq: number;
  user_id: number;
  movie_id: number;
  half_stars: number | null;
  rated_at: number;
  source: string | null;
  received_at: number;
}

const db = env.DB;

beforeEach(() => db.batch([db.prepare('DELETE FROM rating'), db.prepare('DELETE FROM rating_log')]));

async function rows<T>(sql: string, of = db): Promise<T[]> {
  return (await of.prepare(sql).all<T>()).results;
}

const log = (of?: D1Database) => rows<LogRow>('SELECT * FROM rating_log ORDER BY seq', of);
const view = (of?: D1Database) =>
  rows('SELECT user_id, movie_id, half_stars, rated_at FROM rating ORDER BY user_id, movie_id', of);
/** The view, from the log alone. */
const rebuilt = (of?: D1Database) =>
  rows(
    `SELECT user_id, movie_id, half_stars, rated_at FROM rating_log
     WHERE seq IN (SELECT max(seq) FROM rating_log GROUP BY user_id, movie_id) ORDER BY user_id, movie_id`,
    of,
  );

const rated = (movieId: number, rating: number | null, timestamp: number): NewRating => ({
  movieId,
  rating,
  timestamp,
});

describe('writeRatings', () => {
  it('logs what it writes, with source and time of arrival, and keeps the order', async () => {
    const before = Math.floor(Date.now() / 1000);
    await writeRatings(db, 7, [rated(1, 4.5, 10), rated(2, null, 11)], 'page');
    await writeRatings(db, 8, [rated(1, 2, 12)], 'import');
    const after = Math.floor(Date.now() / 1000);
    const [first, second, third] = await log();
    expect(first).toMatchObject({ user_id: 7, movie_id: 1, half_stars: 9, rated_at: 10, source: 'page' });
    expect(second).toMatchObject({ user_id: 7, movie_id: 2, half_stars: null, rated_at: 11, source: 'page' });
    expect(third).toMatchObject({ user_id: 8, movie_id: 1, half_stars: 4, rated_at: 12, source: 'import' });
    expect([second.seq, third.seq]).toEqual([first.seq + 1, first.seq + 2]);
    expect(first.received_at).toBeGreaterThanOrEqual(before);
    expect(first.received_at).toBeLessThanOrEqual(after);
  });

  it.each<[string, NewRating[], number, number | null]>([
    ['the same again', [rated(1, 4, 100)], 0, 4],
    ['an older opinion', [rated(1, 2, 99)], 0, 4],
    ['an older removal', [rated(1, null, 99)], 0, 4],
    ['the same opinion, given later', [rated(1, 4, 101)], 1, 4],
    ['another opinion of the same second: the later to arrive', [rated(1, 3, 100)], 1, 3],
    ['a removal in the same second', [rated(1, null, 100)], 1, null],
    ['several opinions at once, of which one can win', [rated(1, 1, 105), rated(1, 5, 107), rated(1, 2, 106)], 1, 5],
    ['several opinions at once, none of them new', [rated(1, 3, 100), rated(1, 4, 100)], 0, 4],
  ])('given %s', async (_, sent, logged, held) => {
    await writeRatings(db, 7, [rated(1, 4, 100)], 'api');
    await writeRatings(db, 7, sent, 'api');
    expect((await readRatings(db, 7))[0].rating).toBe(held);
    expect(await log()).toHaveLength(1 + logged);
    await writeRatings(db, 7, sent, 'api'); // a replay
    expect(await log()).toHaveLength(1 + logged);
    expect(await rebuilt()).toEqual(await view());
  });

  it('takes 1,000 ratings in one request', async () => {
    const many = Array.from({ length: 1000 }, (_, m) => rated(m, (1 + (m % 10)) / 2, m));
    await writeRatings(db, 7, many, 'import');
    expect(await readRatings(db, 7)).toEqual(many);
    expect(await log()).toHaveLength(1000);
  });

  it('writes both tables or neither', async () => {
    await writeRatings(db, 7, [rated(1, 4, 100)], 'api');
    const refused = { ...rated(2, 3, 200), timestamp: null as unknown as number };
    await expect(writeRatings(db, 7, [rated(1, 1, 200), refused], 'api')).rejects.toMatchObject({
      code: 'bad-rating',
    });
    // The log takes this one, the table of current ratings does not.
    await db.prepare('ALTER TABLE rating RENAME COLUMN rated_at TO held_back').run();
    try {
      await expect(writeRatings(db, 7, [rated(1, 1, 300)], 'api')).rejects.toMatchObject({ code: 'store-unavailable' });
    } finally {
      await db.prepare('ALTER TABLE rating RENAME COLUMN held_back TO rated_at').run();
    }
    expect(await log()).toHaveLength(1);
    expect(await readRatings(db, 7)).toEqual([rated(1, 4, 100)]);
  });

  it('agrees with a model in memory over 10,000 random operations', async ({ signal }) => {
    const own = env.LONG_TEST_DB;
    await applyD1Migrations(own, env.MIGRATIONS);
    const uniform = mulberry(6);
    const below = (n: number) => Math.floor(n * uniform());
    const model = new MemoryLog();
    const sent: [user: number, ratings: NewRating[]][] = [];
    for (let operations = 0; operations < 10_000; operations += sent.at(-1)![1].length) {
      signal.throwIfAborted();
      // A fifth are replays of something sent before, late or at once; the others are one rating or several.
      const replayed = below(5) === 0 ? sent.at(-1 - below(10)) : undefined;
      const [user, ratings] = replayed ?? [1 + below(40), randomRatings(below)];
      await writeRatings(own, user, ratings, 'api');
      model.write(user, ratings);
      sent.push([user, ratings]);
    }
    expect(model.rows.length).toBeGreaterThan(1500);
    expect(await view(own)).toEqual(model.rows);
    expect(await rebuilt(own)).toEqual(model.rows);
    expect(await log(own)).toHaveLength(model.changes);
  });
});

/** Up to a hundred ratings of a few movies within a minute, so that many concern the same movie and second. */
function randomRatings(below: (n: number) => number): NewRating[] {
  const length = [1, 1 + below(10), 1 + below(40), 1 + below(100)][below(4)];
  return Array.from({ length }, () => rated(1 + below(60), below(6) === 0 ? null : (1 + below(10)) / 2, below(50)));
}

/** What log and view should hold: the latest rating wins, of one second the last to arrive. */
class MemoryLog {
  /** Rows of the log. */
  changes = 0;
  readonly #current = new Map<string, { half_stars: number | null; rated_at: number }>();

  /** Of one request only the last word on a movie counts. */
  write(user: number, ratings: readonly NewRating[]): void {
    const touched = new Map(ratings.map(({ movieId }) => [movieId, this.#current.get(`${user} ${movieId}`)]));
    for (const { movieId, rating, timestamp } of ratings) {
      const held = this.#current.get(`${user} ${movieId}`);
      if (held && held.rated_at > timestamp) continue;
      this.#current.set(`${user} ${movieId}`, { half_stars: rating && rating * 2, rated_at: timestamp });
    }
    for (const [movieId, before] of touched) {
      const now = this.#current.get(`${user} ${movieId}`)!;
      if (now.half_stars !== before?.half_stars || now.rated_at !== before.rated_at) this.changes++;
    }
  }

  /** As the view lists them. */
  get rows() {
    return Array.from(this.#current, ([key, { half_stars, rated_at }]) => {
      const [user_id, movie_id] = key.split(' ').map(Number);
      return { user_id, movie_id, half_stars, rated_at };
    }).sort((a, b) => a.user_id - b.user_id || a.movie_id - b.movie_id);
  }
}

describe('ratings of one second that arrive out of order', () => {
  /** What was accepted, in this order, a millisecond apart. */
  const ACCEPTED: readonly [accepted: number, rating: number | null][] = [
    [1, 4],
    [2, 3],
    [3, null],
    [4, 3],
  ];

  function orders<T>(items: readonly T[]): T[][] {
    if (items.length === 0) return [[]];
    return items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
  }

  it('end as accepted, in every order and with every one delivered twice', async () => {
    for (const [user, order] of orders(ACCEPTED).entries()) {
      for (const [accepted, rating] of [...order, ...order.toReversed()]) {
        await writeRatings(db, user, [rated(1, rating, 100)], 'api', accepted);
      }
      expect(await readRatings(db, user), JSON.stringify(order)).toEqual([rated(1, 3, 100)]);
    }
    expect(await rebuilt()).toEqual(await view());
  });

  it('end as accepted when many requests write at the same time', async () => {
    const order = Array.from({ length: 100 }, (_, j) => 1 + ((37 * j) % 100));
    await Promise.all(
      order.map((accepted) => writeRatings(db, 9, [rated(1, (1 + (accepted % 10)) / 2, 100)], 'api', accepted)),
    );
    expect(await readRatings(db, 9)).toEqual([rated(1, 0.5, 100)]); // the hundredth
    expect(await rebuilt()).toEqual(await view());
  });

  it('never replace a rating of a later second', async () => {
    await writeRatings(db, 7, [rated(1, 4, 101)], 'api', 1);
    await writeRatings(db, 7, [rated(1, 1, 100)], 'api', 2);
    expect(await readRatings(db, 7)).toEqual([rated(1, 4, 101)]);
  });
});

describe('deletePerson', () => {
  it('takes every rating from table and log at once, and leaves a row that tells the retrain', async () => {
    const [user, other] = [await createPerson(db, 10), await createPerson(db, 11)];
    await writeRatings(db, user, [rated(1, 4, 100), rated(2, null, 101)], 'page');
    await writeRatings(db, other, [rated(1, 2, 100)], 'page');
    await deletePerson(db, user, 200);
    expect(await readRatings(db, user)).toEqual([]);
    expect(await readRatings(db, other)).toEqual([rated(1, 2, 100)]);
    expect((await log()).filter(({ user_id }) => user_id === user)).toMatchObject([
      { movie_id: EVERY_MOVIE, half_stars: null, rated_at: 200 },
    ]);
    expect([await isDeleted(db, user), await isDeleted(db, other)]).toEqual([true, false]);
    const before = await log();
    await deletePerson(db, user, 300);
    expect(await log()).toEqual(before);
  });

  it('of somebody who never rated leaves nothing in the log', async () => {
    const user = await createPerson(db, 10);
    await deletePerson(db, user, 200);
    expect(await log()).toEqual([]);
    expect(await isDeleted(db, user)).toBe(true);
  });

  it('is final: nothing is written for the id any more, and nobody else gets it', async () => {
    const user = await createPerson(db, 10);
    await deletePerson(db, user, 200);
    await expect(writeRatings(db, user, [rated(1, 4, 300)], 'page')).rejects.toMatchObject({ code: 'deleted-user' });
    expect(await readRatings(db, user)).toEqual([]);
    expect(await log()).toEqual([]);
    expect(await createPerson(db, 11)).toBe(user + 1);
  });
});

describe('the migration of times and ids', () => {
  const { queries } = env.MIGRATIONS.find(({ name }) => name === '0004_sound_ratings.sql')!;

  it('rounds fractions of a second down and leaves everything else as it is', async () => {
    const given = '(7, 1, 9, 1459172800.5), (7, 2, 8, 300), (7, 3, 8, -5), (7, 4, 8, -0.5), (7, 5, NULL, 0.25)';
    const columns = '(user_id, movie_id, half_stars, rated_at)';
    await db.batch(
      [
        `INSERT INTO rating ${columns} VALUES ${given}`,
        `INSERT INTO rating_log ${columns} VALUES ${given}`,
        ...queries,
      ].map((sql) => db.prepare(sql)),
    );
    const times = [1_459_172_800, 300, -5, -0.5, 0];
    expect(
      (await rows<{ rated_at: number }>('SELECT rated_at FROM rating ORDER BY movie_id')).map(
        ({ rated_at }) => rated_at,
      ),
    ).toEqual(times);
    expect((await log()).map(({ rated_at }) => rated_at)).toEqual(times);
  });

  it('gives numbers within the model’s bound again after one was deleted ahead', async () => {
    const before = await createPerson(db, 10);
    await db.batch([
      db.prepare('INSERT INTO person (user_id, created_at, deleted_at) VALUES (2147483647, 1, 1)'),
      db.prepare('INSERT INTO person (created_at) VALUES (2)'),
      ...queries.map((sql) => db.prepare(sql)),
    ]);
    expect(await createPerson(db, 11)).toBe(before + 1);
  });
});

describe('the migration', () => {
  it('puts into the log what the table held, oldest first', async () => {
    await db
      .prepare(`INSERT INTO rating (user_id, movie_id, half_stars, rated_at)
      VALUES (7, 1, 9, 300), (8, 2, NULL, 100), (7, 3, 1, 200)`)
      .run();
    const { queries } = env.MIGRATIONS.find(({ name }) => name === '0002_rating_log.sql')!;
    await db.batch(['DROP TABLE rating_log', ...queries].map((sql) => db.prepare(sql))); // all or nothing
    expect(await log()).toMatchObject([
      { user_id: 8, movie_id: 2, half_stars: null, rated_at: 100, source: null },
      { user_id: 7, movie_id: 3, half_stars: 1, rated_at: 200, source: null },
      { user_id: 7, movie_id: 1, half_stars: 9, rated_at: 300, source: null },
    ]);
    expect(await rebuilt()).toEqual(await view());
  });
});
