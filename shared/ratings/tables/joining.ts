import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import { leaveGatherings } from './gathering.ts';
import { deletePeople, END, insertRows, type Leg, MOVED, ON_THE_WAY, pagesOf, values } from './moving.ts';
import { markDeleted } from './person.ts';
import { digitOf, type ShardMap, SLOTS } from './shard-map.ts';
import { deleteSubjectOf } from './subject.ts';

/**
 * Legs for all of whom a database has rows though they are elsewhere. Whoever is being copied is left to the reshard.
 *
 * @param count of databases
 */
export function strayLegs(map: ShardMap, shard: number, count: number): Leg[] {
  const places = digitOf(shard).repeat(SLOTS);
  const settled = [
    { version: map.version, places, next: map.next, below: 0, moving: map.below },
    { version: map.version, places, next: map.places, below: Math.max(map.below, map.moving), moving: END },
  ];
  const others = Array.from({ length: count }, (_, to) => to).filter((to) => to !== shard);
  return others.flatMap((to) => settled.map((range) => ({ map: range, from: shard, to })));
}

/** Ids of a leg's people. Throws `store-unavailable`. */
export async function peopleOf(db: Database, leg: Leg): Promise<number[]> {
  const ids = new Set<number>();
  for (const { name } of MOVED) {
    const select = db.prepare(`SELECT DISTINCT user_id FROM ${name} WHERE ${ON_THE_WAY}`).bind(...values(leg));
    for (const [userId] of await answerOf(select.raw<[number]>())) ids.add(userId);
  }
  return [...ids];
}

/**
 * Moves what `from` holds of a leg's people to `to`, which holds something of them, too: of each rating and mark the
 * newer stays. May be repeated. Throws `store-unavailable`.
 */
export async function joinPeople(from: Database, to: Database, leg: Leg): Promise<void> {
  const [rating, log, ...others] = MOVED;
  // The log first: it takes the ratings that are not there yet.
  for (const { newer = 'ON CONFLICT DO NOTHING', ...table } of [log, rating, ...others]) {
    for await (const rows of pagesOf(from, table, leg)) {
      await answerOf(insertRows(to, { ...table, conflict: newer }, rows).run());
    }
  }
  await answerOf(from.batch(deletePeople(from, leg)));
}

interface DeletedPerson {
  readonly userId: number;
  readonly deletedAt: number;
}

/** Who a database knows to be deleted. Throws `store-unavailable`. */
export async function deletedRows(db: Database): Promise<DeletedPerson[]> {
  const select = 'SELECT user_id AS userId, deleted_at AS deletedAt FROM person WHERE deleted_at IS NOT NULL';
  return (await answerOf(db.prepare(select).all<DeletedPerson>())).results;
}

/** Deletes in one database whom another knows to be deleted, whose log says so. To be run as one batch. */
export function forget(db: Database, { userId, deletedAt }: DeletedPerson): Statement[] {
  return [
    ...MOVED.map(({ name }) => db.prepare(`DELETE FROM ${name} WHERE user_id = ?1`).bind(userId)),
    deleteSubjectOf(db, userId),
    ...leaveGatherings(db, userId),
    markDeleted(db, userId, deletedAt),
  ];
}
