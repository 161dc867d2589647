import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import { atHomes, everyShard } from '../shards.ts';
import { MARKS_OF_ASKED } from './mark.ts';
import { DELETED } from './person.ts';

/**
 * D1's table `rating`: the current rating of each user and movie.
 *
 * | column      |                                                                                      |
 * |-------------|--------------------------------------------------------------------------------------|
 * | user_id     | key, with movie_id                                                                   |
 * | movie_id    |                                                                                      |
 * | half_stars  | 1 to 10; null: the user took the rating back                                         |
 * | rated_at    | seconds since the epoch, as the client says: the latest holds                        |
 * | accepted_at | milliseconds since the epoch, by the Worker's clock: decides between equal rated_at  |
 */

/** A row of `rating` or `rating_log` as JSON: movie id, half stars or null, seconds since the epoch. */
export type RatingRow = [movieId: number, halfStars: number | null, ratedAt: number];

/** A rating that is neither taken back nor of a deleted person, as the table has it. */
export interface StoredRating {
  readonly userId: number;
  readonly movieId: number;
  readonly halfStars: number;
  /** Seconds since the epoch. */
  readonly ratedAt: number;
}

/**
 * SQL: those of the `RatingRow`s in ?2 that the table does not hold of user ?1 in a newer form; `known` where it holds
 * the very same. ?3 is when the Worker took them, in milliseconds: it decides between two of one second. Of a deleted
 * user there are none. It is repeated in the statements of both tables: a batch is one transaction, and the log goes
 * first, so that both see the same current ratings.
 */
export const LATEST = `
  SELECT ?1 AS user_id, value ->> 0 AS movie_id, value ->> 1 AS half_stars, value ->> 2 AS rated_at,
         value ->> 2 IS held.rated_at AND value ->> 1 IS held.half_stars AS known
  FROM json_each(?2) LEFT JOIN rating AS held ON held.user_id = ?1 AND held.movie_id = value ->> 0
  WHERE (held.user_id IS NULL OR value ->> 2 > held.rated_at
         OR (value ->> 2 = held.rated_at AND ?3 >= held.accepted_at))
    AND NOT EXISTS (${DELETED})`;

const UPSERT = `
  INSERT INTO rating (user_id, movie_id, half_stars, rated_at, accepted_at)
  SELECT user_id, movie_id, half_stars, rated_at, ?3 FROM (${LATEST}) WHERE true
  ON CONFLICT (user_id, movie_id) DO UPDATE
  SET half_stars = excluded.half_stars, rated_at = excluded.rated_at, accepted_at = excluded.accepted_at`;

/**
 * Makes those of a user's rows current that are not older than what the table holds.
 *
 * @param rows JSON of `RatingRow`s
 */
export function upsertRatings(db: Database, userId: number, rows: string, acceptedAt: number): Statement {
  return db.prepare(UPSERT).bind(userId, rows, acceptedAt);
}

/**
 * Ratings of one person that the table takes (`limits.ts`), those that they took back included. An answer reads all of
 * them as one JSON text of some 25 bytes each, of the 2,000,000 bytes that D1 allows a value. Of somebody whom an earlier
 * release let have more it reads those of the lowest ids: films have low ids, invented ones were high, and D1 looks at no
 * row beyond.
 */
export const MOST_STORED = 20_000;

/** What D1 holds of a person, as JSON, each oldest first: `RatingRow`s and `MarkRow`s. */
export interface PersonTexts {
  readonly ratings: string;
  readonly marks: string;
}

/**
 * The texts of each of these users who has ratings or marks; null for users who were deleted. A text says sooner than a
 * list whether anything changed, and costs D1 and its reader less. Throws `store-unavailable`.
 */
