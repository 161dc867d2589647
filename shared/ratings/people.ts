import { type Database, DELETED, stored } from './rating-store.ts';

/** Ids from here on belong to people who came to the page (worker/migrations); below it are the data sets' users. */
export const FIRST_PERSON = 1_000_000_001;

/** Stands for every movie in a row of the log: its user was deleted. */
export const EVERY_MOVIE = -1;

/** Makes an anonymous user and returns their id, which is above every data set's and was never anybody else's. */
export async function createPerson(db: Database, createdAt: number): Promise<number> {
  const statement = db.prepare('INSERT INTO person (created_at) VALUES (?1) RETURNING user_id AS userId');
  const person = await stored(statement.bind(createdAt).first<{ userId: number }>());
  return person!.userId;
}

/**
 * Deletes a person: every rating goes from the table and from the log at once, and a row of the log tells the next
 * retrain to drop what it took up before. Nothing is written for them from then on, however late it arrives. Repeating
 * it changes nothing.
 *
 * @param deletedAt seconds since the epoch
 * @throws `store-unavailable`
 */
export async function deletePerson(db: Database, userId: number, deletedAt: number): Promise<void> {
  const statement = (sql: string) => db.prepare(sql);
  await stored(
    db.batch([
      // Who never rated is in no model.
      statement(
        `INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at, source)
         SELECT ?1, ${EVERY_MOVIE}, NULL, ?2, 'page' WHERE EXISTS (SELECT 1 FROM rating WHERE user_id = ?1)`,
      ).bind(userId, deletedAt),
      statement(`DELETE FROM rating_log WHERE user_id = ?1 AND movie_id <> ${EVERY_MOVIE}`).bind(userId),
      statement('DELETE FROM rating WHERE user_id = ?1').bind(userId),
      statement(
        `INSERT INTO person (user_id, created_at, deleted_at) VALUES (?1, ?2, ?2)
         ON CONFLICT (user_id) DO UPDATE SET deleted_at = coalesce(deleted_at, excluded.deleted_at)`,
      ).bind(userId, deletedAt),
    ]),
  );
}

/** Whether a person was deleted. Throws `store-unavailable`. */
export async function isDeleted(db: Database, userId: number): Promise<boolean> {
  return (await stored(db.prepare(DELETED).bind(userId).first())) !== null;
}
