import type { Database, Statement } from '../../storage/database.ts';
import { EVERY_MOVIE } from '../rating.ts';
import { LATEST } from './rating.ts';

/**
 * D1's table `import_change`: what each import changed, so that it can be taken back.
 *
 * | column   |                                                                              |
 * |----------|------------------------------------------------------------------------------|
 * | user_id  | key, with import, kind and movie_id                                          |
 * | import   | milliseconds since the epoch: accepted_at of what it wrote                   |
 * | kind     | `rating`, `mark`; or `undone`, with movie_id −1: the import was taken back   |
 * | movie_id |                                                                              |
 * | before   | JSON of what was held: half stars, rated_at, accepted_at; null where nothing |
 */

/** Days for which an import can be taken back. */
export const UNDO_DAYS = 30;

/** An import of a user. */
export interface ImportKey {
  readonly user: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Keeps what the table `rating` holds of those of a user's rows that will change it, before it is changed.
 *
 * @param rows JSON of `RatingRow`s
 */
export function keepRatings(db: Database, { user, at }: ImportKey, rows: string): Statement {
  return db
    .prepare(
      `INSERT OR IGNORE INTO import_change (user_id, import, kind, movie_id, before)
       SELECT ?1, ?3, 'rating', latest.movie_id,
         CASE WHEN rating.user_id IS NULL THEN NULL
              ELSE json_array(rating.half_stars, rating.rated_at, rating.accepted_at) END
       FROM (${LATEST}) AS latest
       LEFT JOIN rating ON rating.user_id = ?1 AND rating.movie_id = latest.movie_id WHERE NOT latest.known`,
    )
    .bind(user, rows, at);
}

/** How many ratings and marks an import wrote, and whether it was taken back: `{ written, undone }`. */
export function selectImport(db: Database, { user, at }: ImportKey): Statement {
  return db
    .prepare(
      `SELECT count(*) FILTER (WHERE kind <> 'undone') AS written, count(*) FILTER (WHERE kind = 'undone') AS undone
       FROM import_change WHERE user_id = ?1 AND import = ?2`,
    )
    .bind(user, at);
}

/** SQL: what an import of user ?1, ?2, wrote into `rating` and what still stands there as it wrote it. */
const STANDING = `
  FROM import_change AS change JOIN rating ON rating.user_id = ?1 AND rating.movie_id = change.movie_id
  WHERE change.user_id = ?1 AND change.import = ?2 AND change.kind = 'rating' AND rating.accepted_at = ?2`;

/**
 * Logs what the ratings of an import go back to. The rows bear the import's own times: of equal times the later row
 * holds, so that the next training comes to the stars of before, or to no rating.
 *
 * @param trained JSON of [movie id, half stars]: what only the training knows, and holds where D1 held nothing
 */
export function logUndo(db: Database, { user, at }: ImportKey, trained: string): Statement {
  return db
    .prepare(
      `INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at, source)
       SELECT ?1, change.movie_id,
         CASE WHEN change.before IS NULL
              THEN (SELECT value ->> 1 FROM json_each(?3) WHERE value ->> 0 = change.movie_id)
              ELSE change.before ->> 0 END,
         rating.rated_at, 'import' ${STANDING}`,
    )
    .bind(user, at, trained);
}

/** Deletes the ratings of an import where none was held before. */
export function deleteImported(db: Database, { user, at }: ImportKey): Statement {
  return db
    .prepare(
      `DELETE FROM rating WHERE user_id = ?1 AND movie_id IN (
         SELECT change.movie_id ${STANDING} AND change.before IS NULL)`,
    )
    .bind(user, at);
}

/** Gives the ratings that an import changed their stars and times of before. */
export function restoreRatings(db: Database, { user, at }: ImportKey): Statement {
  return db
    .prepare(
      `UPDATE rating SET half_stars = old.before ->> 0, rated_at = old.before ->> 1, accepted_at = old.before ->> 2
       FROM (SELECT change.movie_id, change.before ${STANDING} AND change.before IS NOT NULL) AS old
       WHERE rating.user_id = ?1 AND rating.movie_id = old.movie_id`,
    )
    .bind(user, at);
}

/** Says that an import was taken back, in place of what it changed. */
export function markUndone(db: Database, { user, at }: ImportKey): Statement[] {
  const bound = (sql: string) => db.prepare(sql).bind(user, at);
  return [
    bound(
      `INSERT OR IGNORE INTO import_change (user_id, import, kind, movie_id)
       SELECT ?1, ?2, 'undone', ${EVERY_MOVIE}
       WHERE EXISTS (SELECT 1 FROM import_change WHERE user_id = ?1 AND import = ?2)`,
    ),
    bound("DELETE FROM import_change WHERE user_id = ?1 AND import = ?2 AND kind <> 'undone'"),
  ];
}

export function deleteImportsOf(db: Database, userId: number): Statement {
  return db.prepare('DELETE FROM import_change WHERE user_id = ?1').bind(userId);
}

/** Forgets what imports before a time changed: milliseconds since the epoch. */
export function deleteImportsBefore(db: Database, time: number): Statement {
  return db.prepare('DELETE FROM import_change WHERE import < ?1').bind(time);
}
