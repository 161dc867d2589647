import { MarqueeError } from '../errors.ts';
import { answerOf, type Database } from '../storage/database.ts';
import { type NewRating, requireSound } from './new-rating.ts';
import { fromHalfStars, toHalfStars } from './rating.ts';
import { homeOf } from './shards.ts';
import { keepHeld } from './tables/import-change.ts';
import { selectDeleted } from './tables/person.ts';
import { type RatingRow, readPersonTexts, upsertRatings } from './tables/rating.ts';
import { logRatings, type RatingSource } from './tables/rating-log.ts';

/**
 * Writes a user's ratings to the log and to the table of current ratings, both or neither, in one request whatever
 * their number (D1 binds at most 100 parameters; send no more than 1,000).
 *
 * The latest timestamp wins, of equal ones the rating that was accepted last. What changes nothing, an older rating or
 * the very same again, is not logged either: the log is exactly the history of the table, and a replay adds nothing, at
 * whatever time and in whatever order it comes. What an import changes is kept, so that it can be taken back
 * (`undo-import.ts`).
 *
 * @param acceptedAt milliseconds since the epoch; what a queue delivers later keeps the time of its acceptance
 * @throws `bad-rating` for a rating that is none, before anything is written; `deleted-user`; `store-unavailable`
 */
export async function writeRatings(
  store: Database,
  userId: number,
  ratings: readonly NewRating[],
  source: RatingSource,
  acceptedAt: number = Date.now(),
): Promise<Written> {
  requireSound(ratings);
  const db = homeOf(store, userId);
  const latest = latestOfEach(ratings);
  const rows = JSON.stringify(latest.map(rowOf));
  const kept = source === 'import' ? [keepHeld(db, { user: userId, at: acceptedAt }, 'rating', rows)] : [];
  const statements = [
    selectDeleted(db, userId),
    logRatings(db, userId, rows, acceptedAt, source),
    upsertRatings(db, userId, rows, acceptedAt),
  ];
  const [deleted, logged, upserted] = (await answerOf(db.batch([...kept, ...statements]))).slice(kept.length);
  if (deleted.results.length > 0) throw wasDeleted(userId);
  const held = upserted.meta.changes - logged.meta.changes;
  return { stored: logged.meta.changes, held, older: latest.length - upserted.meta.changes };
}

/** The error of whatever is asked or sent for a deleted user. */
export function wasDeleted(userId: number): MarqueeError {
  return new MarqueeError('deleted-user', `user ${userId} was deleted; nothing is stored for them any more`, {
    fix: 'POST /session makes a new user.',
  });
}

/** What became of ratings, each movie counted once. */
export interface Written {
  /** D1 has them now, and had them not. */
  readonly stored: number;
  /** D1 held the very same before. */
  readonly held: number;
  /** D1 holds a newer rating of the movie. */
  readonly older: number;
}

/** What `writeRatings` would make of ratings now, each movie once. @param held all that D1 holds of the user */
export function wouldChange(held: readonly NewRating[], ratings: readonly NewRating[]): Written {
  const before = new Map(held.map((rating) => [rating.movieId, rating]));
  const counts = { stored: 0, held: 0, older: 0 };
  for (const { movieId, rating, timestamp } of ratings) {
    const known = before.get(movieId);
    if (known && known.timestamp > timestamp) counts.older++;
    else if (known && known.timestamp === timestamp && known.rating === rating) counts.held++;
    else counts.stored++;
  }
  return counts;
}

/** The last rating of each movie, in the order in which those came. */
export function latestOfEach(ratings: readonly NewRating[]): NewRating[] {
  const latest = new Map<number, NewRating>();
  for (const rating of ratings) {
    const before = latest.get(rating.movieId);
    if (before && before.timestamp > rating.timestamp) continue;
    latest.delete(rating.movieId); // a Map keeps first-insertion order
    latest.set(rating.movieId, rating);
  }
  return [...latest.values()];
}

/** A rating as both tables take it. */
function rowOf({ movieId, rating, timestamp }: NewRating): RatingRow {
  return [movieId, rating === null ? null : toHalfStars(rating), timestamp];
}

/** Ratings a statement. */
const BATCH = 1000;

/** Writes any number of ratings, each movie once, a batch after the other; what `writeRatings` says holds of each. */
export async function writeAllRatings(
  db: Database,
  userId: number,
  ratings: readonly NewRating[],
  source: RatingSource,
  acceptedAt: number = Date.now(),
): Promise<Written> {
  requireSound(ratings); // all of them before the first is written
  const latest = latestOfEach(ratings);
  let sum: Written = { stored: 0, held: 0, older: 0 };
  for (let at = 0; at < latest.length; at += BATCH) {
    sum = addWritten(sum, await writeRatings(db, userId, latest.slice(at, at + BATCH), source, acceptedAt));
  }
  return sum;
}

export function addWritten(a: Written, b: Written): Written {
  return { stored: a.stored + b.stored, held: a.held + b.held, older: a.older + b.older };
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
  const texts = (await readPersonTexts(db, [userId])).get(userId);
  return texts ? parseRatings(texts.ratings) : [];
}

/** What the model was trained on of one user, oldest first. */
interface TrainedRatings {
  readonly movieIds: ArrayLike<number>;
  readonly stars: ArrayLike<number>;
  /** Seconds since the epoch, 0 where training does not know: such a rating comes before what D1 knows more. */
  readonly times: ArrayLike<number>;
}

/**
 * A user's ratings as one list, oldest first: what the model was trained on, and what D1 knows more at its time. D1 wins.
 * An old diary that is imported is as old as its next training will say.
 *
 * @param newer oldest first; of two ratings of one movie the later holds
 */
export function mergeRatings(
  trained: TrainedRatings | null,
  newer: readonly NewRating[],
): { movieIds: ArrayLike<number>; stars: ArrayLike<number>; changed: boolean } {
  if (trained && newer.length === 0) return { movieIds: trained.movieIds, stars: trained.stars, changed: false };
  const learned = new Map(Array.from(trained?.movieIds ?? [], (movieId, j) => [movieId, trained!.stars[j]]));
  const latest = new Map(newer.map((rating) => [rating.movieId, rating]));
  const told = newer.filter(
    (one) => latest.get(one.movieId) === one && (learned.get(one.movieId) ?? null) !== one.rating,
  );
  const replaced = new Set(told.map(({ movieId }) => movieId));
  const added = told.filter(({ rating }) => rating !== null);
  const [movieIds, stars]: number[][] = [[], []];
  let next = 0;
  const addUntil = (time: number) => {
    for (; next < added.length && added[next].timestamp < time; next++) {
      movieIds.push(added[next].movieId);
      stars.push(added[next].rating!);
    }
  };
  for (let j = 0; j < (trained?.movieIds.length ?? 0); j++) {
    if (replaced.has(trained!.movieIds[j])) continue;
    addUntil(trained!.times[j]);
    movieIds.push(trained!.movieIds[j]);
    stars.push(trained!.stars[j]);
  }
  addUntil(Number.POSITIVE_INFINITY);
  return { movieIds, stars, changed: told.length > 0 };
}
