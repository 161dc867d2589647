import { describe, expect, it } from 'vitest';
import { exportEverybody } from '../../../shared/exchange/write-file.ts';
import { deletePerson, isKnown } from '../../../shared/ratings/people.ts';
import { readRatings } from '../../../shared/ratings/rating-store.ts';
import { reshard, spread } from '../../../shared/ratings/reshard.ts';
import { eventsOf } from '../../../shared/ratings/tables/event.ts';
import { MOVED } from '../../../shared/ratings/tables/moving.ts';
import { deletedPeople, isDeleted } from '../../../shared/ratings/tables/person.ts';
import { readPersonTexts } from '../../../shared/ratings/tables/rating.ts';
import {
  ALL_IN_DB,
  digitPlace,
  PERSONAL_TABLES,
  placeIn,
  readShardMap,
  SLOTS,
  slotOf,
} from '../../../shared/ratings/tables/shard-map.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { asOne, between, databases, dyingDatabases, everyRow, fillPeople, Killed, rate } from './shard-set.ts';

const atOnce = 5;

/** Fails where anybody has rows in two databases. */
async function requireOnePlace(all: readonly Database[]) {
  const { people } = await everyRow(all);
  const ids = people.flatMap((some) => [...some]);
  expect(ids).toHaveLength(new Set(ids).size);
  return people;
}

async function exported(db: Database): Promise<string[]> {
  let text = '';
  for await (const part of exportEverybody(db, 'csv', 7)) text += part;
  return text.trim().split('\n').sort();
}

describe('the places of people', () => {
  it('are found by SQL as by JavaScript, up to the largest id', async () => {
    const [db] = databases(1);
    const ids = [0, 1, 2, 610, 1_000_000_001, 1_234_567_890, 2_147_483_646, 2_147_483_647];
    const select = `SELECT ${digitPlace('value')} - 1 AS slot FROM json_each(?1)`;
    const { results } = await db.prepare(select).bind(JSON.stringify(ids)).all<{ slot: number }>();
    expect(results.map(({ slot }) => slot)).toEqual(ids.map(slotOf));
  });

  it('spread people of consecutive ids evenly, and few of them move when a database is added', () => {
    const two = spread(ALL_IN_DB.places, 2);
    const three = spread(two, 3);
    const moved = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => two[slot] !== three[slot]);
    expect(moved).toHaveLength(85);
    expect(moved.every((slot) => three[slot] === '2')).toBe(true);
    const counts = [0, 0, 0];
    for (let n = 0; n < 30_000; n++) {
      counts[placeIn({ ...ALL_IN_DB, places: three, next: three }, 1_000_000_001 + n)]++;
    }
    for (const count of counts) expect(count).toBeGreaterThan(9000);
    expect(spread(spread(three, 1), 1)).toBe(ALL_IN_DB.places);
  });
});

/** Tables of everybody, or of people together: all of them are in DB. */
const OF_NOBODY = ['person', 'gathering_member', 'subject'];

it('moves every table with a person in each row, with all of its columns, and guards it', async () => {
  const [db] = databases(1);
  const select = `SELECT m.name AS name, c.name AS column FROM sqlite_master AS m, pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND c.name <> 'seq' ORDER BY m.name, c.cid`;
  const { results } = await db.prepare(select).all<{ name: string; column: string }>();
  const personal = [...Map.groupBy(results, ({ name }) => name)].filter(
    ([name, columns]) => !OF_NOBODY.includes(name) && columns.some(({ column }) => column === 'user_id'),
  );
  const moved = Object.fromEntries(MOVED.map(({ name, columns }) => [name, columns]));
  expect(moved).toEqual(Object.fromEntries(personal.map(([name, all]) => [name, all.map(({ column }) => column)])));
  expect([...PERSONAL_TABLES].sort()).toEqual(Object.keys(moved).sort());
});

