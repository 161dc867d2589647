import { MarqueeError } from '../errors.ts';
import { answerOf, type Database } from '../storage/database.ts';
import { homeOf } from './shards.ts';
import { deleteEventsOf } from './tables/event.ts';
import { leaveGatherings } from './tables/gathering.ts';
import { deleteImportsOf } from './tables/import-change.ts';
import { deleteListsOf } from './tables/list-shown.ts';
import { deleteMarksOf } from './tables/mark.ts';
import { isPerson, markDeleted } from './tables/person.ts';
import { deleteRatingsOf } from './tables/rating.ts';
import { deleteLogOf, logDeletion } from './tables/rating-log.ts';
import { deleteSubjectOf } from './tables/subject.ts';

/** Ids from here on belong to people who came to the page (worker/migrations); below it are the data sets' users. */
export const FIRST_PERSON = 1_000_000_001;

/** The error of an id that nobody has. */
export function nobody(userId: number): MarqueeError {
  return new MarqueeError('unknown-user', `nobody has the user number ${userId} yet`, {
    fix: `POST /session gives out the next number; users of your own have ids from 0 to ${FIRST_PERSON - 1}.`,
    details: { user: userId },
  });
}

/** Whether a program may write for a user: their id is no visitor's, or one that a visitor got. */
export async function isGivenOut(db: Database, userId: number): Promise<boolean> {
  return userId < FIRST_PERSON || (await isPerson(db, userId));
}

/** Whether D1 knows a user: a visitor, deleted since or not, or somebody with ratings or marks. */
export async function isKnown(db: Database, userId: number): Promise<boolean> {
  const home = homeOf(db, userId);
  const select = home.prepare(
    `SELECT 1 FROM person WHERE user_id = ?1 UNION ALL SELECT 1 FROM rating WHERE user_id = ?1
     UNION ALL SELECT 1 FROM mark WHERE user_id = ?1 LIMIT 1`,
  );
  if ((await answerOf(select.bind(userId).first())) !== null) return true;
  return home !== db && isPerson(db, userId);
}

/**
 * Deletes a user: a visitor, or one of the data set. They leave every gathering, and those that they made end. Every
 * rating goes from the table and from the log at once, and every mark, list that they were shown, and
 * event; a row of the log tells the next retrain to drop what it took up before. Nothing is written for them from then
 * on, however late it arrives. Repeating it changes nothing.
 *
 * @param deletedAt seconds since the epoch
 * @throws `store-unavailable`
 */
export async function deletePerson(db: Database, userId: number, deletedAt: number): Promise<void> {
  const home = homeOf(db, userId);
  const alone = home === db;
  const shared = (db: Database) => [deleteSubjectOf(db, userId), ...leaveGatherings(db, userId)];
  await answerOf(
    home.batch([
      logDeletion(home, userId, deletedAt),
      deleteLogOf(home, userId),
      deleteRatingsOf(home, userId),
      deleteImportsOf(home, userId),
      deleteMarksOf(home, userId),
      deleteListsOf(home, userId),
      deleteEventsOf(home, userId),
      ...(alone ? shared(home) : []),
      markDeleted(home, userId, deletedAt),
    ]),
  );
  if (!alone) await answerOf(db.batch([...shared(db), markDeleted(db, userId, deletedAt)]));
}
