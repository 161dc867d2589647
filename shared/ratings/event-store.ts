import { MarqueeError } from '../errors.ts';
import { answerOf, type Database } from '../storage/database.ts';
import { wasDeleted } from './rating-store.ts';
import { homeOf } from './shards.ts';
import { eventRows, insertEvents, MOST_EVENTS, type NewEvent, roomForEvents } from './tables/event.ts';
import { selectDeleted } from './tables/person.ts';

/**
 * Writes what a person did. Those whose ids the table has stay as they are, so that sending again is right.
 *
 * @returns how many were new
 * @throws `too-many-requests` beyond `MOST_EVENTS`, before anything is written; `deleted-user`; `store-unavailable`
 */
export async function writeEvents(store: Database, userId: number, events: readonly NewEvent[]): Promise<number> {
  const db = homeOf(store, userId);
  const rows = eventRows(events);
  const { stored, added } = await roomForEvents(db, userId, rows);
  if (added > 0 && stored + added > MOST_EVENTS) {
    throw new MarqueeError(
      'too-many-requests',
      `user ${userId} has ${stored} events, and ${added} more would be beyond the ${MOST_EVENTS} of a person`,
      { fix: 'Nothing of this was stored. Old ones go after 90 days.', details: { retryAfter: 24 * 3600 } },
    );
  }
  const [deleted, inserted] = await answerOf(db.batch([selectDeleted(db, userId), insertEvents(db, userId, rows)]));
  if (deleted.results.length > 0) throw wasDeleted(userId);
  return inserted.meta.changes;
}
