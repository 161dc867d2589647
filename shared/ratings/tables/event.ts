import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import { homeOf } from '../shards.ts';
import { DELETED } from './person.ts';

/** What a person did with a film: opened it, watched it, waved it aside, or put it on their watchlist. */
export const EVENT_KINDS = ['clicked', 'watched', 'dismissed', 'watchlisted'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** What a person did, and when. No training reads it. */
export interface NewEvent {
  /** The client's: the same again is the same event. */
  readonly id: string;
  readonly kind: EventKind;
  readonly movieId: number;
  /** The request whose list the film was found in; null: not known. */
  readonly request: string | null;
  /** Whole seconds since the epoch. */
  readonly timestamp: number;
}

/**
 * D1's table `event`: what people did with films, as a client told it.
 *
 * | column      |                                                               |
 * |-------------|---------------------------------------------------------------|
 * | user_id     | key, with id                                                  |
 * | id          | the client's own: the same again is the same event            |
 * | kind        | `EventKind`                                                   |
 * | movie_id    |                                                               |
 * | request     | id of the request whose list it came from; null: not known    |
 * | happened_at | seconds since the epoch                                       |
 */
const COLUMNS = 'id, kind, movie_id AS movieId, request, happened_at AS timestamp';

/** Events of one person that the table takes. After `OUTCOME_DAYS` they are deleted. */
export const MOST_EVENTS = 20_000;

/** JSON of events for a statement. */
export function eventRows(events: readonly NewEvent[]): string {
  return JSON.stringify(
    events.map(({ id, kind, movieId, request, timestamp }) => [id, kind, movieId, request, timestamp]),
  );
}

/** Writes a user's events; those that the table has stay as they are. @param rows `eventRows` */
export function insertEvents(db: Database, userId: number, rows: string): Statement {
  return db
    .prepare(
      `INSERT OR IGNORE INTO event (user_id, id, kind, movie_id, request, happened_at)
       SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?2)
       WHERE NOT EXISTS (${DELETED})`,
    )
    .bind(userId, rows);
}

/** How many events a person has, and how many of these are new. Throws `store-unavailable`. */
export async function roomForEvents(db: Database, userId: number, rows: string) {
  const select = db.prepare(
    `SELECT (SELECT count(*) FROM event WHERE user_id = ?1) AS stored,
            (SELECT count(DISTINCT value ->> 0) FROM json_each(?2) WHERE NOT EXISTS (
               SELECT 1 FROM event WHERE user_id = ?1 AND id = value ->> 0)) AS added`,
  );
  return (await answerOf(select.bind(userId, rows).first<{ stored: number; added: number }>()))!;
}

/** A person's events, oldest first. Throws `store-unavailable`. */
export async function eventsOf(db: Database, userId: number): Promise<NewEvent[]> {
  const select = homeOf(db, userId).prepare(`SELECT ${COLUMNS} FROM event WHERE user_id = ?1 ORDER BY happened_at, id`);
  return (await answerOf(select.bind(userId).all<NewEvent>())).results;
}

/** Events of these people from a time on, by person. @param since seconds since the epoch. Throws `store-unavailable` */
export async function eventsSince(db: Database, userIds: readonly number[], since: number): Promise<EventOfSomebody[]> {
  const select = db.prepare(
    `SELECT user_id AS userId, ${COLUMNS} FROM event
     WHERE user_id IN (SELECT value FROM json_each(?1)) AND happened_at >= ?2 ORDER BY user_id, happened_at, id`,
  );
  return (await answerOf(select.bind(JSON.stringify(userIds), since).all<EventOfSomebody>())).results;
}

/** An event, and whose it is. */
export type EventOfSomebody = NewEvent & { readonly userId: number };

/** At most `limit` of everybody's events, by user and id, from behind one on. Throws `store-unavailable`. */
export async function readEventsAfter(
  db: Database,
  last: Pick<EventOfSomebody, 'userId' | 'id'> = { userId: -1, id: '' },
  limit: number,
): Promise<EventOfSomebody[]> {
  const select = db.prepare(
    `SELECT user_id AS userId, ${COLUMNS} FROM event
     WHERE (user_id, event.id) > (?1, ?2) ORDER BY user_id, event.id LIMIT ?3`,
  );
  return (await answerOf(select.bind(last.userId, last.id, limit).all<EventOfSomebody>())).results;
}

export function deleteEventsOf(db: Database, userId: number): Statement {
  return db.prepare('DELETE FROM event WHERE user_id = ?1').bind(userId);
}

/** Deletes events of before a time. @param time seconds since the epoch */
export function deleteEventsBefore(db: Database, time: number): Statement {
  return db.prepare('DELETE FROM event WHERE happened_at < ?1').bind(time);
}
