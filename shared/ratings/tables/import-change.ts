import type { Database, Statement } from '../../storage/database.ts';
import { EVERY_MOVIE } from '../rating.ts';
import { LATEST_MARKS } from './mark.ts';
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
 * | before   | JSON of what was held, the columns of `HELD`; null where there was nothing   |
 */

/** Days for which an import can be taken back. */
export const UNDO_DAYS = 30;

/** An import of a user. */
export interface ImportKey {
  readonly user: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What an import writes: the tables of that name. */
export type ImportKind = 'rating' | 'mark';

/** The columns that an import changes. */
const HELD: Readonly<Record<ImportKind, readonly string[]>> = {
  rating: ['half_stars', 'rated_at', 'accepted_at'],
  mark: ['mark', 'marked_at', 'accepted_at', 'changes'],
};

/**
 * Keeps what a table holds of those of a user's rows that will change it, before it is changed.
 *
 * @param rows JSON of `RatingRow`s or `MarkRow`s
 */
export function keepHeld(db: Database, { user, at }: ImportKey, kind: ImportKind, rows: string): Statement {
  const columns = HELD[kind].map((column) => `held.${column}`);
  return db
    .prepare(
      `INSERT OR IGNORE INTO import_change (user_id, import, kind, movie_id, before)
       SELECT ?1, ?3, '${kind}', latest.movie_id,
         CASE WHEN held.user_id IS NULL THEN NULL ELSE json_array(${columns}) END
       FROM (${kind === 'rating' ? LATEST : LATEST_MARKS}) AS latest
       LEFT JOIN ${kind} AS held ON held.user_id = ?1 AND held.movie_id = latest.movie_id WHERE NOT latest.known`,
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

/** SQL: what an import of user ?1, ?2, wrote into a table and what still stands there as it wrote it. */
function standing(kind: ImportKind): string {
  return `
    FROM import_change AS change JOIN ${kind} AS held ON held.user_id = ?1 AND held.movie_id = change.movie_id
    WHERE change.user_id = ?1 AND change.import = ?2 AND change.kind = '${kind}' AND held.accepted_at = ?2`;
}

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
         held.rated_at, 'import' ${standing('rating')}`,
    )
    .bind(user, at, trained);
}

/** Deletes the rows of an import where the table held none before. */
export function deleteImported(db: Database, { user, at }: ImportKey, kind: ImportKind): Statement {
  return db
    .prepare(
      `DELETE FROM ${kind} WHERE user_id = ?1 AND movie_id IN (
         SELECT change.movie_id ${standing(kind)} AND change.before IS NULL)`,
    )
    .bind(user, at);
}

/** Makes the rows that an import changed what they were before. */
export function restoreHeld(db: Database, { user, at }: ImportKey, kind: ImportKind): Statement {
  const columns = HELD[kind].map((column, place) => `${column} = old.before ->> ${place}`);
  return db
    .prepare(
      `UPDATE ${kind} SET ${columns}
       FROM (SELECT change.movie_id, change.before ${standing(kind)} AND change.before IS NOT NULL) AS old
       WHERE ${kind}.user_id = ?1 AND ${kind}.movie_id = old.movie_id`,
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
