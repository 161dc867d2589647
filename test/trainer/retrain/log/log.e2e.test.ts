import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deletePerson } from '../../../../shared/ratings/people.ts';
import { writeRatings } from '../../../../shared/ratings/rating-store.ts';
import type { LogRow } from '../../../../shared/ratings/tables/rating-log.ts';
import type { Database } from '../../../../shared/storage/database.ts';
import { BadRowList } from '../../../../trainer/retrain/log/bad-rows.ts';
import { forgetDeleted } from '../../../../trainer/retrain/log/deletions.ts';
import { pullLog, readPartitions } from '../../../../trainer/retrain/log/log.ts';
import { encodePartition } from '../../../../trainer/retrain/log/partition.ts';
import { setAsideText } from '../../../../trainer/retrain/log/set-aside.ts';
import { deleteRatings, dying, Killed, MemoryBucket, openDatabase } from '../stores.ts';

let db: Database;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openDatabase());
});
afterAll(() => close());

beforeEach(() => deleteRatings(db));

/** `count` ratings of a user, movies from `first` on; every seventh is taken back. */
async function rate(userId: number, first: number, count: number): Promise<void> {
  const ratings = Array.from({ length: count }, (_, j) => ({
    movieId: first + j,
    rating: j % 7 === 6 ? null : 0.5 + (j % 10) / 2,
    timestamp: 1_700_000_000 + j,
  }));
  await writeRatings(db, userId, ratings, 'api');
}

async function readLog(bucket: MemoryBucket): Promise<LogRow[]> {
  return (await readPartitions(bucket)).flatMap(({ rows }) => rows);
}

async function logged(): Promise<unknown[]> {
  const sql = `SELECT seq, user_id AS userId, movie_id AS movieId, half_stars AS halfStars, rated_at AS timestamp,
                      received_at AS receivedAt
               FROM rating_log ORDER BY seq`;
  return (await db.prepare(sql).all()).results;
}

describe('pullLog', () => {
  it('copies the log into partitions that are named by their first and last seq', async () => {
    const bucket = new MemoryBucket();
    await rate(1_000_000_001, 1, 25);
    expect(await pullLog(bucket, db, 10)).toBe(25);
    expect(bucket.keys()).toEqual([
      'ratings/log/000000000001-000000000010.arrow',
      'ratings/log/000000000011-000000000020.arrow',
      'ratings/log/000000000021-000000000025.arrow',
    ]);
    expect(await readLog(bucket)).toEqual(await logged());
  });

  it('continues where it stopped, and changes nothing when there are no new rows', async () => {
    const bucket = new MemoryBucket();
    expect(await pullLog(bucket, db, 10)).toBe(0);
    await rate(5, 1, 12);
    await pullLog(bucket, db, 10);
    const before = bucket.copy();
    expect(await pullLog(bucket, db, 10)).toBe(12);
    expect(bucket.objects).toEqual(before.objects);
    await rate(6, 1, 3);
    expect(await pullLog(bucket, db, 10)).toBe(15);
    expect(bucket.keys().at(-1)).toBe('ratings/log/000000000013-000000000015.arrow');
    expect(await readLog(bucket)).toEqual(await logged());
  });

  it('leaves only whole partitions when killed at any operation, and the next pull copies the rest', async () => {
    await rate(5, 1, 25);
    const undisturbed = new MemoryBucket();
    const watched = dying(undisturbed, Number.POSITIVE_INFINITY, 'before');
    await pullLog(watched, db, 10);
    expect(watched.count).toBeGreaterThan(3);
    for (let nth = 1; nth <= watched.count; nth++) {
      for (const when of ['before', 'after'] as const) {
        const bucket = new MemoryBucket();
        await expect(pullLog(dying(bucket, nth, when), db, 10)).rejects.toThrow(Killed);
        await readLog(bucket);
        expect(await pullLog(bucket, db, 10)).toBe(25);
        expect(bucket.keys()).toEqual(undisturbed.keys());
        expect(await readLog(bucket)).toEqual(await logged());
      }
    }
  });

  it('refuses a database that is not the one it has read before', async () => {
    const bucket = new MemoryBucket();
    await rate(5, 1, 12);
    await pullLog(bucket, db);
    await db.batch([db.prepare("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'rating_log'")]);
    await expect(pullLog(bucket, db)).rejects.toMatchObject({
      code: 'bad-data',
      message: "D1's rating log ends at 3, but R2 has it up to 12",
    });
  });

  it('says what to do when the database has no log', async () => {
    const broken = { prepare: () => db.prepare('SELECT seq FROM no_such_table'), batch: db.batch } as Database;
    await expect(pullLog(new MemoryBucket(), broken)).rejects.toMatchObject({
      code: 'store-unavailable',
      fix: expect.stringContaining('npm run deploy'),
    });
  });
});

