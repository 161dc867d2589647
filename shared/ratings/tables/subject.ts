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
const TOLD = 'SELECT value ->> 0 AS subject, value ->> 1 AS user_id FROM json_each(?1)';
const INTRODUCE = `INSERT OR IGNORE INTO subject (subject, user_id) SELECT subject, user_id FROM (${TOLD}) AS told
  WHERE NOT EXISTS (SELECT 1 FROM person WHERE person.user_id = told.user_id AND deleted_at IS NOT NULL)`;
const KNOWN = `SELECT count(*) AS n FROM (${TOLD}) AS told JOIN subject USING (subject, user_id)`;

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

/** What became of subjects that were told who they are. */
export interface Introduced {
  readonly introduced: number;
  /** They were that person already. */
  readonly known: number;
  /** They are somebody else, or somebody else is that person, or the person was deleted: nothing changed. */
  readonly left: number;
}

/** Lets subjects be people that a data set knows. Those who are somebody already stay so. Throws `store-unavailable`. */
export async function introduceSubjects(
  db: Database,
  people: readonly (readonly [subject: string, userId: number])[],
): Promise<Introduced> {
  const rows = JSON.stringify(people);
  const [{ meta }, { results }] = await answerOf(
    db.batch<{ n: number }>([db.prepare(INTRODUCE).bind(rows), db.prepare(KNOWN).bind(rows)]),
  );
  const introduced = meta.changes;
  return { introduced, known: results[0].n - introduced, left: people.length - results[0].n };
}

/** Forgets which subject a person was. */
export function deleteSubjectOf(db: Database, userId: number): Statement {
  return db.prepare('DELETE FROM subject WHERE user_id = ?1').bind(userId);
}
