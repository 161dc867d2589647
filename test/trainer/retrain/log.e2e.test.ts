import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeRatings } from '../../../shared/ratings/rating-store.ts';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { pullLog, readPartitions } from '../../../trainer/retrain/log.ts';
import { dying, Killed, MemoryBucket, openDatabase } from './stores.ts';

let db: Database;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openDatabase());
});
afterAll(() => close());

beforeEach(async () => {
  const empty = [
    "DELETE FROM sqlite_sequence WHERE name = 'rating_log'",
    'DELETE FROM rating_log',
    'DELETE FROM rating',
  ];
  await db.batch(empty.map((sql) => db.prepare(sql)));
});

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
      fix: expect.stringContaining('migrations apply'),
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
