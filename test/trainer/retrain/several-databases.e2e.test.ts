import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backUp } from '../../../scripts/lib/backup/backup.ts';
import { restore } from '../../../scripts/lib/backup/restore.ts';
import { storeFindings } from '../../../scripts/lib/doctor/stores.ts';
import { migrate } from '../../../scripts/lib/migrations.ts';
import { writeMarks } from '../../../shared/ratings/mark-store.ts';
import { deletePerson } from '../../../shared/ratings/people.ts';
import { readRatings, writeRatings } from '../../../shared/ratings/rating-store.ts';
import { reshard } from '../../../shared/ratings/reshard.ts';
import { createPerson, isDeleted, lastPerson } from '../../../shared/ratings/tables/person.ts';
import { placeIn, readShardMap } from '../../../shared/ratings/tables/shard-map.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { heal } from '../../../trainer/retrain/heal/heal.ts';
import { BadRowList } from '../../../trainer/retrain/log/bad-rows.ts';
import { forgetDeleted } from '../../../trainer/retrain/log/deletions.ts';
import { joinLog } from '../../../trainer/retrain/log/join.ts';
import { pullLogs } from '../../../trainer/retrain/pull-logs.ts';
import { trimLog } from '../../../worker/events/trim-log.ts';
import { MemoryDatabase } from '../../bench/machines/memory-database.ts';
import { datasetOf, ratingsOf } from '../../fixtures/datasets.ts';
import {
  asOne,
  databases,
  dyingDatabases,
  everyRow,
  fillPeople,
  Killed,
  moment,
  rate,
} from '../../shared/ratings/shard-set.ts';
import { MemoryBucket } from './stores.ts';

const LEASE = { holder: 'a test', milliseconds: 3_600_000, now: Date.now };
const MENDS = { flag: '', migrate: 'npm start', publish: 'npm start', maxAge: 0 };

/** What a night would learn from. */
async function learned(bucket: MemoryBucket, db: Database) {
  const bad = new BadRowList();
  await pullLogs(bucket, db, bad);
  const { log, deleted } = await forgetDeleted(bucket, db, bad);
  const { sha256, ratings } = joinLog(datasetOf(ratingsOf([[1, 1, 3]])), log);
  return { sha256, count: ratings.count, deleted: [...deleted].filter((user) => user >= 0).sort((a, b) => a - b) };
}

/** Databases that know which migrations they have. */
async function migrated(count: number): Promise<MemoryDatabase[]> {
  const all = Array.from({ length: count }, () => new MemoryDatabase());
  for (const db of all) await migrate(db);
  return all;
}

async function trim(bucket: MemoryBucket, all: readonly Database[]): Promise<void> {
  for (const [shard, db] of all.entries()) await trimLog(db, bucket, shard);
}

describe('a night over several databases', () => {
  it('learns from the same ratings as over one, however people moved and whenever their log was copied and trimmed', async () => {
    const results = [];
    for (const moves of [
      [1, 1, 1],
      [2, 3, 1],
      [3, 1, 2],
    ]) {
      const all = databases(3);
      const one = asOne(all);
      const bucket = new MemoryBucket();
      const people = await fillPeople(one, 6);
      await learned(bucket, one);
      for (const [n, to] of moves.entries()) {
        await reshard(all, { to, atOnce: 3 });
        for (const user of [people[0], people[7]]) {
          // Twice in one second, and once more after a later move.
          await writeRatings(one, user, [{ movieId: 3, rating: 1, timestamp: 200 }], 'page', 1e6 + 10 * n);
          await writeRatings(one, user, [{ movieId: 3, rating: 5 - n, timestamp: 200 }], 'page', 1e6 + 10 * n + 1);
        }
        if (n === 1) {
          await deletePerson(one, people[9], 300);
          await learned(bucket, one);
          await trim(bucket, all);
        }
      }
      results.push(await learned(bucket, one));
      await trim(bucket, all);
      expect(await learned(bucket, one)).toEqual(results.at(-1));
      expect(await readRatings(one, people[0])).toContainEqual({ movieId: 3, rating: 3, timestamp: 200 });
    }
    expect(results[0].deleted).toHaveLength(3);
    expect(results.slice(1)).toEqual([results[0], results[0]]);
  });
});

