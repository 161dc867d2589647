import * as z from 'zod';
import { MarqueeError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { deletePerson } from './people.ts';
import { type NewRating, writeRatings } from './rating-store.ts';
import type { RatingSource } from './tables/rating-log.ts';

const integer = z.int().min(0);

/**
 * What a user asked to have changed in D1, and the body of a message on the queue. It carries its own times, so that it
 * means the same whenever, however often and in whatever order it is applied. A thousand ratings take 30 KB; a message
 * may have 128.
 */
const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ratings'),
    user: integer,
    source: z.enum(['page', 'api', 'import']),
    /** Milliseconds since the epoch. */
    acceptedAt: integer,
    /** Movie, stars or null where the rating is taken back, seconds since the epoch. */
    ratings: z.array(z.tuple([integer, z.number().nullable(), integer])).max(1000),
  }),
  z.strictObject({ kind: z.literal('deletion'), user: integer, acceptedAt: integer }),
]);

export type UserChange = z.infer<typeof changeSchema>;

/** Ratings of a user as a change. */
export function ratingsChange(
  user: number,
  ratings: readonly NewRating[],
  source: RatingSource,
  acceptedAt: number,
): Extract<UserChange, { kind: 'ratings' }> {
  const rows = ratings.map(({ movieId, rating, timestamp }): [number, number | null, number] => [
    movieId,
    rating,
    timestamp,
  ]);
  return { kind: 'ratings', user, source, acceptedAt, ratings: rows };
}

/** Reads a message's body. Throws `bad-data` when it is none. */
export function parseChange(body: unknown): UserChange {
  const parsed = changeSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new MarqueeError('bad-data', `no message of Marquee: ${z.prettifyError(parsed.error)}`);
}

/** Applies a change to D1 while its request waits. Throws `deleted-user`, `store-unavailable`. */
export async function applyChange(db: Database, change: UserChange): Promise<void> {
  const { user, acceptedAt } = change;
  if (change.kind === 'deletion') return deletePerson(db, user, Math.floor(acceptedAt / 1000));
  const ratings = change.ratings.map(([movieId, rating, timestamp]) => ({ movieId, rating, timestamp }));
  return writeRatings(db, user, ratings, change.source, acceptedAt);
}

/**
 * Applies a change to D1 after its request was answered. Nothing is written for a user who was deleted meanwhile.
 * Throws `store-unavailable`.
 */
export async function applyLateChange(db: Database, change: UserChange): Promise<void> {
  try {
    await applyChange(db, change);
  } catch (error) {
    if (!(error instanceof MarqueeError && error.code === 'deleted-user')) throw error;
  }
}
