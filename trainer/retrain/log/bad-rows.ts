import { EXPECTED, faultOf, isId } from '../../../shared/ratings/new-rating.ts';
import { EVERY_MOVIE, fromHalfStars } from '../../../shared/ratings/rating.ts';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';

/** A row of the log that is no rating, and why. */
export interface BadLogRow {
  readonly seq: number;
  readonly user: number;
  readonly movie: number;
  readonly why: string;
}

/** Rows that a night left out because they are no ratings. */
export interface BadRows {
  readonly count: number;
  /** The first of them. */
  readonly first: readonly BadLogRow[];
}

/** Bad rows that a report names. */
const MOST_NAMED = 100;

/** Collects bad rows. */
export class BadRowList {
  #count = 0;
  readonly #first: BadLogRow[] = [];

  /** The sound rows among these; keeps the others' names. */
  sound(rows: readonly LogRow[]): LogRow[] {
    return rows.filter((row) => {
      const why = faultOfRow(row);
      if (why === null) return true;
      if (this.#count++ < MOST_NAMED) {
        this.#first.push({ seq: row.seq, user: row.userId, movie: row.movieId, why });
      }
      return false;
    });
  }

  get found(): BadRows {
    return { count: this.#count, first: this.#first };
  }
}

/** What keeps a row from being learned; null for a rating, and for the row of a deletion. */
function faultOfRow({ userId, movieId, halfStars, timestamp, receivedAt = timestamp }: LogRow): string | null {
  if (isErased({ userId, movieId })) return null;
  if (!isId(userId)) return `user: got ${userId}, expected ${EXPECTED.id}`;
  if (!Number.isInteger(receivedAt)) return `received_at: got ${receivedAt}, expected whole seconds`;
  const rating = halfStars === null ? null : fromHalfStars(halfStars);
  const fault = faultOf({ movieId: movieId === EVERY_MOVIE ? 0 : movieId, rating, timestamp });
  return fault && `${fault.field}: got ${fault.got}, expected ${fault.expected}`;
}

/** What stands in a partition for a row that is gone. Its seq stays, since it tells whether a partition is whole. */
export const ERASED = { userId: -1, movieId: EVERY_MOVIE, halfStars: null, timestamp: 0 } as const;

function isErased({ userId, movieId }: Pick<LogRow, 'userId' | 'movieId'>): boolean {
  return userId === ERASED.userId && movieId === ERASED.movieId;
}
