import { answerOf, type Database } from '../storage/database.ts';
import { markDeleted } from './tables/person.ts';
import { deleteRatingsOf } from './tables/rating.ts';
import { deleteLogOf, logDeletion } from './tables/rating-log.ts';

/** Ids from here on belong to people who came to the page (worker/migrations); below it are the data sets' users. */
export const FIRST_PERSON = 1_000_000_001;

/**
 * Deletes a person. Every rating goes from the table and from the log at once; a row of the log tells the next retrain
 * to drop what it took up before. Nothing is written for them from then on, however late it arrives. Repeating it
 * changes nothing.
 *
 * @param deletedAt seconds since the epoch
 * @throws `store-unavailable`
 */
export async function deletePerson(db: Database, userId: number, deletedAt: number): Promise<void> {
  await answerOf(
    db.batch([
      logDeletion(db, userId, deletedAt),
      deleteLogOf(db, userId),
      deleteRatingsOf(db, userId),
      markDeleted(db, userId, deletedAt),
    ]),
  );
}
