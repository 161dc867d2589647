import { MarqueeError } from './errors.ts';
import { fromHalfStars, toHalfStars } from './rating.ts';

/** The part of a D1 database that Marquee uses; Cloudflare's binding satisfies it, in the Worker and under Node. */
export interface Database {
  prepare(sql: string): Statement;
  batch(statements: Statement[]): Promise<unknown>;
}
export interface Statement {
  bind(...values: unknown[]): Statement;
  all<T>(): Promise<{ results: T[] }>;
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

interface Row {
  movieId: number;
  halfStars: number | null;
  ratedAt: number;
}

/**
 * Upserts a user's ratings: the latest timestamp wins, equal ones overwrite, so that a replay changes nothing.
 * One statement whatever the number of ratings (D1 binds at most 100 parameters).
 */
export async function writeRatings(db: Database, userId: number, ratings: readonly NewRating[]): Promise<void> {
  const rows = ratings.map(({ movieId, rating, timestamp }) => [
    movieId,
    rating === null ? null : toHalfStars(rating),
    timestamp,
  ]);
  await stored(
    db
      .prepare(
        `INSERT INTO rating (user_id, movie_id, half_stars, rated_at)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2) WHERE true
         ON CONFLICT (user_id, movie_id) DO UPDATE SET half_stars = excluded.half_stars, rated_at = excluded.rated_at
         WHERE excluded.rated_at >= rating.rated_at`,
      )
      .bind(userId, JSON.stringify(rows))
      .run(),
  );
}

/** All that D1 holds of a user, oldest first; `rating` null marks a rating taken back. */
export async function readRatings(db: Database, userId: number): Promise<NewRating[]> {
  const { results } = await stored(
    db
      .prepare(
        `SELECT movie_id AS movieId, half_stars AS halfStars, rated_at AS ratedAt FROM rating
         WHERE user_id = ?1 ORDER BY rated_at, rowid`,
      )
      .bind(userId)
      .all<Row>(),
  );
  return results.map(({ movieId, halfStars, ratedAt }) => ({
    movieId,
    rating: halfStars === null ? null : fromHalfStars(halfStars),
    timestamp: ratedAt,
  }));
}

async function stored<T>(answer: Promise<T>): Promise<T> {
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
): { movieIds: number[]; stars: number[]; changed: boolean } {
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

/** Makes an anonymous user and returns their id, which is above every data set's. */
export async function createPerson(db: Database, createdAt: number): Promise<number> {
  const statement = db.prepare('INSERT INTO person (created_at) VALUES (?1) RETURNING user_id AS userId');
  const person = await stored(statement.bind(createdAt).first<{ userId: number }>());
  return person!.userId;
}
