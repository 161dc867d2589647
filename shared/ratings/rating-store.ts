import { MarqueeError } from '../errors.ts';
import { fromHalfStars, toHalfStars } from './rating.ts';

/** The part of a D1 database that Marquee uses; Cloudflare's binding satisfies it, in the Worker and under Node. */
export interface Database {
  prepare(sql: string): Statement;
  batch<T>(statements: Statement[]): Promise<{ results: T[] }[]>;
}
export interface Statement {
  bind(...values: unknown[]): Statement;
  all<T>(): Promise<{ results: T[] }>;
  /** Rows as lists of values, in the order of the columns. */
  raw<T>(): Promise<T[]>;
  first<T>(): Promise<T | null>;
  run(): Promise<unknown>;
}

/** A rating as people give it. */
export interface NewRating {
  readonly movieId: number;
  /** Stars, 0.5 to 5; null takes the rating back. */
  readonly rating: number | null;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/** Movie, half-stars or null, seconds. */
type Row = [number, number | null, number];

/** Where a rating came from: somebody with a session, a program with a token, a file. */
export type RatingSource = 'page' | 'api' | 'import';

/** A row when user ?1 was deleted, else none. */
export const DELETED = 'SELECT 1 FROM person WHERE user_id = ?1 AND deleted_at IS NOT NULL';

/**
 * What of the rows in ?2, [movie, half-stars or null, seconds] each, D1 does not hold of user ?1 in a newer form; `known`
 * where it holds the very same. ?3 is when the Worker took them, in milliseconds: it decides between two of one second.
 * Of a deleted user there are none. Repeated in both statements: a batch is one transaction, and the log goes first, so
 * that both see the same current ratings.
 */
const LATEST = `
  SELECT ?1 AS user_id, value ->> 0 AS movie_id, value ->> 1 AS half_stars, value ->> 2 AS rated_at,
         value ->> 2 IS held.rated_at AND value ->> 1 IS held.half_stars AS known
  FROM json_each(?2) LEFT JOIN rating AS held ON held.user_id = ?1 AND held.movie_id = value ->> 0
  WHERE (held.user_id IS NULL OR value ->> 2 > held.rated_at
         OR (value ->> 2 = held.rated_at AND ?3 >= held.accepted_at))
    AND NOT EXISTS (${DELETED})`;

const LOG = `
  INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at, source)
  SELECT user_id, movie_id, half_stars, rated_at, ?4 FROM (${LATEST}) WHERE NOT known`;

const APPLY = `
  INSERT INTO rating (user_id, movie_id, half_stars, rated_at, accepted_at)
  SELECT user_id, movie_id, half_stars, rated_at, ?3 FROM (${LATEST}) WHERE true
  ON CONFLICT (user_id, movie_id) DO UPDATE
  SET half_stars = excluded.half_stars, rated_at = excluded.rated_at, accepted_at = excluded.accepted_at`;

/**
 * Writes a user's ratings to the log and to the table of current ratings, both or neither, in one request whatever
 * their number (D1 binds at most 100 parameters; send no more than 1,000).
 *
 * The latest timestamp wins, of equal ones the rating that was accepted last. What changes nothing, an older rating or
 * the very same again, is not logged either: the log is exactly the history of the table, and a replay adds nothing, at
 * whatever time and in whatever order it comes.
 *
 * @param acceptedAt milliseconds since the epoch; what a queue delivers later keeps the time of its acceptance
 * @throws `bad-rating` off the half-star scale, before anything is written; `deleted-user`; `store-unavailable`
 */
export async function writeRatings(
  db: Database,
  userId: number,
  ratings: readonly NewRating[],
  source: RatingSource,
  acceptedAt: number = Date.now(),
): Promise<void> {
  const latest = new Map<number, NewRating>();
  for (const rating of ratings) {
    const held = latest.get(rating.movieId);
    if (held && held.timestamp > rating.timestamp) continue;
    latest.delete(rating.movieId); // the log has them in the order in which the last of each came
    latest.set(rating.movieId, rating);
  }
  const rows = Array.from(latest.values(), ({ movieId, rating, timestamp }) => [
    movieId,
    rating === null ? null : toHalfStars(rating),
    timestamp,
  ]);
  const json = JSON.stringify(rows);
  const [deleted] = await stored(
    db.batch([
      db.prepare(DELETED).bind(userId),
      db.prepare(LOG).bind(userId, json, acceptedAt, source),
      db.prepare(APPLY).bind(userId, json, acceptedAt),
    ]),
  );
  if (deleted.results.length > 0) {
    throw new MarqueeError('deleted-user', `user ${userId} was deleted; nothing is stored for them any more`, {
      fix: 'POST /session makes a new user.',
    });
  }
}

/** Ratings a statement. */
const BATCH = 1000;

/** Writes any number of ratings, a batch after the other; what `writeRatings` says holds of each. */
export async function writeAllRatings(
  db: Database,
  userId: number,
  ratings: readonly NewRating[],
  source: RatingSource,
): Promise<void> {
  const acceptedAt = Date.now();
  for (let at = 0; at < ratings.length; at += BATCH) {
    await writeRatings(db, userId, ratings.slice(at, at + BATCH), source, acceptedAt);
  }
}

/**
 * Of each of these users of whom D1 holds anything, all of it as JSON for `parseRatings`: a text says sooner than a list
 * whether anything changed, and costs D1 and its reader less.
 */
export async function readRatingTexts(db: Database, userIds: readonly number[]): Promise<Map<number, string>> {
  const rows = await stored(
    db
      .prepare(
        `SELECT user_id, json_group_array(json_array(movie_id, half_stars, rated_at) ORDER BY rated_at, rowid)
         FROM rating WHERE user_id IN (SELECT value FROM json_each(?1)) GROUP BY user_id`,
      )
      .bind(JSON.stringify(userIds))
      .raw<[userId: number, text: string]>(),
  );
  return new Map(rows);
}

/** What D1 holds of a user, oldest first; `rating` null marks a rating taken back. */
export function parseRatings(text: string): NewRating[] {
  const rows: Row[] = JSON.parse(text);
  return rows.map(([movieId, halfStars, timestamp]) => ({
    movieId,
    rating: halfStars === null ? null : fromHalfStars(halfStars),
    timestamp,
  }));
}

/** All that D1 holds of a user. */
export async function readRatings(db: Database, userId: number): Promise<NewRating[]> {
  const text = (await readRatingTexts(db, [userId])).get(userId);
  return text === undefined ? [] : parseRatings(text);
}

/** What D1 answers. Throws `store-unavailable` when it fails. */
export async function stored<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new MarqueeError('store-unavailable', 'the rating store did not answer', {
      fix: 'Try again; under `npm start` the tables come from worker/migrations.',
      cause,
    });
  }
}

/** A user's ratings as one list: what the model was trained on, then what D1 knows more. D1 wins; oldest first. */
export function mergeRatings(
  trained: { movieIds: ArrayLike<number>; stars: ArrayLike<number> } | null,
  newer: readonly NewRating[],
): { movieIds: ArrayLike<number>; stars: ArrayLike<number>; changed: boolean } {
  if (trained && newer.length === 0) return { movieIds: trained.movieIds, stars: trained.stars, changed: false };
  const known = new Map<number, number>();
  for (let j = 0; j < (trained?.movieIds.length ?? 0); j++) known.set(trained!.movieIds[j], trained!.stars[j]);
  let changed = false;
  for (const { movieId, rating } of newer) {
    const before = known.get(movieId);
    if (before === rating || (before === undefined && rating === null)) continue;
    changed = true;
    known.delete(movieId); // a Map keeps first-insertion order: the newest rating goes last
    if (rating !== null) known.set(movieId, rating);
  }
  return { movieIds: [...known.keys()], stars: [...known.values()], changed };
}
