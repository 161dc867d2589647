import * as z from 'zod';
import { MarqueeError, short } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { LARGEST_ID } from '../values.ts';
import { faultOfMark, type MarkRow, type NewMark, requireSoundMarks } from './mark.ts';
import { markRow, writeMarks } from './mark-store.ts';
import { faultOf, type NewRating, readTime, requireSound } from './new-rating.ts';
import { deletePerson } from './people.ts';
import { type Written, writeRatings } from './rating-store.ts';
import type { RatingSource } from './tables/rating-log.ts';
import { isUndone } from './undo-import.ts';

/** Ratings or marks of one change. A thousand take 40 KB at most; a message may have 128. */
const MOST_RATINGS = 1000;

const user = z.int().min(0).max(LARGEST_ID);
const source = z.enum(['page', 'api', 'import']);
/** Milliseconds since the epoch. */
const acceptedAt = z.int().min(0);
const rows = z.array(z.unknown()).max(MOST_RATINGS);

const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ratings'), user, source, acceptedAt, ratings: rows }),
  z.strictObject({ kind: z.literal('marks'), user, source, acceptedAt, marks: rows }),
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
  | {
      readonly kind: 'marks';
      readonly user: number;
      readonly source: RatingSource;
      readonly acceptedAt: number;
      readonly marks: readonly MarkRow[];
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

/** Marks of a user as a change. Throws `bad-data` for a mark that `parseChange` would set aside later. */
export function marksChange(
  user: number,
  marks: readonly NewMark[],
  source: RatingSource,
  acceptedAt: number,
): Extract<UserChange, { kind: 'marks' }> {
  requireSoundMarks(marks);
  return { kind: 'marks', user, source, acceptedAt, marks: marks.map(markRow) };
}

/** A row of a message that is no rating or no mark, and why. */
export interface BadRow {
  readonly row: unknown;
  readonly why: string;
}

/**
 * Reads a message's body. Times in milliseconds or with a fraction become whole seconds; rows that are no ratings or marks
 * are left out of the change. Throws `bad-data` when the body is no message at all.
 */
export function parseChange(body: unknown): { readonly change: UserChange; readonly bad: readonly BadRow[] } {
  const { data, error } = changeSchema.safeParse(body);
  if (error) throw new MarqueeError('bad-data', `no message of Marquee: ${short(z.prettifyError(error))}`);
  if (data.kind === 'deletion') return { change: data, bad: [] };
  if (data.kind === 'marks') {
    const { good, bad } = readRows<MarkRow>(data.marks, ([movieId, mark, timestamp]) =>
      faultOfMark({ movieId, mark, timestamp }),
    );
    return { change: { ...data, marks: good }, bad };
  }
  const { good, bad } = readRows<ChangeRow>(data.ratings, ([movieId, rating, timestamp]) =>
    faultOf({ movieId, rating, timestamp }),
  );
  return { change: { ...data, ratings: good }, bad };
}

interface Fault {
  readonly field: string;
  readonly got: unknown;
  readonly expected: string;
}

/** A message's rows: those without a fault, and the others. */
function readRows<Row extends [number, unknown, number]>(
  rows: readonly unknown[],
  faultOf: (row: Row) => Fault | null,
) {
  const good: Row[] = [];
  const bad: BadRow[] = [];
  for (const row of rows) {
    const read = readRow(row, faultOf);
    if (Array.isArray(read)) good.push(read);
    else bad.push({ row, why: read });
  }
  return { good, bad };
}

/** A message's row, or what is wrong with it. */
function readRow<Row extends [number, unknown, number]>(
  row: unknown,
  faultOf: (row: Row) => Fault | null,
): Row | string {
  if (!Array.isArray(row) || row.length !== 3) return `got ${short(JSON.stringify(row))}, expected three values`;
  const [movieId, said, time] = row;
  const timestamp = typeof time === 'number' ? (readTime(time) ?? time) : time;
  const read = [movieId, said, timestamp] as Row;
  const fault = faultOf(read);
  if (!fault) return read;
  return `${fault.field}: got ${short(JSON.stringify(fault.got))}, expected ${fault.expected}`;
}

/**
 * Applies a change to D1 while its request waits, and says what became of its ratings or marks. Throws `deleted-user`,
 * `store-unavailable`.
 */
export async function applyChange(db: Database, change: UserChange): Promise<Written> {
  const { user, acceptedAt } = change;
  if (change.kind === 'ratings') {
    const ratings = change.ratings.map(([movieId, rating, timestamp]) => ({ movieId, rating, timestamp }));
    return writeRatings(db, user, ratings, change.source, acceptedAt);
  }
  if (change.kind === 'marks') {
    const marks = change.marks.map(([movieId, mark, timestamp]) => ({ movieId, mark, timestamp }));
    return writeMarks(db, marks, change);
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
