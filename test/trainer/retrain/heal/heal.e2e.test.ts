import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deletePerson } from '../../../../shared/ratings/people.ts';
import { readRatings, writeRatings } from '../../../../shared/ratings/rating-store.ts';
import { MARK_KEY } from '../../../../shared/ratings/store-mark.ts';
import { createPerson, readPeople } from '../../../../shared/ratings/tables/person.ts';
import type { Bucket } from '../../../../shared/storage/bucket.ts';
import type { Database, Statement } from '../../../../shared/storage/database.ts';
import { type HealReport, heal } from '../../../../trainer/retrain/heal/heal.ts';
import { markPull, soundStore } from '../../../../trainer/retrain/heal/identity.ts';
import { BadRowList } from '../../../../trainer/retrain/log/bad-rows.ts';
import { forgetDeleted } from '../../../../trainer/retrain/log/deletions.ts';
import { pullLog } from '../../../../trainer/retrain/log/log.ts';
import { dying, Killed, MemoryBucket, openDatabase } from '../stores.ts';

const LEASE = { holder: 'a test', milliseconds: 3_600_000, now: () => Date.parse('2026-11-24T02:00:00.000Z') };
/** Later than a lease that a killed heal left. */
const LATER = { ...LEASE, now: () => LEASE.now() + 2 * 3_600_000 };
const TABLES = ['rating', 'rating_log', 'person', 'store', 'sqlite_sequence'];

let db: Database;
let close: () => Promise<void>;
let fresh: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openDatabase());
  fresh = await snapshot();
});
afterAll(() => close());
beforeEach(() => fresh());

