import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import { DELETED, selectDeleted } from './person.ts';

/**
 * D1's tables `gathering` and `gathering_member`: people who look for a film together, for a day.
 *
 * | `gathering` |                                                    |
 * |-------------|----------------------------------------------------|
 * | code        | key, random                                        |
 * | maker       | user id of whoever opened it; null: it has ended   |
 * | made_at     | seconds since the epoch                            |
 *
 * | `gathering_member` |                                                     |
 * |--------------------|-----------------------------------------------------|
 * | code, user_id      | key                                                 |
 * | place              | 1 for the maker, then in the order of joining       |
 * | name               | a first name; null: none was given                  |
 * | not_seen           | JSON, ids of films that they are not to be asked about |
 */

/** Seconds that a gathering lives. */
export const GATHERING_LIFE = 24 * 3600;

/** The most people of a gathering. */
export const MOST_MEMBERS = 8;

export interface Member {
  readonly userId: number;
  readonly place: number;
  readonly name: string | null;
  /** Movie ids. */
  readonly notSeen: readonly number[];
}

export interface Gathering {
  readonly code: string;
  /** Seconds since the epoch. */
  readonly madeAt: number;
  /** Null: it has ended. */
  readonly maker: number | null;
  /** By place. */
  readonly members: readonly Member[];
}

/** What a member says of themselves; what is undefined stays as it was. */
export interface MemberSays {
  readonly name?: string;
  readonly notSeen?: readonly number[];
}

/** SQL: ?3 is the time, in seconds, after which living gatherings were made. */
const LIVING = 'maker IS NOT NULL AND made_at > ?3';

const JOIN = `
  INSERT INTO gathering_member (code, user_id, place, name, not_seen)
  SELECT code, ?1, 1 + (SELECT coalesce(max(place), 0) FROM gathering_member WHERE code = ?2), ?4, coalesce(?5, '[]')
  FROM gathering WHERE code = ?2 AND ${LIVING} AND NOT EXISTS (${DELETED})
    AND (EXISTS (SELECT 1 FROM gathering_member WHERE code = ?2 AND user_id = ?1)
         OR (SELECT count(*) FROM gathering_member WHERE code = ?2) < ${MOST_MEMBERS})
  ON CONFLICT (code, user_id) DO UPDATE
  SET name = coalesce(?4, name), not_seen = coalesce(?5, not_seen)`;

interface Joining extends MemberSays {
  readonly code: string;
  readonly userId: number;
  /** Seconds since the epoch. */
  readonly now: number;
}

function join(db: Database, { code, userId, now, name, notSeen }: Joining): Statement {
  return db
    .prepare(JOIN)
    .bind(userId, code, now - GATHERING_LIFE, name ?? null, notSeen ? JSON.stringify(notSeen) : null);
}

/**
 * Opens a gathering under a new code and joins it, unless its maker has a living one: then that is it. Returns its code,
 * null when the maker was deleted. Throws `store-unavailable`.
 */
export async function openGathering(db: Database, opened: Omit<Joining, 'notSeen'>): Promise<string | null> {
  const { code, userId, now } = opened;
  const insert = db
    .prepare(
      `INSERT INTO gathering (code, maker, made_at) SELECT ?2, ?1, ?3 WHERE NOT EXISTS (${DELETED})
       ON CONFLICT (maker) DO NOTHING`,
    )
    .bind(userId, code, now);
  const select = db.prepare('SELECT code FROM gathering WHERE maker = ?1').bind(userId);
  const results = await answerOf(db.batch<{ code: string }>([...sweepGatherings(db, now), insert, select]));
  const living = results.at(-1)?.results[0]?.code;
  if (living === undefined) return null;
  await answerOf(join(db, { ...opened, code: living }).run());
  return living;
}

/** Joins a gathering, or changes what a member says. Whether it was taken, and the person deleted. Throws `store-unavailable`. */
export async function joinGathering(db: Database, joining: Joining): Promise<{ joined: boolean; deleted: boolean }> {
  const [deleted, joined] = await answerOf(db.batch([selectDeleted(db, joining.userId), join(db, joining)]));
  return { joined: joined.meta.changes > 0, deleted: deleted.results.length > 0 };
}

/** A gathering, living or not, as far as D1 still knows it. Throws `store-unavailable`. */
export async function readGathering(db: Database, code: string): Promise<Gathering | null> {
  const select = db.prepare(
    `SELECT maker, made_at AS madeAt, user_id AS userId, place, name, not_seen AS notSeen
     FROM gathering LEFT JOIN gathering_member USING (code) WHERE code = ?1 ORDER BY place`,
  );
  type Row = Omit<Gathering, 'code' | 'members'> & Omit<Member, 'notSeen'> & { readonly notSeen: string };
  const { results } = await answerOf(select.bind(code).all<Row>());
  if (results.length === 0) return null;
  const { maker, madeAt } = results[0];
  const members = results
    .filter(({ userId }) => userId !== null)
    .map(({ userId, place, name, notSeen }) => ({ userId, place, name, notSeen: JSON.parse(notSeen) as number[] }));
  return { code, maker, madeAt, members };
}

/** Codes of the living gatherings that a person is in. Throws `store-unavailable`. */
export async function gatheringsOf(db: Database, userId: number, now: number): Promise<string[]> {
  const select = db.prepare(
    `SELECT code FROM gathering JOIN gathering_member USING (code) WHERE user_id = ?1 AND ${LIVING.replace('?3', '?2')}
     ORDER BY made_at, code`,
  );
  return (await answerOf(select.bind(userId, now - GATHERING_LIFE).raw<[string]>())).map(([code]) => code);
}

/** Takes a person out of a gathering; it ends with its maker. Throws `store-unavailable`. */
export async function leaveGathering(db: Database, code: string, userId: number): Promise<void> {
  const leave = db.prepare(
    `DELETE FROM gathering_member WHERE code = ?2
     AND (user_id = ?1 OR EXISTS (SELECT 1 FROM gathering WHERE code = ?2 AND maker = ?1))`,
  );
  const end = db.prepare('UPDATE gathering SET maker = NULL WHERE code = ?2 AND maker = ?1');
  await answerOf(db.batch([leave.bind(userId, code), end.bind(userId, code)]));
}

/** Takes a person out of every gathering, and ends those that they made. To be run as one batch. */
export function leaveGatherings(db: Database, userId: number): Statement[] {
  return [
    db
      .prepare(
        `DELETE FROM gathering_member
         WHERE user_id = ?1 OR code IN (SELECT code FROM gathering WHERE maker = ?1)`,
      )
      .bind(userId),
    db.prepare('UPDATE gathering SET maker = NULL WHERE maker = ?1').bind(userId),
  ];
}

/** Deletes who was in gatherings of more than a day ago, and after another day the codes. To be run as one batch. */
export function sweepGatherings(db: Database, now: number): Statement[] {
  const dead = now - GATHERING_LIFE;
  return [
    db
      .prepare('DELETE FROM gathering_member WHERE code IN (SELECT code FROM gathering WHERE made_at <= ?1)')
      .bind(dead),
    db.prepare('UPDATE gathering SET maker = NULL WHERE made_at <= ?1 AND maker IS NOT NULL').bind(dead),
    db.prepare('DELETE FROM gathering WHERE made_at <= ?1').bind(dead - GATHERING_LIFE),
  ];
}