describe('readPartitions', () => {
  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['an empty file', () => new Uint8Array(0)],
    ['something else', () => new TextEncoder().encode('seq,userId')],
    ['a cut-off file', (bytes) => bytes.slice(0, bytes.length >> 1)],
  ])('refuses %s and names its key', async (_, damage) => {
    const bucket = new MemoryBucket();
    await rate(5, 1, 12);
    await pullLog(bucket, db);
    const [key] = bucket.keys();
    await bucket.put(key, damage(bucket.objects.get(key)!.bytes));
    await expect(readLog(bucket)).rejects.toMatchObject({
      code: 'bad-artifact',
      message: expect.stringContaining(key),
    });
  });

  it('refuses a partition that is stored under another name', async () => {
    const bucket = new MemoryBucket();
    await rate(5, 1, 12);
    await pullLog(bucket, db);
    const [key] = bucket.keys();
    await bucket.put(key.replace('0012.', '0013.'), bucket.objects.get(key)!.bytes);
    await expect(readLog(bucket)).rejects.toThrow(/0013\.arrow: got seq 1 to 12/);
  });
});

/** Rows as an earlier release stored them: user, movie, half stars, time; the fault of each, null for a sound one. */
const STORED: readonly [number, number, number | null, number, string | null][] = [
  [5, 1, 8, 1_700_000_000, null],
  [5, 2, 8, 1_459_172_800.5, 'timestamp: got 1459172800.5'],
  [5, 3, 8, -5, 'timestamp: got -5'],
  [5, 4, 8, -1e300, 'timestamp: got -1e+300'],
  [5, 5, 8, 1e15, 'timestamp: got 1000000000000000'],
  [5, 6, 4.5, 1_700_000_000, 'rating: got 2.25'],
  [5, 2 ** 31, 8, 1_700_000_000, 'movieId: got 2147483648'],
  [5, -7, 8, 1_700_000_000, 'movieId: got -7'],
  [2 ** 31, 1, 8, 1_700_000_000, 'user: got 2147483648'],
  [5, 7, null, 1_700_000_000, null],
  [5, 8, 8, 0.5, 'timestamp: got 0.5'],
];

async function store(rows: typeof STORED): Promise<void> {
  const insert = db.prepare('INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at) VALUES (?1, ?2, ?3, ?4)');
  await db.batch(rows.map(([user, movie, halfStars, time]) => insert.bind(user, movie, halfStars, time)));
}

describe('bad rows', () => {
  it('of D1 are left out and named, whatever their place, and the rest is copied', async () => {
    await store(STORED);
    const bucket = new MemoryBucket();
    const bad = new BadRowList();
    expect(await pullLog(bucket, db, 4, bad)).toBe(11);
    const faulty = STORED.flatMap(([user, movie, , , fault], j) =>
      fault === null ? [] : [{ seq: j + 1, user, movie }],
    );
    expect(bad.found.count).toBe(9);
    expect(bad.found.first).toMatchObject(faulty);
    for (const { seq, why } of bad.found.first) expect(why).toContain(STORED[seq - 1][4]);
    const { log } = await forgetDeleted(bucket, db, bad);
    expect(log.filter(({ movieId }) => movieId > 0)).toMatchObject([
      { seq: 1, movieId: 1 },
      { seq: 10, movieId: 7, halfStars: null },
    ]);
    expect(bad.found.count).toBe(9);
    expect(await pullLog(bucket, db, 4, bad)).toBe(11);
    expect(bad.found.count).toBe(9);
  });

  it('of a partition are left out and named', async () => {
    const bucket = new MemoryBucket();
    const row = (seq: number, changes: Partial<LogRow>): LogRow => {
      return { seq, userId: 5, movieId: seq, halfStars: 8, timestamp: 100, receivedAt: 100, ...changes };
    };
    const rows = [
      row(1, {}),
      row(2, { timestamp: -5 }),
      row(3, { halfStars: 11 }),
      row(4, { halfStars: 0 }),
      row(5, { userId: 2 ** 31 }), // becomes −2147483648
      row(6, { timestamp: 1e15 }),
      row(7, { halfStars: null }),
    ];
    await bucket.put('ratings/log/000000000001-000000000007.arrow', encodePartition(rows));
    const bad = new BadRowList();
    const { log } = await forgetDeleted(bucket, db, bad);
    expect(log.map(({ seq }) => seq)).toEqual([1, 7]);
    expect(bad.found.first.map(({ seq, why }) => [seq, why.split(',')[0]])).toEqual([
      [2, 'timestamp: got -5'],
      [3, 'rating: got 5.5'],
      [4, 'rating: got 0'],
      [5, 'user: got -2147483648'],
      [6, 'timestamp: got 1000000000000000'],
    ]);
  });
});

