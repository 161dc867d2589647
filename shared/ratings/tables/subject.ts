import { answerOf, type Database, type Statement } from '../../storage/database.ts';

/**
 * D1's table `subject`: who the users of a host application are here.
 *
 * | column  |                                                  |
 * |---------|--------------------------------------------------|
 * | subject | key; `sub` of the tokens that the host signs     |
 * | user_id | of a `person`; no two subjects are one person    |
 */

const FIND = 'SELECT user_id AS userId FROM subject WHERE subject = ?1';
const IS_NEW = 'NOT EXISTS (SELECT 1 FROM subject WHERE subject = ?1)';

/**
 * The id of a subject, who becomes a person when first seen. Throws `store-unavailable`.
 *
 * @param seenAt seconds since the epoch
 */
export async function personOfSubject(db: Database, subject: string, seenAt: number): Promise<number> {
  const find = () => answerOf(db.prepare(FIND).bind(subject).first<{ userId: number }>());
  const known = await find();
  if (known) return known.userId;
  // One transaction: of two first requests the later finds the subject, and makes nobody.
  const person = `INSERT INTO person (created_at) SELECT ?2 WHERE ${IS_NEW}`;
  const row = `INSERT INTO subject (subject, user_id) SELECT ?1, last_insert_rowid() WHERE ${IS_NEW}`;
  await answerOf(db.batch([db.prepare(person).bind(subject, seenAt), db.prepare(row).bind(subject)]));
  return (await find())!.userId;
}

/** Forgets which subject a person was. */
export function deleteSubjectOf(db: Database, userId: number): Statement {
  return db.prepare('DELETE FROM subject WHERE user_id = ?1').bind(userId);
}