describe('a backup of several databases', () => {
  it('comes back whole, with those deleted since deleted again, and is refused where fewer are bound', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'marquee-several-'));
    try {
      const all = await migrated(3);
      const DB = asOne(all);
      const MODELS = new MemoryBucket();
      const people = await fillPeople(DB, 6);
      await reshard(all, { to: 3 });
      await learned(MODELS, DB);
      const before = await everyRow(all);
      const to = join(folder, 'backup');
      const manifest = await backUp({ MODELS, DB }, { folder: to, onlyInService: false, lease: LEASE });
      expect(manifest).toMatchObject({ format: 2, further: [{}, {}] });
      await deletePerson(DB, people[0], 400);
      const last = await lastPerson(DB);
      const settings = { folder: to, replace: true, lease: LEASE };
      await expect(restore({ MODELS, DB: all[0] }, settings)).rejects.toMatchObject({ code: 'bad-data' });
      expect(await restore({ MODELS, DB }, settings)).toMatchObject({ deletedAgain: 1 });
      const known = asOne(all);
      expect(await isDeleted(known, people[0])).toBe(true);
      expect(await createPerson(known, 500)).toBeGreaterThan(last);
      const isOthers = (row: string) => !row.includes(`"user_id":${people[0]},`);
      expect((await everyRow(all)).rows.filter(isOthers)).toEqual(before.rows.filter(isOthers));
      // A backup of one database empties the others.
      const [single] = await migrated(1);
      await rate(single, 5, 1);
      await backUp({ MODELS, DB: single }, { folder: join(folder, 'single'), onlyInService: false, lease: LEASE });
      await restore({ MODELS, DB }, { ...settings, folder: join(folder, 'single') });
      const left = (await everyRow(all)).rows.filter((row) => !row.includes('"movie_id":-1'));
      expect(left).toEqual((await everyRow([single])).rows);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('npm run doctor', () => {
  it('says of each database what is wrong, and how many hold people', async () => {
    const all = databases(2);
    const DB = asOne(all);
    const said = async () =>
      Object.fromEntries((await storeFindings({ MODELS: new MemoryBucket(), DB }, MENDS, 0)).map((f) => [f.topic, f]));
    expect((await said()).people).toMatchObject({
      says: 'in 1 of 2 databases',
      mend: 'npm run reshard -- --to 2, or unbind what is not used',
    });
    await reshard(all, { to: 2 });
    const found = await said();
    expect(found.people).toMatchObject({ says: 'in 2 of 2 databases', mend: null });
    expect(Object.keys(found)).toEqual(expect.arrayContaining(['tables', 'tables of DB_1', 'D1 beside R2 of DB_1']));
    all[1].exec('UPDATE shard_map SET version = version + 1');
    expect((await said()).people.mend).toContain('npm run reshard -- --to 2');
  });
});

describe('npm run heal', () => {
  it('puts back what R2 has of the people of each database, and nothing of people who have left it', async () => {
    const all = databases(2);
    const one = asOne(all);
    const bucket = new MemoryBucket();
    const people = await fillPeople(one, 8);
    await learned(bucket, one);
    await reshard(all, { to: 2 });
    await learned(bucket, one);
    const before = await everyRow(all);
    const map = (await readShardMap(all[0]))!;
    for (const shard of [1, 0]) {
      const far = people.filter((user, n) => placeIn(map, user) === shard && n !== 2 && n !== 10);
      // As a restore to an earlier time leaves it: without the newest rows, and without the pull that R2 knows.
      all[shard].exec(`DELETE FROM rating WHERE user_id = ${far[0]}; DELETE FROM rating_log WHERE user_id = ${far[0]};
        UPDATE store SET pull = 'old', pull_before = 'older'`);
      await expect(learned(bucket, one)).rejects.toMatchObject({ code: 'bad-data' });
      expect(await heal(bucket, one, false, LEASE)).toMatchObject({ decision: 'healed' });
      const after = await everyRow(all);
      const ratings = (rows: readonly string[]) =>
        rows.filter((row) => row.startsWith('rating {')).map((row) => row.replace(/,"accepted_at":\d+/, ''));
      expect(ratings(after.rows)).toEqual(ratings(before.rows));
      expect(await heal(bucket, one, false, LEASE)).toMatchObject({ decision: 'sound' });
      await learned(bucket, one);
    }
  });

  it.each([
    ['from which people left', 0, 'copied'],
    ['from which people left', 0, 'not copied'],
    ['to which people came', 1, 'copied'],
    ['to which people came', 1, 'not copied'],
  ] as const)(
    'joins what a database %s (DB_%i) holds after a restore to before a reshard, its log %s since',
    async (_, shard, log) => {
      const all = databases(2);
      const bucket = new MemoryBucket();
      const people = await fillPeople(asOne(all), 8);
      await learned(bucket, asOne(all));
      const restoreOne = moment(all[shard]);
      await reshard(all, { to: 2 });
      const map = (await readShardMap(all[0]))!;
      const one = asOne(all);
      const living = people.filter((_, n) => n !== 2 && n !== 10);
      const at = (shard: number) => living.filter((user) => placeIn(map, user) === shard);
      const gone = [at(0)[0], at(1)[0]];
      for (const user of gone) await deletePerson(one, user, 130);
      const left = living.filter((user) => !gone.includes(user));
      for (const user of left) await rate(one, user, 21, 120);
      const marked = { movieId: 7, mark: 'watchlist', timestamp: 125 } as const;
      await writeMarks(one, [marked], { user: left[0], source: 'page', acceptedAt: 125_000 });
      if (log === 'copied') await learned(bucket, one);
      await restoreOne();
      const unknowing = asOne(all); // nobody said yet that people are elsewhere
      for (const user of left) await rate(unknowing, user, 22, 140);
      const leaving = [0, 1].map((shard) => left.findLast((user) => placeIn(map, user) === shard)!);
      for (const user of leaving) await deletePerson(unknowing, user, 150);
      expect(await heal(bucket, asOne(all), true, LEASE)).toMatchObject({ decision: 'dry-run' });
      expect(await heal(bucket, asOne(all), false, LEASE)).toMatchObject({
        decision: log === 'copied' ? 'healed' : 'joined',
        ...(shard === 0 && { strays: at(1).length + 1 }), // the one who was deleted before is known by its log
      });
      expect(await heal(bucket, asOne(all), false, LEASE)).toMatchObject({ decision: 'sound' });
      const known = asOne(all);
      const { people: each } = await everyRow(all);
      for (const [number, some] of each.entries()) for (const user of some) expect(placeIn(map, user)).toBe(number);
      for (const user of leaving) expect(await isDeleted(known, user), `user ${user}`).toBe(true);
      for (const user of leaving) expect(await readRatings(known, user)).toEqual([]);
      for (const user of left.filter((user) => !leaving.includes(user))) {
        const isLost = placeIn(map, user) === shard && log === 'not copied'; // nowhere but in what was thrown away
        const expected = [3, 9, ...(isLost ? [] : [21]), 22];
        const rated = (await readRatings(known, user)).filter(({ rating }) => rating !== null);
        const found = rated.map(({ movieId }) => movieId).sort((a, b) => a - b);
        expect(found, `user ${user}`).toEqual(expected);
      }
      for (const user of gone) {
        const isLost = shard === 0 && placeIn(map, user) === 0 && log === 'not copied'; // likewise
        expect(await isDeleted(known, user), `user ${user}`).toBe(!isLost);
        if (!isLost) expect(await readRatings(known, user)).toEqual([]);
      }
      expect((await learned(bucket, known)).count).toBeGreaterThan(0);
      await reshard(all, { to: 1 });
      expect((await everyRow(all)).people[1].size).toBe(0);
    },
  );

  it('brings people home whose log no night has copied yet', async () => {
    const all = databases(2);
    const people = await fillPeople(asOne(all), 4);
    const restoreOne = moment(all[0]);
    await reshard(all, { to: 2 });
    const { rows } = await everyRow(all);
    await restoreOne();
    await expect(reshard(all, { to: 1 })).rejects.toMatchObject({ fix: expect.stringContaining('npm run heal') });
    expect(await heal(new MemoryBucket(), asOne(all), false, LEASE)).toMatchObject({ decision: 'joined' });
    expect((await everyRow(all)).rows).toEqual(rows);
    expect((await readRatings(asOne(all), people[0])).length).toBeGreaterThan(0);
    expect(await heal(new MemoryBucket(), asOne(all), false, LEASE)).toMatchObject({ decision: 'sound' });
  });

  it('changes nothing of another database in the place of one that was lost', async () => {
    const all = databases(3);
    const bucket = new MemoryBucket();
    await fillPeople(asOne(all.slice(0, 2)), 4);
    await reshard(all.slice(0, 2), { to: 2 });
    await learned(bucket, asOne(all.slice(0, 2)));
    for (const user of [40, 41, 42]) await rate(all[2], user, 77);
    const exchanged = [all[0], all[2]];
    const before = await everyRow(exchanged);
    await expect(heal(bucket, asOne(exchanged), false, LEASE)).rejects.toThrow(/they share no row/);
    expect(await everyRow(exchanged)).toEqual(before);
    expect(await readShardMap(all[2])).toBeNull();
  });

  it('comes to the same wherever it is killed while it joins them', async () => {
    const results = new Set<string>();
    for (let nth = 1; ; nth += 3) {
      const all = databases(2);
      const bucket = new MemoryBucket();
      const people = await fillPeople(asOne(all), 3);
      await learned(bucket, asOne(all));
      const restoreOne = moment(all[0]);
      await reshard(all, { to: 2 });
      await rate(asOne(all), people[0], 21, 120);
      await restoreOne();
      for (const user of [people[0], people[1], people[4]]) await rate(asOne(all), user, 22, 140);
      const killed = dyingDatabases(all, nth, 'before');
      const over = await heal(bucket, asOne(killed.all), false, LEASE).then(
        () => true,
        (error) => expect(error).toBeInstanceOf(Killed),
      );
      await heal(bucket, asOne(all), false, LEASE);
      expect(await heal(bucket, asOne(all), false, LEASE)).toMatchObject({ decision: 'sound' });
      const { rows } = await everyRow(all);
      results.add(JSON.stringify(rows.filter((row) => !row.startsWith('rating_log'))));
      if (over) break;
    }
    expect(results.size).toBe(1);
  });

  it('says that an id was given out twice since such a restore, and changes nothing', async () => {
    const all = databases(2);
    const bucket = new MemoryBucket();
    await fillPeople(asOne(all), 4);
    await learned(bucket, asOne(all));
    const restoreOne = moment(all[0]);
    await reshard(all, { to: 2 });
    const one = asOne(all);
    const newcomers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => createPerson(one, 100)));
    for (const user of newcomers) await rate(one, user, 21, 120);
    await restoreOne();
    for (const _ of newcomers) await createPerson(all[0], 1000);
    const before = await everyRow(all);
    await expect(heal(bucket, asOne(all), false, LEASE)).rejects.toMatchObject({
      code: 'bad-data',
      message: expect.stringContaining('has given their ids to others since: 1000000'),
    });
    expect(await everyRow(all)).toEqual(before);
  });
});
