import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import { EVERY_MOVIE } from '../rating.ts';
import { LATEST } from './rating.ts';
import { NOT_WRITTEN_HERE } from './shard-map.ts';

/**
 * D1's table `rating_log`: every change of `rating`, in the order in which they came. The nightly retrain reads on from
 * the last seq that it saw.
 *
 * | column      |                                                                            |
 * |-------------|----------------------------------------------------------------------------|
 * | seq         | key, counts up                                                             |
 * | user_id     |                                                                            |
 * | movie_id    | `EVERY_MOVIE`, −1: the user was deleted                                    |
 * | half_stars  | 1 to 10; null: the user took the rating back                               |
 * | rated_at    | seconds since the epoch, as the client says                                |
 * | source      | `RatingSource`; null: older than the log                                   |
 * | received_at | seconds since the epoch, by D1's clock                                     |
 */

/** Where a rating came from: somebody with a session, a program with a token, a file. */
export type RatingSource = 'page' | 'api' | 'import';

/** A row of the log, in D1 and in the partitions that the retrain copies out of it. */
export interface LogRow {
  readonly seq: number;
  readonly userId: number;
  readonly movieId: number;
  /** null: the user took the rating back. */
  readonly halfStars: number | null;
  /** `rated_at`. */
  readonly timestamp: number;
  /** `received_at`; partitions of earlier releases do not say. */
  readonly receivedAt?: number;
}

const UNREADABLE = {
  message: 'the rating log could not be read',
  fix: 'On Cloudflare: npm run deploy, which makes the tables that are missing, then try again.',
};

const INSERT = `
  INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at, source)
  SELECT user_id, movie_id, half_stars, rated_at, ?4 FROM (${LATEST}) WHERE NOT known`;

/**
 * Logs those of a user's rows that change the table `rating`, before it is changed.
 *
 * @param rows JSON of `RatingRow`s
 */
export function logRatings(
  db: Database,
  userId: number,
  rows: string,
  acceptedAt: number,
  source: RatingSource,
): Statement {
  return db.prepare(INSERT).bind(userId, rows, acceptedAt, source);
}

/**
 * Logs that a user was deleted, before their ratings and marks are. A visitor who has neither is in no model and nothing of
 * them can come back with a restore of D1: that is not logged. A user of the data set, who has no row in `person`, may be
 * in a model without a rating here. Where the user is in another database, this fails (`shard-map.ts`).
 */
export function logDeletion(db: Database, userId: number, deletedAt: number): Statement {
  return db
    .prepare(
      `INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at, source)
       SELECT ?1, ${EVERY_MOVIE}, NULL, ?2, 'page' WHERE EXISTS (SELECT 1 FROM rating WHERE user_id = ?1)
          OR EXISTS (SELECT 1 FROM mark WHERE user_id = ?1) OR NOT EXISTS (SELECT 1 FROM person WHERE user_id = ?1)
          OR ${NOT_WRITTEN_HERE}`,
    )
    .bind(userId, deletedAt);
}

/** Deletes all that is logged of a user, except that they were deleted. */
export function deleteLogOf(db: Database, userId: number): Statement {
  return db.prepare(`DELETE FROM rating_log WHERE user_id = ?1 AND movie_id <> ${EVERY_MOVIE}`).bind(userId);
}

/**
 * Deletes the rows of seq `after` + 1 to `to` that are not the current rating any more, and returns how many there
 * were. What is left still gives the table of current ratings, and the same retrain. Throws `store-unavailable`.
 */
export async function deleteSuperseded(db: Database, after: number, to: number): Promise<number> {
  const superseded = db.prepare(
    `DELETE FROM rating_log WHERE seq > ?1 AND seq <= ?2 AND NOT EXISTS (
       SELECT 1 FROM rating
       WHERE rating.user_id = rating_log.user_id AND rating.movie_id = rating_log.movie_id
         AND rating.rated_at = rating_log.rated_at AND rating.half_stars IS rating_log.half_stars)`,
  );
  return (await answerOf(superseded.bind(after, to).run())).meta.changes;
}

/** The lowest seq that the log still holds, null where it is empty. Throws `store-unavailable`. */
export async function firstSeq(db: Database): Promise<number | null> {
  const row = await answerOf(db.prepare('SELECT min(seq) AS seq FROM rating_log').first<{ seq: number | null }>());
  return row?.seq ?? null;
}

/** The last seq given out, also where its row is gone; 0 before the first. Throws `store-unavailable`. */
export async function lastSeq(db: Database): Promise<number> {
  const select = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'rating_log'");
  return (await answerOf(select.first<{ seq: number }>(), UNREADABLE))?.seq ?? 0;
}

/** At most `limit` rows of seq `after` + 1 to `to`, ascending. Throws `store-unavailable`. */
export async function readLog(db: Database, after: number, to: number, limit: number): Promise<LogRow[]> {
  const select = db.prepare(
    `SELECT seq, user_id AS userId, movie_id AS movieId, half_stars AS halfStars, rated_at AS timestamp,
            received_at AS receivedAt
     FROM rating_log WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3`,
  );
  return (await answerOf(select.bind(after, to, limit).all<LogRow>(), UNREADABLE)).results;
}

/**
 * Gives the rows behind `last` new numbers beyond those that R2 has, and lets the log go on from there. Their order stays.
 * To be run as one batch.
 *
 * @param last the last seq that D1 and R2 agree on
 * @param watermark the last seq in R2
 */
export function renumberLog(db: Database, last: number, watermark: number): Statement[] {
  const bound = (sql: string) => db.prepare(sql).bind(last, watermark);
  return [
    db.prepare(
      `INSERT INTO sqlite_sequence (name, seq)
       SELECT 'rating_log', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'rating_log')`,
    ),
    bound(
      `UPDATE rating_log SET seq = seq - ?1 + (SELECT max(seq, ?2) FROM sqlite_sequence WHERE name = 'rating_log')
       WHERE seq > ?1`,
    ),
    bound("UPDATE sqlite_sequence SET seq = max(seq, ?2) + max(seq - ?1, 0) WHERE name = 'rating_log'"),
  ];
}

/** A row that R2 has and D1 lost, as JSON: seq, user, movie, half stars or null, rated_at, received_at. */
export type LostRow = readonly [number, number, number, number | null, number, number];

/** Puts lost rows back under their own seqs, but for those of deleted people. */
export function putBackLog(db: Database, rows: string): Statement {
  return db
    .prepare(
      `INSERT OR IGNORE INTO rating_log (seq, user_id, movie_id, half_stars, rated_at, received_at)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?1)
       WHERE NOT EXISTS (SELECT 1 FROM person WHERE user_id = value ->> 1 AND deleted_at IS NOT NULL)`,
    )
    .bind(rows);
}
