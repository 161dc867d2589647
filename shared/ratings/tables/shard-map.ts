import { answerOf, type Database, type Statement } from '../../storage/database.ts';

/**
 * D1's table `shard_map`: which people are in which database. One row; without it everybody is in `DB`.
 *
 * | column  |                                                                                              |
 * |---------|----------------------------------------------------------------------------------------------|
 * | one     | key, 1                                                                                       |
 * | self    | number of the database that the row is in, as a digit                                        |
 * | version | counts up when a reshard begins and when it ends                                             |
 * | places  | a digit of base 36 for each slot: the database of its people                                 |
 * | next    | the same after the reshard that is under way; else `places`                                  |
 * | below   | people with lower ids are where `next` says, all others where `places` says                  |
 * | moving  | people from `below` on with lower ids than this are copied: nothing may be written for them  |
 *
 * Each database has a row of its own, which holds for what is written there. The rows of a reshard change one after the
 * other, in an order in which nobody has two places: first `moving` of all, then, when the copies are whole, `below` of
 * the databases that people leave, then of all others (`reshard.ts`).
 */
export interface ShardMap {
  readonly version: number;
  readonly places: string;
  readonly next: string;
  readonly below: number;
  readonly moving: number;
}

/** Slots that a person's id is hashed to. */
export const SLOTS = 256;
/** Digits that name databases. */
const BASE = 36;
/** The most databases. */
export const MOST_SHARDS = BASE;

/** Where everybody is until the first reshard. */
export const ALL_IN_DB: ShardMap = {
  version: 0,
  places: '0'.repeat(SLOTS),
  next: '0'.repeat(SLOTS),
  below: 0,
  moving: 0,
};

/** The slot of a person: the upper 8 of 32 bits of their id times 2^32 / the golden ratio (Knuth, TAOCP 3, 6.4). */
export function slotOf(userId: number): number {
  return Math.imul(userId, 2654435761) >>> 24;
}

/** The number of the database in which a person is. */
export function placeIn({ places, next, below }: ShardMap, userId: number): number {
  return Number.parseInt((userId < below ? next : places)[slotOf(userId)], BASE);
}

/** A database's number as the map has it. */
export function digitOf(shard: number): string {
  return shard.toString(BASE);
}

/** Whether a map is of a later time than another. */
export function isLater(a: ShardMap, b: ShardMap): boolean {
  return a.version > b.version || (a.version === b.version && a.below > b.below);
}

const COLUMNS = 'version, places, next, below, moving';

/** SQL: the place, from 1, of a person's digit. @param user SQL of their id, which has 31 bits */
export function digitPlace(user: string): string {
  return `((${user} * 2654435761 >> 24 & ${SLOTS - 1}) + 1)`;
}

/** SQL: whether user ?1 is not to be written in this database. */
export const NOT_WRITTEN_HERE = `EXISTS (SELECT 1 FROM shard_map WHERE ${notWritten('CAST(?1 AS INTEGER)')})`;

function notWritten(user: string): string {
  const digit = digitPlace(user);
  return `(substr(iif(${user} < moving, next, places), ${digit}, 1) <> self
    OR (${user} >= below AND ${user} < moving AND substr(places, ${digit}, 1) <> substr(next, ${digit}, 1)))`;
}

/**
 * SQL: whether a person is to be read elsewhere. Until the database that they leave says that they have left, they are
 * read there; and from then on where they go, whether or not that database says yet that they have come.
 */
function notRead(user: string): string {
  const digit = digitPlace(user);
  return `(substr(iif(${user} < below, next, places), ${digit}, 1) <> self
    AND NOT (${user} < moving AND substr(next, ${digit}, 1) = self))`;
}

/** Tables whose rows are of one person. */
export const PERSONAL_TABLES = ['rating', 'rating_log', 'mark', 'import_change', 'list_shown', 'event'] as const;

/**
 * Makes a database refuse rows of people who are elsewhere, whoever writes them: a Worker of before, or one that binds too few
 * databases. They cost a row read for each row written, so they are made when people are first spread. To be run as one batch.
 */
export function makeGuards(db: Database): Statement[] {
  const digit = `substr(iif(NEW.user_id < moving, next, places), ${digitPlace('NEW.user_id')}, 1)`;
  return PERSONAL_TABLES.map((table) =>
    db.prepare(
      `CREATE TRIGGER IF NOT EXISTS ${table}_elsewhere BEFORE INSERT ON ${table}
       WHEN EXISTS (SELECT 1 FROM shard_map WHERE ${digit} <> self)
       BEGIN SELECT RAISE(ABORT, 'elsewhere'); END`,
    ),
  );
}

const SOMEBODY = (condition: (user: string) => string) =>
  `EXISTS (SELECT 1 FROM json_each(?1) WHERE ${condition('value')})`;

/** Fails, and with it the batch that it begins, when one of these people is not to be written here (`isElsewhere`). */
export function requireHere(db: Database, userIds: readonly number[]): Statement {
  return db.prepare(`UPDATE shard_map SET one = 0 WHERE ${SOMEBODY(notWritten)}`).bind(JSON.stringify(userIds));
}

/** Whether a statement failed because somebody is not to be written in that database. */
export function isElsewhere(error: unknown): boolean {
  return String(error).includes('elsewhere');
}

/** The map, when one of these people is to be read in another database; else nothing. */
export function selectMoved(db: Database, userIds: readonly number[]): Statement {
  return db.prepare(`SELECT ${COLUMNS} FROM shard_map WHERE ${SOMEBODY(notRead)}`).bind(JSON.stringify(userIds));
}

/** A database's own map; null while it has none. Throws `store-unavailable`. */
export async function readShardMap(db: Database): Promise<ShardMap | null> {
  return answerOf(db.prepare(`SELECT ${COLUMNS} FROM shard_map`).first<ShardMap>());
}

/** Writes the map of the database with this number. */
export function writeShardMap(db: Database, shard: number, map: ShardMap): Statement {
  const { version, places, next, below, moving } = map;
  return db
    .prepare(`INSERT OR REPLACE INTO shard_map (one, self, ${COLUMNS}) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)`)
    .bind(digitOf(shard), version, places, next, below, moving);
}
