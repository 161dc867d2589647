import { answerOf, type Database } from '../storage/database.ts';
import { type HeldMark, type MarkRow, type NewMark, requireSoundMarks } from './mark.ts';
import { type Written, wasDeleted } from './rating-store.ts';
import { homeOf } from './shards.ts';
import { keepHeld } from './tables/import-change.ts';
import { selectHeldMarks, upsertMarks } from './tables/mark.ts';
import { selectDeleted } from './tables/person.ts';
import type { RatingSource } from './tables/rating-log.ts';

interface MarkChange {
  readonly user: number;
  readonly source: RatingSource;
  /** Milliseconds since the epoch; what a queue delivers later keeps the time of its acceptance. */
  readonly acceptedAt: number;
}

/**
 * Writes a user's marks in one request whatever their number (send no more than 1,000). The latest timestamp wins, of
 * equal ones the mark that was accepted last; a replay changes nothing, whenever and in whatever order it comes.
 *
 * @throws `bad-data` for a mark that is none, before anything is written; `deleted-user`; `store-unavailable`
 */
export async function writeMarks(
  store: Database,
  marks: readonly NewMark[],
  { user, source, acceptedAt }: MarkChange,
): Promise<Written> {
  requireSoundMarks(marks);
  const db = homeOf(store, user);
  const latest = latestMarks(marks);
  const writing = { user, rows: JSON.stringify(latest.map(markRow)), acceptedAt };
  const kept = source === 'import' ? [keepHeld(db, { user, at: acceptedAt }, 'mark', writing.rows)] : [];
  const [deleted, known, upserted] = (
    await answerOf(
      db.batch<{ held: number }>([
        ...kept,
        selectDeleted(db, user),
        selectHeldMarks(db, writing),
        upsertMarks(db, writing, source !== 'api'),
      ]),
    )
  ).slice(kept.length);
  if (deleted.results.length > 0) throw wasDeleted(user);
  const [{ held }] = known.results;
  const stored = upserted.meta.changes;
  return { stored, held, older: latest.length - stored - held };
}

/** The last mark of each movie. */
function latestMarks(marks: readonly NewMark[]): NewMark[] {
  const latest = new Map<number, NewMark>();
  for (const mark of marks) {
    if ((latest.get(mark.movieId)?.timestamp ?? 0) <= mark.timestamp) latest.set(mark.movieId, mark);
  }
  return [...latest.values()];
}

export function markRow({ movieId, mark, timestamp }: NewMark): MarkRow {
  return [movieId, mark, timestamp];
}

/** What D1 holds of a user, oldest first. */
export function parseMarks(text: string): HeldMark[] {
  const rows: [number, HeldMark['mark'], number][] = JSON.parse(text);
  return rows.map(([movieId, mark, timestamp]) => ({ movieId, mark, timestamp }));
}
