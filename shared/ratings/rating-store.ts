import { MarqueeError } from '../errors.ts';
import { answerOf, type Database } from '../storage/database.ts';
import { fromHalfStars, toHalfStars } from './rating.ts';
import { selectDeleted } from './tables/person.ts';
import { type RatingRow, readRatingTexts, upsertRatings } from './tables/rating.ts';
import { logRatings, type RatingSource } from './tables/rating-log.ts';

/** A rating as people give it. */
export interface NewRating {
  readonly movieId: number;
  /** Stars, 0.5 to 5; null takes the rating back. */
  readonly rating: number | null;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

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
  const rows = JSON.stringify(latestOfEach(ratings));
  const [deleted] = await answerOf(
    db.batch([
      selectDeleted(db, userId),
      logRatings(db, userId, rows, acceptedAt, source),
      upsertRatings(db, userId, rows, acceptedAt),
    ]),
  );
  if (deleted.results.length > 0) {
    throw new MarqueeError('deleted-user', `user ${userId} was deleted; nothing is stored for them any more`, {
      fix: 'POST /session makes a new user.',
    });
  }
}

/** The last rating of each movie, in the order in which those came, as both tables take them. Throws `bad-rating`. */
function latestOfEach(ratings: readonly NewRating[]): RatingRow[] {
  const latest = new Map<number, NewRating>();
  for (const rating of ratings) {
    const before = latest.get(rating.movieId);
    if (before && before.timestamp > rating.timestamp) continue;
    latest.delete(rating.movieId); // a Map keeps first-insertion order
    latest.set(rating.movieId, rating);
  }
  return Array.from(latest.values(), ({ movieId, rating, timestamp }) => [
    movieId,
    rating === null ? null : toHalfStars(rating),
    timestamp,
  ]);
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

/** What D1 holds of a user, oldest first; `rating` null marks a rating taken back. */
export function parseRatings(text: string): NewRating[] {
  const rows: RatingRow[] = JSON.parse(text);
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