export async function readPersonTexts(
  db: Database,
  userIds: readonly number[],
): Promise<Map<number, PersonTexts | null>> {
  const select = `SELECT asked.value, CASE WHEN EXISTS (
       SELECT 1 FROM person WHERE user_id = asked.value AND deleted_at IS NOT NULL
     ) THEN NULL ELSE (
       SELECT json_group_array(json_array(movie_id, half_stars, rated_at) ORDER BY rated_at, place) FROM (
         SELECT movie_id, half_stars, rated_at, rowid AS place FROM rating WHERE user_id = asked.value
         ORDER BY movie_id LIMIT ${MOST_STORED})
     ) END, (${MARKS_OF_ASKED})
     FROM json_each(?1) AS asked`;
  type Row = [userId: number, ratings: string | null, marks: string];
  const rows = await atHomes(db, userIds, (home, theirs) =>
    answerOf(home.prepare(select).bind(JSON.stringify(theirs)).raw<Row>()),
  );
  const some = rows.flat().filter(([, ratings, marks]) => ratings !== '[]' || marks !== '[]');
  return new Map(some.map(([userId, ratings, marks]) => [userId, ratings === null ? null : { ratings, marks }]));
}

/** At most `limit` of everybody's ratings, by user and movie, from behind a place on. Throws `store-unavailable`. */
export async function readRatingsAfter(
  db: Database,
  { userId, movieId }: { readonly userId: number; readonly movieId: number },
  limit: number,
): Promise<StoredRating[]> {
  const select = db.prepare(
    `SELECT user_id AS userId, movie_id AS movieId, half_stars AS halfStars, rated_at AS ratedAt FROM rating
     WHERE (user_id, movie_id) > (?1, ?2) AND half_stars IS NOT NULL ORDER BY user_id, movie_id LIMIT ?3`,
  );
  return (await answerOf(select.bind(userId, movieId, limit).all<StoredRating>())).results;
}

/**
 * Makes lost rows (`LostRow`, as JSON) current that are not older than what the table holds. When the Worker took them is
 * not known: the end of the second in which D1 received them stands for it.
 */
export function putBackRatings(db: Database, rows: string): Statement {
  return db
    .prepare(
      `INSERT INTO rating (user_id, movie_id, half_stars, rated_at, accepted_at)
       SELECT value ->> 1, value ->> 2, value ->> 3, value ->> 4, (value ->> 5) * 1000 + 999 FROM json_each(?1)
       WHERE NOT EXISTS (SELECT 1 FROM person WHERE user_id = value ->> 1 AND deleted_at IS NOT NULL)
       ON CONFLICT (user_id, movie_id) DO UPDATE
       SET half_stars = excluded.half_stars, rated_at = excluded.rated_at, accepted_at = excluded.accepted_at
       WHERE excluded.rated_at > rating.rated_at
          OR (excluded.rated_at = rating.rated_at AND excluded.accepted_at >= rating.accepted_at)`,
    )
    .bind(rows);
}

/**
 * Ratings of these people from a time on, without those taken back.
 *
 * @param since seconds since the epoch
 * @throws `store-unavailable`
 */
export async function ratingsSince(db: Database, userIds: readonly number[], since: number): Promise<StoredRating[]> {
  const select = db.prepare(
    `SELECT user_id AS userId, movie_id AS movieId, half_stars AS halfStars, rated_at AS ratedAt FROM rating
     WHERE user_id IN (SELECT value FROM json_each(?1)) AND rated_at >= ?2 AND half_stars IS NOT NULL`,
  );
  return (await answerOf(select.bind(JSON.stringify(userIds), since).all<StoredRating>())).results;
}

/** Whether the table holds anything. Throws `store-unavailable`. */
export async function hasRatings(db: Database): Promise<boolean> {
  const some = everyShard(db).map((shard) => answerOf(shard.prepare('SELECT 1 FROM rating LIMIT 1').first()));
  return (await Promise.all(some)).some((row) => row !== null);
}

export function deleteRatingsOf(db: Database, userId: number): Statement {
  return db.prepare('DELETE FROM rating WHERE user_id = ?1').bind(userId);
}
