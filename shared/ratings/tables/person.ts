import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import { everyShard, homeOf } from '../shards.ts';

/**
 * D1's table `person`: one row for everybody who came to the page, and for users of the data set who were deleted. The
 * row of a deleted person stays, so that the id is never given to anybody else. Where people are in several databases
 * (`shards.ts`), `DB` has it, and the others have the rows of their own deleted people.
 *
 * | column     |                                                               |
 * |------------|---------------------------------------------------------------|
 * | user_id    | key; counts up from `FIRST_PERSON`                            |
 * | created_at | seconds since the epoch                                       |
 * | deleted_at | seconds since the epoch, null while the person is not deleted |
 */

/** SQL: a row when user ?1 was deleted, else none. */
export const DELETED = 'SELECT 1 FROM person WHERE user_id = ?1 AND deleted_at IS NOT NULL';

/** Makes an anonymous user and returns their id, which was never anybody else's. Throws `store-unavailable`. */
export async function createPerson(db: Database, createdAt: number): Promise<number> {
  const insert = db.prepare('INSERT INTO person (created_at) VALUES (?1) RETURNING user_id AS userId').bind(createdAt);
  const person = await answerOf(insert.first<{ userId: number }>());
  return person!.userId;
}

/** Whether this id was given to somebody, deleted since or not. Throws `store-unavailable`. */
export async function isPerson(db: Database, userId: number): Promise<boolean> {
  const select = db.prepare('SELECT 1 FROM person WHERE user_id = ?1').bind(userId);
  return (await answerOf(select.first())) !== null;
}

/** Ids of everybody who was deleted. Throws `store-unavailable`. */
export async function deletedPeople(db: Database): Promise<number[]> {
  const deleted = 'SELECT user_id FROM person WHERE deleted_at IS NOT NULL ORDER BY user_id';
  const each = everyShard(db).map((shard) => answerOf(shard.prepare(deleted).raw<[number]>()));
  return [...new Set((await Promise.all(each)).flatMap((rows) => rows.map(([userId]) => userId)))];
}

/** Whether a person was deleted. Throws `store-unavailable`. */
export async function isDeleted(db: Database, userId: number): Promise<boolean> {
  return (await answerOf(selectDeleted(homeOf(db, userId), userId).first())) !== null;
}

/** Answers a row when the user was deleted, else none. */
export function selectDeleted(db: Database, userId: number): Statement {
  return db.prepare(DELETED).bind(userId);
}

/** Marks a person as deleted, unless that was done before. */
export function markDeleted(db: Database, userId: number, deletedAt: number): Statement {
  return db
    .prepare(
      `INSERT INTO person (user_id, created_at, deleted_at) VALUES (?1, ?2, ?2)
       ON CONFLICT (user_id) DO UPDATE SET deleted_at = coalesce(deleted_at, excluded.deleted_at)`,
    )
    .bind(userId, deletedAt);
}

/** A row of the table. */
export interface Person {
  readonly userId: number;
  readonly createdAt: number;
  readonly deletedAt: number | null;
}

/** Everybody whom the table knows of these. Throws `store-unavailable`. */
export async function readPeople(db: Database, userIds: readonly number[]): Promise<Person[]> {
  const select = db.prepare(
    `SELECT user_id AS userId, created_at AS createdAt, deleted_at AS deletedAt FROM person
     WHERE user_id IN (SELECT value FROM json_each(?1))`,
  );
  return (await answerOf(select.bind(JSON.stringify(userIds)).all<Person>())).results;
}

/** The last id given to a person, 0 before the first. Throws `store-unavailable`. */
export async function lastPerson(db: Database): Promise<number> {
  const select = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'person'");
  return (await answerOf(select.first<{ seq: number }>()))?.seq ?? 0;
}

/** Makes people of ids that were given out before, and gives none up to `last` out again. To be run as one batch. */
export function putBackPeople(
  db: Database,
  people: readonly Pick<Person, 'userId' | 'createdAt'>[],
  last: number,
): Statement[] {
  const rows = JSON.stringify(people.map(({ userId, createdAt }) => [userId, createdAt]));
  return [
    db
      .prepare(
        `INSERT OR IGNORE INTO person (user_id, created_at)
         SELECT value ->> 0, value ->> 1 FROM json_each(?1)`,
      )
      .bind(rows),
    db.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'person'").bind(last),
  ];
}