describe('a partition that cannot be read', () => {
  const MIDDLE = 'ratings/log/000000000011-000000000020.arrow';
  const LAST = 'ratings/log/000000000021-000000000025.arrow';

  it.each<[string, string, (bytes: Uint8Array) => Uint8Array]>([
    ['the middle one is empty', MIDDLE, () => new Uint8Array(0)],
    ['the middle one is cut off', MIDDLE, (bytes) => bytes.slice(0, bytes.length >> 1)],
    ['the last one is something else', LAST, () => new TextEncoder().encode('seq,userId')],
  ])('is kept aside and made anew of what D1 has: %s', async (_, key, damage) => {
    const bucket = new MemoryBucket();
    await rate(5, 1, 25);
    await pullLog(bucket, db, 10);
    const before = await readLog(bucket);
    const damaged = damage(bucket.objects.get(key)!.bytes);
    await bucket.put(key, damaged);
    const { log, setAside } = await forgetDeleted(bucket, db, new BadRowList());
    const seqs = key === LAST ? 5 : 10;
    expect(setAside).toMatchObject([{ key, seqs, copied: seqs, why: expect.stringContaining(key) }]);
    expect(new Uint8Array(bucket.objects.get(setAside[0].keptAs)!.bytes)).toEqual(damaged);
    expect(log.filter(({ userId }) => userId === 5)).toEqual(before);
    expect(setAsideText(setAside[0])).toMatch(/kept as ratings\/unreadable\/.* Nothing is lost\. .*put a whole copy/);
    expect(await pullLog(bucket, db, 10)).toBe(25);
    expect((await forgetDeleted(bucket, db, new BadRowList())).setAside).toEqual([]);
  });

  it('says how many of its rows D1 no longer has, and lets nobody come back who was deleted', async () => {
    const bucket = new MemoryBucket();
    await rate(5, 1, 4);
    await rate(6, 1, 4);
    await pullLog(bucket, db, 10);
    await deletePerson(db, 6, 2_000_000_000);
    await pullLog(bucket, db, 10);
    // The marker of the deletion is trimmed from D1's log once R2 has it, and so are superseded rows.
    await db.batch([db.prepare('DELETE FROM rating_log WHERE movie_id = -1 OR seq = 2')]);
    const [, key] = bucket.keys();
    await bucket.put(key, new Uint8Array(3));
    const { log, deleted, setAside } = await forgetDeleted(bucket, db, new BadRowList());
    expect(setAside).toMatchObject([{ key, seqs: 1, copied: 0 }]);
    expect(setAsideText(setAside[0])).toContain('D1 no longer has 1');
    expect(deleted.has(6)).toBe(true);
    expect(log.map(({ userId }) => userId)).toEqual([5, 5, 5, 5]);
  });

  it('ends the same when the run is killed at any operation', async () => {
    const start = new MemoryBucket();
    await rate(5, 1, 25);
    await pullLog(start, db, 10);
    await start.put(MIDDLE, new Uint8Array(3));
    const undisturbed = start.copy();
    const watched = dying(undisturbed, Number.POSITIVE_INFINITY, 'before');
    const { log } = await forgetDeleted(watched, db, new BadRowList());
    for (let nth = 1; nth <= watched.count; nth++) {
      for (const when of ['before', 'after'] as const) {
        const bucket = start.copy();
        await expect(forgetDeleted(dying(bucket, nth, when), db, new BadRowList())).rejects.toThrow(Killed);
        expect((await forgetDeleted(bucket, db, new BadRowList())).log).toEqual(log);
        expect(bucket.keys()).toEqual(undisturbed.keys());
      }
    }
  });
});
