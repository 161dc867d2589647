import * as z from 'zod';
import { MarqueeError } from '../errors.ts';
import { deletePerson } from './people.ts';
import { type Database, type NewRating, type RatingSource, writeRatings } from './rating-store.ts';

const integer = z.int().min(0);

/**
 * What was accepted and is not in D1 yet: the body of a message on the queue. It carries its own times, so that it means
 * the same whenever, however often and in whatever order it is delivered. A thousand ratings take 30 KB; a message may
 * have 128.
 */
const pendingSchema = z.discriminatedUnion('kind', [
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

export type Pending = z.infer<typeof pendingSchema>;

/** Ratings of a user as something to be written, now or later. */
export function pendingRatings(
  user: number,
  ratings: readonly NewRating[],
  source: RatingSource,
  acceptedAt: number,
): Pending {
  const rows = ratings.map(({ movieId, rating, timestamp }): [number, number | null, number] => [
    movieId,
    rating,
    timestamp,
  ]);
  return { kind: 'ratings', user, source, acceptedAt, ratings: rows };
}

/** Reads a message's body. Throws `bad-data` when it is none. */
export function parsePending(body: unknown): Pending {
  const parsed = pendingSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new MarqueeError('bad-data', `no message of Marquee: ${z.prettifyError(parsed.error)}`);
}

/** Writes it to D1. Throws `deleted-user`, `store-unavailable`. */
export async function write(db: Database, pending: Pending): Promise<void> {
  const { user, acceptedAt } = pending;
  if (pending.kind === 'deletion') return deletePerson(db, user, Math.floor(acceptedAt / 1000));
  const ratings = pending.ratings.map(([movieId, rating, timestamp]) => ({ movieId, rating, timestamp }));
  return writeRatings(db, user, ratings, pending.source, acceptedAt);
}

/** Writes it to D1 after its request was answered: of a user who was deleted meanwhile, nothing. */
export async function writeLate(db: Database, pending: Pending): Promise<void> {
  try {
    await write(db, pending);
  } catch (error) {
    if (!(error instanceof MarqueeError && error.code === 'deleted-user')) throw error;
  }
}
