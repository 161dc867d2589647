import * as z from 'zod';
import { MarqueeError, short } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { LARGEST_ID } from '../values.ts';
import { faultOf, type NewRating, readTime, requireSound } from './new-rating.ts';
import { deletePerson } from './people.ts';
import { type Written, writeRatings } from './rating-store.ts';
import type { RatingSource } from './tables/rating-log.ts';
import { isUndone } from './undo-import.ts';

/** Ratings of one change. A thousand take 30 KB; a message may have 128. */
const MOST_RATINGS = 1000;

const user = z.int().min(0).max(LARGEST_ID);
/** Milliseconds since the epoch. */
const acceptedAt = z.int().min(0);

const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ratings'),
    user,
    source: z.enum(['page', 'api', 'import']),
    acceptedAt,
    ratings: z.array(z.unknown()).max(MOST_RATINGS),
  }),
  z.strictObject({ kind: z.literal('deletion'), user, acceptedAt }),
]);

/** Movie, stars or null where the rating is taken back, seconds since the epoch. */
type ChangeRow = [movieId: number, rating: number | null, timestamp: number];

/**
 * What a user asked to have changed in D1, and the body of a message on the queue. It carries its own times, so that it
 * means the same whenever, however often and in whatever order it is applied.
 */
export type UserChange =
  | {
      readonly kind: 'ratings';
      readonly user: number;
      readonly source: RatingSource;
      readonly acceptedAt: number;
      readonly ratings: readonly ChangeRow[];
    }
  | { readonly kind: 'deletion'; readonly user: number; readonly acceptedAt: number };

/**
 * Ratings of a user as a change.
 *
 * @throws `bad-rating` for a rating that `parseChange` would set aside later
 */
export function ratingsChange(
  user: number,
  ratings: readonly NewRating[],
  source: RatingSource,
  acceptedAt: number,
): Extract<UserChange, { kind: 'ratings' }> {
  requireSound(ratings);
  const rows = ratings.map(({ movieId, rating, timestamp }): ChangeRow => [movieId, rating, timestamp]);
  return { kind: 'ratings', user, source, acceptedAt, ratings: rows };
}

/** A row of a message that is no rating, and why. */
export interface BadRow {
  readonly row: unknown;
  readonly why: string;
}

/**
 * Reads a message's body. Times in milliseconds or with a fraction become whole seconds; rows that are no ratings are
 * left out of the change. Throws `bad-data` when the body is no message at all.
 */
export function parseChange(body: unknown): { readonly change: UserChange; readonly bad: readonly BadRow[] } {
  const { data, error } = changeSchema.safeParse(body);
  if (error) throw new MarqueeError('bad-data', `no message of Marquee: ${short(z.prettifyError(error))}`);
  if (data.kind === 'deletion') return { change: data, bad: [] };
  const ratings: ChangeRow[] = [];
  const bad: BadRow[] = [];
  for (const row of data.ratings) {
    const read = readRow(row);
    if (Array.isArray(read)) ratings.push(read);
    else bad.push({ row, why: read });
  }
  return { change: { ...data, ratings }, bad };
}

/** A message's row, or what is wrong with it. */
function readRow(row: unknown): ChangeRow | string {
  if (!Array.isArray(row) || row.length !== 3) return `got ${short(JSON.stringify(row))}, expected three values`;
  const [movieId, rating, time] = row;
  const timestamp = typeof time === 'number' ? (readTime(time) ?? time) : time;
  const fault = faultOf({ movieId, rating, timestamp });
  if (!fault) return [movieId, rating, timestamp];
  return `${fault.field}: got ${short(JSON.stringify(fault.got))}, expected ${fault.expected}`;
}

/**
 * Applies a change to D1 while its request waits, and says what became of its ratings. Throws `deleted-user`,
 * `store-unavailable`.
 */
export async function applyChange(db: Database, change: UserChange): Promise<Written> {
  const { user, acceptedAt } = change;
  if (change.kind === 'ratings') {
    const ratings = change.ratings.map(([movieId, rating, timestamp]) => ({ movieId, rating, timestamp }));
    return writeRatings(db, user, ratings, change.source, acceptedAt);
  }
  await deletePerson(db, user, Math.floor(acceptedAt / 1000));
  return { stored: 0, held: 0, older: 0 };
}

/**
 * Applies a change to D1 after its request was answered. Nothing is written for a user who was deleted meanwhile, and
 * nothing of an import that was taken back. Throws `store-unavailable`.
 */
export async function applyLateChange(db: Database, change: UserChange): Promise<void> {
  const isImport = change.kind !== 'deletion' && change.source === 'import';
  if (isImport && (await isUndone(db, { user: change.user, at: change.acceptedAt }))) return;
  try {
    await applyChange(db, change);
  } catch (error) {
    if (!(error instanceof MarqueeError && error.code === 'deleted-user')) throw error;
  }
}
