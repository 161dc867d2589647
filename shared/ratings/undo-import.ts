import { MarqueeError } from '../errors.ts';
import { answerOf, type Database } from '../storage/database.ts';
import { toHalfStars } from './rating.ts';
import { homeOf } from './shards.ts';
import {
  deleteImported,
  type ImportKey,
  logUndo,
  markUndone,
  restoreHeld,
  selectImport,
  UNDO_DAYS,
} from './tables/import-change.ts';

/** What became of an import that was taken back. */
export interface Undone {
  /** Ratings and marks of films that had none before. */
  readonly removed: number;
  /** Ratings and marks that are as they were before the import. */
  readonly restored: number;
  /** What was changed again since the import, and stays. */
  readonly kept: number;
}

/** Ratings that only the training knows. */
interface Trained {
  readonly movieIds: ArrayLike<number>;
  readonly stars: ArrayLike<number>;
}

/**
 * Takes an import back: what it wrote goes, and what it wrote over comes back with its stars and times. What was rated
 * again since stays. All or nothing; a second time changes nothing. Parts of the import that still wait on a queue are
 * never written.
 *
 * @throws `not-found` where the user has no such import, or one of too long ago; `store-unavailable`
 */
export async function undoImport(store: Database, key: ImportKey, trained: Trained | null): Promise<Undone> {
  const db = homeOf(store, key.user);
  const known = Array.from(trained?.movieIds ?? [], (movieId, j) => [movieId, toHalfStars(trained!.stars[j])]);
  const [found, , ...changed] = await answerOf(
    db.batch<{ written: number; undone: number }>([
      selectImport(db, key),
      logUndo(db, key, JSON.stringify(known)),
      deleteImported(db, key, 'rating'),
      restoreHeld(db, key, 'rating'),
      deleteImported(db, key, 'mark'),
      restoreHeld(db, key, 'mark'),
      ...markUndone(db, key),
    ]),
  );
  const { written, undone } = found.results[0];
  if (written + undone === 0) throw noImport(key.at);
  const [ratingsGone, ratingsBack, marksGone, marksBack] = changed.map(({ meta }) => meta.changes);
  const counts = { removed: ratingsGone + marksGone, restored: ratingsBack + marksBack };
  return { ...counts, kept: written - counts.removed - counts.restored };
}

/** Whether an import was taken back, so that nothing of it is written any more. Throws `store-unavailable`. */
export async function isUndone(db: Database, key: ImportKey): Promise<boolean> {
  const found = await answerOf(selectImport(homeOf(db, key.user), key).first<{ undone: number }>());
  return found!.undone > 0;
}

function noImport(at: number): MarqueeError {
  return new MarqueeError('not-found', `there is no import ${at}`, {
    fix: `POST /import answers with the number of each import; it can be taken back for ${UNDO_DAYS} days.`,
  });
}