/** Everything that D1 has. */
async function contents(): Promise<Record<string, Record<string, unknown>[]>> {
  const all = await db.batch<Record<string, unknown>>(
    TABLES.map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`)),
  );
  return Object.fromEntries(TABLES.map((table, t) => [table, all[t].results]));
}

/** Remembers what D1 has, and returns what restores it. */
async function snapshot(): Promise<() => Promise<void>> {
  const before = await contents();
  return async () => {
    const statements: Statement[] = TABLES.map((table) => db.prepare(`DELETE FROM ${table}`));
    for (const table of TABLES) {
      for (const row of before[table]) {
        const marks = Object.keys(row).map((_, c) => `?${c + 1}`);
        if (table === 'sqlite_sequence')
          statements.push(db.prepare('DELETE FROM sqlite_sequence WHERE name = ?1').bind(row.name));
        const sql = `INSERT INTO ${table} (${Object.keys(row)}) VALUES (${marks})`;
        statements.push(db.prepare(sql).bind(...Object.values(row)));
      }
    }
    await db.batch(statements);
  };
}

/** Rates movies `from` to `to`, each a second after the one before. */
async function rate(userId: number, from: number, to: number, rating = 4): Promise<void> {
  const ratings = Array.from({ length: to - from + 1 }, (_, j) => ({
    movieId: from + j,
    rating,
    timestamp: 1_700_000_000 + from + j,
  }));
  await writeRatings(db, userId, ratings, 'page');
}

/** What a retrain does with the log. */
async function pull(bucket: Bucket): Promise<number> {
  await soundStore(bucket, db);
  return pullLog(bucket, db, 3, undefined, () => markPull(bucket, db));
}

/** The ratings that a training learns from, and whether one of them is there twice. */
async function learned(bucket: MemoryBucket): Promise<{ ratings: string[]; rows: number }> {
  const { log } = await forgetDeleted(bucket, db, new BadRowList());
  const ratings = new Set(log.map(({ userId, movieId, timestamp }) => `${userId} ${movieId} ${timestamp}`));
  return { ratings: [...ratings].sort(), rows: log.length };
}

async function healed(bucket: Bucket, dryRun = false, lease = LEASE): Promise<HealReport> {
  const report = await heal(bucket, db, dryRun, lease);
  if (report.decision === 'lease-held') throw new Error(`held by ${report.heldBy.holder}`);
  return report;
}

const REFUSED = { code: 'bad-data', fix: expect.stringContaining('npm run heal') };

describe('a restore of D1', () => {
  it.each([
    { now: 'nothing was rated since', since: 0 },
    { now: 'fewer ratings came since than were lost', since: 2 },
    { now: 'as many ratings came since as were lost', since: 5 },
    { now: 'more ratings came since than were lost', since: 9 },
  ])('is noticed and healed when $now, and every rating is learned from once', async ({ since }) => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 5);
    await pull(bucket);
    await rate(2, 1, 2);
    const restore = await snapshot();
    await rate(2, 3, 7);
    expect(await pull(bucket)).toBe(12);
    const before = await learned(bucket);
    await restore();
    if (since > 0) await rate(3, 1, since);

    await expect(pull(bucket)).rejects.toMatchObject(REFUSED);
    expect(await healed(bucket)).toMatchObject({
      decision: 'healed',
      epoch: 2,
      agreedUpTo: 7,
      watermark: 12,
      newRows: since,
      lostRatings: 5,
    });
    expect(await readRatings(db, 2)).toHaveLength(7);
    expect(await readRatings(db, 3)).toHaveLength(since);
    expect(await pull(bucket)).toBe(Math.max(12, 7 + since) + since);
    const after = await learned(bucket);
    expect(after.rows).toBe(12 + since);
    expect(after.ratings).toEqual(expect.arrayContaining(before.ratings));
    expect(after.ratings).toHaveLength(12 + since);
  });

  it('is no restore for R2 when it goes back to a time after the last pull', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 5);
    await pull(bucket);
    const restore = await snapshot();
    await rate(1, 6, 7);
    await restore();
    await rate(2, 1, 1);
    expect(await pull(bucket)).toBe(6);
    expect((await learned(bucket)).rows).toBe(6);
    expect(await healed(bucket)).toMatchObject({ decision: 'sound', watermark: 6, lostRatings: 0 });
  });

  it('gives D1 its log and its ratings back as they were when nothing was rated since', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 3);
    const restore = await snapshot();
    await rate(1, 2, 2, 5); // of the same second: the later one holds
    await rate(1, 4, 6);
    await pull(bucket);
    const before = await readRatings(db, 1);
    const { rating_log: log } = await contents();
    await restore();
    await healed(bucket);
    expect(await readRatings(db, 1)).toEqual(before);
    const ignoringSource = (rows: Record<string, unknown>[]) => rows.map((row) => ({ ...row, source: null }));
    expect(ignoringSource((await contents()).rating_log)).toEqual(ignoringSource(log));
  });

  it('keeps a rating that somebody changed since the restore', async () => {
    const bucket = new MemoryBucket();
    const restore = await snapshot();
    await rate(1, 1, 3, 2);
    await pull(bucket);
    await restore();
    await writeRatings(db, 1, [{ movieId: 2, rating: 5, timestamp: 1_800_000_000 }], 'page');
    expect(await healed(bucket)).toMatchObject({ lostRatings: 2, newRows: 1 });
    expect((await readRatings(db, 1)).map(({ movieId, rating }) => [movieId, rating])).toEqual([
      [1, 2],
      [3, 2],
      [2, 5],
    ]);
  });

  it('is healed again after a second restore to a time before the first heal', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 4);
    const restore = await snapshot();
    await rate(1, 5, 8);
    await pull(bucket);
    await restore();
    await rate(2, 1, 2);
    await healed(bucket);
    await pull(bucket);
    await restore();
    await expect(pull(bucket)).rejects.toMatchObject(REFUSED);
    expect(await healed(bucket)).toMatchObject({ epoch: 3, lostRatings: 6 });
    await pull(bucket);
    expect((await learned(bucket)).rows).toBe(10);
    expect(JSON.parse(bucket.text(MARK_KEY))).toMatchObject({
      epoch: 3,
      epochs: [
        { epoch: 2, from: 9 },
        { epoch: 3, from: 11 },
      ],
    });
  });

  it('changes nothing on a dry run, and nothing when it is healed twice', async () => {
    const bucket = new MemoryBucket();
    const restore = await snapshot();
    await rate(1, 1, 6);
    await pull(bucket);
    await restore();
    await rate(2, 1, 2);
    const [d1, r2] = [await contents(), bucket.copy().objects];
    const { decision, ...plan } = await healed(bucket, true);
    expect(decision).toBe('dry-run');
    expect([await contents(), bucket.objects]).toEqual([d1, r2]);
    expect(await healed(bucket)).toEqual({ decision: 'healed', ...plan });
    const [healedD1, healedR2] = [await contents(), bucket.copy().objects];
    expect(await healed(bucket)).toMatchObject({ decision: 'sound', lostRatings: 0, newRows: 0 });
    expect([await contents(), bucket.objects]).toEqual([healedD1, healedR2]);
  });

  it('is noticed when a copy of the database went its own way', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 3);
    await pull(bucket);
    const restore = await snapshot();
    const copied = bucket.copy();
    await rate(1, 4, 6);
    await pull(bucket);
    await restore();
    await rate(2, 1, 9);
    expect(await pull(copied)).toBe(12);
    await expect(pull(bucket)).rejects.toMatchObject(REFUSED);
    expect(await healed(bucket)).toMatchObject({ agreedUpTo: 3, lostRatings: 3, newRows: 9 });
  });

  it('is healed by a word when it is R2 that was restored', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 3);
    await pull(bucket);
    const older = bucket.copy();
    for (let movie = 4; movie <= 6; movie++) {
      await rate(1, movie, movie);
      await pull(bucket);
    }
    await expect(pull(older)).rejects.toMatchObject(REFUSED);
    expect(await healed(older)).toMatchObject({ agreedUpTo: 3, watermark: 3, lostRatings: 0, newRows: 3 });
    expect(await pull(older)).toBe(6);
    expect((await learned(older)).rows).toBe(6);
  });

  it('waits while a retrain holds the lease', async () => {
    const bucket = new MemoryBucket();
    const busy = { ...LEASE, holder: 'a retrain' };
    let second: unknown;
    const slow: Bucket = {
      get: async (key) => {
        if (key === MARK_KEY) second ??= await heal(bucket, db, false, LEASE);
        return bucket.get(key);
      },
      put: (key, value, options) => bucket.put(key, value, options),
      list: (options) => bucket.list(options),
      delete: (keys) => bucket.delete(keys),
    };
    await heal(slow, db, false, busy);
    expect(second).toMatchObject({ decision: 'lease-held', heldBy: { holder: 'a retrain' } });
  });
});

describe('people after a restore of D1', () => {
  it('who were lost keep their ids', async () => {
    const bucket = new MemoryBucket();
    const restore = await snapshot();
    const person = await createPerson(db, 1_700_000_000);
    const silent = await createPerson(db, 1_700_000_000);
    await rate(person, 1, 3);
    await rate(2_147_483_647, 1, 1); // a program's own id is nobody's
    await pull(bucket);
    await restore();
    expect(await healed(bucket)).toMatchObject({ lostPeople: 1, lostRatings: 4 });
    expect(await readRatings(db, person)).toHaveLength(3);
    expect(await createPerson(db, 1_800_000_000)).toBe(silent + 1);
  });

  it('who were deleted are deleted again, in D1 and in R2', async () => {
    const bucket = new MemoryBucket();
    const person = await createPerson(db, 1_700_000_000);
    await rate(person, 1, 3);
    await pull(bucket);
    const restore = await snapshot();
    await deletePerson(db, person, 1_700_000_100);
    await rate(1, 1, 2);
    await pull(bucket);
    await forgetDeleted(bucket, db, new BadRowList());
    await restore();
    expect(await readRatings(db, person)).toHaveLength(3);
    expect(await healed(bucket)).toMatchObject({ deletedAgain: 1, lostRatings: 2 });
    expect(await readRatings(db, person)).toEqual([]);
    expect(await readPeople(db, [person])).toMatchObject([{ deletedAt: 1_700_000_100 }]);
    await pull(bucket);
    expect((await learned(bucket)).ratings.filter((rating) => rating.startsWith(`${person} `))).toEqual([]);
  });

  it('whose id was given to somebody else are told apart: R2 has the earlier one under a new id', async () => {
    const bucket = new MemoryBucket();
    const restore = await snapshot();
    const earlier = await createPerson(db, 1_700_000_000);
    await rate(earlier, 1, 3, 1);
    await pull(bucket);
    await restore();
    const later = await createPerson(db, Math.floor(Date.now() / 1000) + 3600);
    expect(later).toBe(earlier);
    await rate(later, 3, 4, 5);
    expect(await healed(bucket)).toMatchObject({ renamed: 1, lostRatings: 3, newRows: 2 });
    expect((await readRatings(db, later)).map(({ rating }) => rating)).toEqual([5, 5]);
    expect((await readRatings(db, later + 1)).map(({ rating }) => rating)).toEqual([1, 1, 1]);
    await pull(bucket);
    expect((await learned(bucket)).rows).toBe(5);
    expect(await healed(bucket)).toMatchObject({ decision: 'sound' });
  });
});

describe('a killed heal', () => {
  /** The database as a process sees it that is killed before its nth call. */
  function dyingDatabase(nth: number): Database & { count: number } {
    const operate = async <T>(operation: () => Promise<T>): Promise<T> => {
      if (++guarded.count >= nth) throw new Killed();
      return operation();
    };
    const inner = new WeakMap<Statement, Statement>();
    const guard = (statement: Statement): Statement => {
      const outer: Statement = {
        bind: (...values) => guard(statement.bind(...values)),
        all: () => operate(() => statement.all()),
        raw: () => operate(() => statement.raw()),
        first: () => operate(() => statement.first()),
        run: () => operate(() => statement.run()),
      };
      inner.set(outer, statement);
      return outer;
    };
    const guarded: Database & { count: number } = {
      count: 0,
      prepare: (sql) => guard(db.prepare(sql)),
      batch: (statements) => operate(() => db.batch(statements.map((statement) => inner.get(statement)!))),
    };
    return guarded;
  }

  it('is finished by the next one, wherever it was killed', async () => {
    const bucket = new MemoryBucket();
    const restore = await snapshot();
    const [earlier, gone] = [await createPerson(db, 1_700_000_000), await createPerson(db, 1_700_000_000)];
    await rate(earlier, 1, 3, 1);
    await rate(gone, 1, 3);
    await deletePerson(db, gone, 1_700_000_100);
    await rate(1, 1, 4);
    await pull(bucket);
    await restore();
    await createPerson(db, Math.floor(Date.now() / 1000) + 3600);
    await rate(earlier, 3, 4, 5);
    await rate(2, 1, 2);
    const start = await snapshot();

    const watchedDb = dyingDatabase(Number.POSITIVE_INFINITY);
    const watched = dying(bucket.copy(), Number.POSITIVE_INFINITY, 'before');
    await heal(watched, watchedDb, false, LEASE);
    const undisturbed = await contents();
    const ratingsOf = ({ rating }: Awaited<ReturnType<typeof contents>>, from: number) =>
      rating.filter(({ user_id }) => (user_id as number) < from);
    const check = async (copy: MemoryBucket, name: string) => {
      expect(await healed(copy, false, LATER), name).toMatchObject({ decision: expect.stringMatching(/healed|sound/) });
      await pull(copy);
      expect((await learned(copy)).rows, name).toBe(11);
      expect(ratingsOf(await contents(), earlier + 2), name).toEqual(ratingsOf(undisturbed, earlier + 2));
      expect((await contents()).rating.length, name).toBe(undisturbed.rating.length);
    };
    for (let nth = 1; nth <= watchedDb.count; nth++) {
      await start();
      const copy = bucket.copy();
      await expect(heal(copy, dyingDatabase(nth), false, LEASE), `call ${nth}`).rejects.toThrow();
      await check(copy, `call ${nth}`);
    }
    for (let nth = 1; nth < watched.count - 1; nth++) {
      await start();
      const copy = bucket.copy();
      await expect(heal(dying(copy, nth, nth % 2 ? 'before' : 'after'), db, false, LEASE)).rejects.toThrow(Killed);
      await check(copy, `operation ${nth}`);
    }
  });
});

describe('a store of an earlier release', () => {
  it('gets its mark at the next retrain when D1 goes on where R2 ends', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 5);
    await pullLog(bucket, db);
    await rate(1, 6, 7);
    expect(await pull(bucket)).toBe(7);
    expect(JSON.parse(bucket.text(MARK_KEY))).toMatchObject({ epoch: 1 });
  });

  it.each([0, 2, 9])('is known as restored by its rows when %i ratings came since', async (since) => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 2);
    const restore = await snapshot();
    await rate(1, 3, 6);
    await pullLog(bucket, db);
    await restore();
    if (since > 0) await rate(2, 1, since);
    await expect(pull(bucket)).rejects.toMatchObject(REFUSED);
    expect(await healed(bucket)).toMatchObject({ lostRatings: 4, newRows: since });
    await pull(bucket);
    expect((await learned(bucket)).rows).toBe(6 + since);
  });
});

describe('another database', () => {
  /** The database with another identity, as migrations make it. */
  async function replaced(): Promise<void> {
    await fresh();
    await db.prepare("UPDATE store SET id = 'another'").run();
  }

  it('is refused by retrain and heal, since its people have the same ids', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 5);
    await pull(bucket);
    await replaced();
    await rate(7, 10, 12);
    const before = await contents();
    const refused = { code: 'bad-data', message: expect.stringContaining('they share no row') };
    await expect(pull(bucket)).rejects.toMatchObject(refused);
    await expect(healed(bucket)).rejects.toMatchObject(refused);
    expect(await contents()).toEqual(before);
  });

  it('takes up what R2 has when it is empty, and becomes the database that R2 knows', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 5);
    const { id } = await soundStore(bucket, db);
    await pull(bucket);
    await replaced();
    await expect(pull(bucket)).rejects.toMatchObject(REFUSED);
    expect(await healed(bucket)).toMatchObject({ store: id, lostRatings: 5, agreedUpTo: 0 });
    expect(await readRatings(db, 1)).toHaveLength(5);
    expect(await soundStore(bucket, db)).toMatchObject({ id, epoch: 2 });
  });

  it('is the same one when it was restored to a time before it had an id', async () => {
    const bucket = new MemoryBucket();
    await rate(1, 1, 2);
    const restore = await snapshot();
    const { id } = await soundStore(bucket, db);
    await rate(1, 3, 5);
    await pull(bucket);
    await restore();
    await db.prepare("UPDATE store SET id = 'of the migration'").run();
    await rate(2, 1, 1);
    expect(await healed(bucket)).toMatchObject({ store: id, lostRatings: 3, newRows: 1 });
    await pull(bucket);
    expect((await learned(bucket)).rows).toBe(6);
  });
});
