import { MarqueeError } from '../errors.ts';
import { EXPECTED, isId, LATEST_TIME, MEND_TIME } from './new-rating.ts';

/**
 * What a person says of a movie besides stars: they want to see it, they saw it, or they do not want to be shown it. It
 * teaches no model anything. A rating that is not older than the mark takes its place.
 */
export const MARKS = ['watchlist', 'seen', 'dismissed'] as const;
export type Mark = (typeof MARKS)[number];

/** A mark as people give it. */
export interface NewMark {
  readonly movieId: number;
  /** Null takes it back. */
  readonly mark: Mark | null;
  /** Whole seconds since the epoch. */
  readonly timestamp: number;
}

/** A mark that was not taken back. */
export type HeldMark = NewMark & { readonly mark: Mark };

/** A mark as D1 and the queue have it: movie id, mark or null, seconds since the epoch. */
export type MarkRow = [movieId: number, mark: Mark | null, markedAt: number];

/** What is wrong with a mark. */
interface MarkFault {
  readonly field: keyof NewMark;
  readonly got: unknown;
  readonly expected: string;
}

/** The first fault of a mark, whatever its fields are; null when D1 and the queue take it. */
export function faultOfMark({ movieId, mark, timestamp }: NewMark): MarkFault | null {
  if (!isId(movieId)) return { field: 'movieId', got: movieId, expected: EXPECTED.id };
  if (mark !== null && !MARKS.includes(mark)) return { field: 'mark', got: mark, expected: MARKS.join(', ') };
  const isTime = Number.isInteger(timestamp) && timestamp >= 0 && timestamp <= LATEST_TIME;
  return isTime ? null : { field: 'timestamp', got: timestamp, expected: EXPECTED.time };
}

/** Throws `bad-data`, which names the first mark that has a fault. */
export function requireSoundMarks(marks: readonly NewMark[]): void {
  for (const [index, mark] of marks.entries()) {
    const fault = faultOfMark(mark);
    if (!fault) continue;
    const { field, got, expected } = fault;
    throw new MarqueeError('bad-data', `marks.${index}.${field}: got ${got}, expected ${expected}`, {
      fix: field === 'timestamp' ? MEND_TIME : undefined,
      details: { index, ...fault },
    });
  }
}