describe('reshard', () => {
  it('moves every row of a person to one database and back again, and loses or doubles none', async () => {
    const all = databases(3);
    const people = await fillPeople(all[0]);
    const before = await everyRow(all);
    const file = await exported(all[0]);
    for (const to of [2, 3, 2, 1]) {
      const { slots } = await reshard(all, { to, atOnce });
      expect(slots.filter((count) => count > 0)).toHaveLength(to);
      expect((await everyRow(all)).rows).toEqual(before.rows);
      const places = await requireOnePlace(all);
      const map = (await readShardMap(all[0]))!;
      for (const [shard, some] of places.entries()) for (const id of some) expect(placeIn(map, id)).toBe(shard);
      const one = asOne(all);
      expect(await exported(one)).toEqual(file);
      expect((await deletedPeople(one)).sort((a, b) => a - b)).toEqual([people[2], people[14]]);
      for (const id of people) {
        expect(await isDeleted(one, id)).toBe(id === people[2] || id === people[14]);
        expect(await isKnown(one, id)).toBe(true);
      }
    }
  });

  it('writes nothing where everybody is in one database and shall be', async () => {
    const all = databases(1);
    expect(await reshard(all, { to: 1 })).toMatchObject({ steps: 0, version: 0 });
    expect(await readShardMap(all[0])).toBe(null);
  });

  it('keeps the order of ratings of one second, and gives later ones higher numbers in the log', async () => {
    const all = databases(2);
    for (const movieId of [9, 2, 5]) await rate(all[0], 4, movieId, 50);
    const before = await readRatings(all[0], 4);
    const sequence = "SELECT seq FROM sqlite_sequence WHERE name = 'rating_log'";
    for (const to of [2, 1, 2]) {
      const last = await Promise.all(all.map((db) => db.prepare(sequence).first<{ seq: number }>()));
      await reshard(all, { to });
      expect(await readRatings(asOne(all), 4)).toEqual(before);
      const log = await Promise.all(all.map((db) => db.prepare('SELECT seq FROM rating_log').raw<[number]>()));
      for (const [seq] of log.flat()) expect(seq).toBeGreaterThan(Math.max(...last.map((row) => row?.seq ?? 0)) - 3);
    }
  });

  it.each(['before', 'after'] as const)('goes on where it was killed, %s any of its calls', async (when) => {
    const found = new Set<string>();
    for (let nth = 1; ; nth++) {
      const all = databases(3);
      const people = await fillPeople(all[0], 4);
      await reshard(all, { to: 2, atOnce });
      const { rows } = await everyRow(all);
      const stale = asOne(all);
      await readPersonTexts(stale, people);
      const killed = dyingDatabases(all, nth, when);
      const over = await reshard(killed.all, { to: 3, atOnce: 3 }).then(
        () => true,
        (error) => {
          expect(error).toBeInstanceOf(Killed);
          return false;
        },
      );
      // Whoever knows the old places, and whoever knows none, reads the same of everybody.
      for (const one of [stale, asOne(all)]) {
        for (const user of people) found.add((await eventsOf(one, user)).length.toString());
        const texts = await readPersonTexts(one, people);
        expect([...texts.values()].filter((held) => held !== null)).toHaveLength(people.length - 2);
      }
      await reshard(all, { to: 3, atOnce });
      expect((await everyRow(all)).rows).toEqual(rows);
      await requireOnePlace(all);
      if (over) break;
    }
    expect(found).toEqual(new Set(['0', '1']));
  });

  it('lets everybody write between any two of its calls, with old knowledge or new', async () => {
    const all = databases(3);
    const people = (await fillPeople(all[0])).filter((_, n) => n !== 2 && n !== 14);
    const writers = [asOne(all), asOne(all)];
    const held = new Map(people.map((user) => [user, 0]));
    let calls = 0;
    let refused = 0;
    /** One person's rating; whoever is on the way is refused, and nothing of it is written. */
    const write = async () => {
      const user = people[(7 * calls) % people.length];
      const writer = calls % 3 === 0 ? asOne(all) : writers[calls % 2];
      calls++;
      try {
        await rate(writer, user, 1000 + calls);
        held.set(user, held.get(user)! + 1);
      } catch (error) {
        expect(error).toMatchObject({ code: 'store-unavailable' });
        refused++;
      }
    };
    for (const to of [2, 3, 1]) await reshard(between(all, write), { to, atOnce });
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(calls / 2);
    await requireOnePlace(all);
    const one = asOne(all);
    for (const user of people) {
      const newer = (await readRatings(one, user)).filter(({ movieId }) => movieId > 1000);
      expect(newer).toHaveLength(held.get(user)!);
    }
    const log = await all[0]
      .prepare('SELECT count(*) AS n FROM rating_log WHERE movie_id > 1000')
      .first<{ n: number }>();
    expect(log!.n).toBe(calls - refused);
  });

  it('refuses what a writer of one database writes for people who have left it, and their deletion', async () => {
    const all = databases(2);
    const people = await fillPeople(all[0]);
    await reshard(all, { to: 2, atOnce });
    const map = (await readShardMap(all[0]))!;
    const gone = people.filter((user, n) => n !== 2 && n !== 14 && placeIn(map, user) === 1);
    const { rows } = await everyRow(all);
    for (const user of gone) {
      await expect(rate(all[0], user, 77)).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(deletePerson(all[0], user, 200)).rejects.toMatchObject({ code: 'store-unavailable' });
    }
    expect((await everyRow(all)).rows).toEqual(rows);
  });

  it('is refused for databases that are not bound, and for databases that contradict each other', async () => {
    const all = databases(2);
    await expect(reshard(all, { to: 3 })).rejects.toMatchObject({ code: 'bad-flag' });
    await expect(reshard([all[0], all[0]], { to: 2 })).rejects.toMatchObject({ code: 'bad-data' });
    await fillPeople(all[0]);
    await reshard(all, { to: 2 });
    all[1].exec('UPDATE shard_map SET version = version - 1, below = 7');
    await expect(reshard(all, { to: 1 })).rejects.toMatchObject({ code: 'bad-data' });
    all[0].exec('DELETE FROM shard_map');
    await expect(reshard(all, { to: 1 })).rejects.toMatchObject({ code: 'bad-data' });
  });
});
