import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import type { Mark } from '../mark.ts';
import { everyShard } from '../shards.ts';
import { DELETED } from './person.ts';

/**
 * D1's table `mark`: what a person says of a movie besides stars.
 *
 * | column      |                                                                                      |
 * |-------------|--------------------------------------------------------------------------------------|
 * | user_id     | key, with movie_id                                                                   |
 * | movie_id    |                                                                                      |
 * | mark        | `Mark`; null: the user took it back                                                  |
 * | marked_at   | seconds since the epoch, as the client says: the latest holds                        |
 * | accepted_at | milliseconds since the epoch, by the Worker's clock: decides between equal marked_at |
 * | changes     | how often sessions changed it on the day (UTC) of accepted_at                        |
 */

/** Marks of one person that the table takes (`limits.ts`), those that they took back included. */
export const MOST_MARKS = 20_000;

/** Milliseconds of a day. */
const DAY = 86_400_000;

/**
 * SQL: those of the `MarkRow`s in ?2 that the table does not hold of user ?1 in a newer form; `known` where it holds the
 * very same. ?3 is when the Worker took them, in milliseconds. Of a deleted user there are none.
 */
export const LATEST_MARKS = `
  SELECT ?1 AS user_id, value ->> 0 AS movie_id, value ->> 1 AS mark, value ->> 2 AS marked_at,
         value ->> 2 IS held.marked_at AND value ->> 1 IS held.mark AS known
  FROM json_each(?2) LEFT JOIN mark AS held ON held.user_id = ?1 AND held.movie_id = value ->> 0
  WHERE (held.user_id IS NULL OR value ->> 2 > held.marked_at
         OR (value ->> 2 = held.marked_at AND ?3 >= held.accepted_at))
    AND NOT EXISTS (${DELETED})`;

const UPSERT = `
  INSERT INTO mark (user_id, movie_id, mark, marked_at, accepted_at, changes)
  SELECT user_id, movie_id, mark, marked_at, ?3, ?4 FROM (${LATEST_MARKS}) WHERE NOT known
  ON CONFLICT (user_id, movie_id) DO UPDATE
  SET mark = excluded.mark, marked_at = excluded.marked_at, accepted_at = excluded.accepted_at,
      changes = excluded.changes
        + CASE WHEN mark.accepted_at / ${DAY} = excluded.accepted_at / ${DAY} THEN mark.changes ELSE 0 END`;

interface MarkWriting {
  readonly user: number;
  /** JSON of `MarkRow`s, each movie once. */
  readonly rows: string;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
}

/** How many of these rows the table holds already, the very same: `{ held }`. To be asked before they are written. */
export function selectHeldMarks(db: Database, { user, rows, acceptedAt }: MarkWriting): Statement {
  return db.prepare(`SELECT count(*) AS held FROM (${LATEST_MARKS}) WHERE known`).bind(user, rows, acceptedAt);
}

/**
 * Makes those of a user's rows current that are not older than what the table holds.
 *
 * @param counts whether they count towards what a session may change in a day
 */
export function upsertMarks(db: Database, { user, rows, acceptedAt }: MarkWriting, counts: boolean): Statement {
  return db.prepare(UPSERT).bind(user, rows, acceptedAt, counts ? 1 : 0);
}

/** SQL: JSON of the `MarkRow`s of user `asked.value` that were not taken back, oldest first. */
export const MARKS_OF_ASKED = `
  SELECT json_group_array(json_array(movie_id, mark, marked_at) ORDER BY marked_at, movie_id) FROM (
    SELECT movie_id, mark, marked_at FROM mark WHERE user_id = asked.value AND mark IS NOT NULL
    ORDER BY movie_id LIMIT ${MOST_MARKS})`;

/** SQL: the room (`limits.ts`) that user ?1 has for the `MarkRow`s in ?2, taken at ?3. */
export const MARK_ROOM = `
  SELECT (SELECT count(*) FROM mark WHERE user_id = ?1) AS stored,
         (SELECT count(DISTINCT value ->> 0) FROM json_each(?2) WHERE NOT EXISTS (
            SELECT 1 FROM mark WHERE user_id = ?1 AND movie_id = value ->> 0)) AS added,
         (SELECT count(DISTINCT movie_id) FROM (${LATEST_MARKS}) WHERE NOT known) AS changed,
         (SELECT coalesce(sum(changes), 0) FROM mark WHERE user_id = ?1
            AND accepted_at >= ?3 - ?3 % ${DAY}) AS today,
         (${DAY} - ?3 % ${DAY}) / 1000 AS left`;

/** A mark of somebody. */
export interface StoredMark {
  readonly userId: number;
  readonly movieId: number;
  readonly mark: Mark;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/**
 * Marks of these people from a time on, without those taken back.
 *
 * @param since seconds since the epoch
 * @throws `store-unavailable`
 */
export async function marksSince(db: Database, userIds: readonly number[], since: number): Promise<StoredMark[]> {
  const select = db.prepare(
    `SELECT user_id AS userId, movie_id AS movieId, mark, marked_at AS timestamp FROM mark
     WHERE user_id IN (SELECT value FROM json_each(?1)) AND marked_at >= ?2 AND mark IS NOT NULL`,
  );
  return (await answerOf(select.bind(JSON.stringify(userIds), since).all<StoredMark>())).results;
}

/** At most `limit` of everybody's marks, by user and movie, from behind one on. Throws `store-unavailable`. */
export async function readMarksAfter(
  db: Database,
  last: Pick<StoredMark, 'userId' | 'movieId'> = { userId: -1, movieId: -1 },
  limit: number,
): Promise<StoredMark[]> {
  const select = db.prepare(
    `SELECT user_id AS userId, movie_id AS movieId, mark, marked_at AS timestamp FROM mark
     WHERE (user_id, movie_id) > (?1, ?2) AND mark IS NOT NULL ORDER BY user_id, movie_id LIMIT ?3`,
  );
  return (await answerOf(select.bind(last.userId, last.movieId, limit).all<StoredMark>())).results;
}

/** Whether the table holds anything. Throws `store-unavailable`. */
export async function hasMarks(db: Database): Promise<boolean> {
  const some = everyShard(db).map((shard) => answerOf(shard.prepare('SELECT 1 FROM mark LIMIT 1').first(), UNREADABLE));
  return (await Promise.all(some)).some((row) => row !== null);
}

const UNREADABLE = {
  message: 'the watchlists could not be read',
  fix: 'On Cloudflare: npm run deploy, which makes the tables that are missing, then try again.',
};

export function deleteMarksOf(db: Database, userId: number): Statement {
  return db.prepare('DELETE FROM mark WHERE user_id = ?1').bind(userId);
}
