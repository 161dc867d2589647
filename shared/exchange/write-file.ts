import { fromHalfStars } from '../ratings/rating.ts';
import { everyShard, requireRest } from '../ratings/shards.ts';
import { readRatingsAfter, type StoredRating } from '../ratings/tables/rating.ts';
import { placeIn } from '../ratings/tables/shard-map.ts';
import type { Database } from '../storage/database.ts';

/** A rating of an exported file. Stars; seconds since the epoch, 0 where the time is not known. */
export interface ExportedRating {
  readonly userId: number;
  readonly movieId: number;
  readonly rating: number;
  readonly timestamp: number;
}

export type ExportFormat = 'csv' | 'dat';

/** First line of each layout. */
const HEADERS: Readonly<Record<ExportFormat, string>> = { csv: 'userId,movieId,rating,timestamp\n', dat: '' };

/** Writes ratings in one of MovieLens' layouts. Marquee's import and every tool for MovieLens data read them. */
export function writeExport(ratings: Iterable<ExportedRating>, format: ExportFormat): string {
  return HEADERS[format] + lines(ratings, format);
}

function lines(ratings: Iterable<ExportedRating>, format: ExportFormat): string {
  const separator = format === 'csv' ? ',' : '::';
  let text = '';
  for (const { userId, movieId, rating, timestamp } of ratings) {
    text += `${[userId, movieId, rating, timestamp].join(separator)}\n`;
  }
  return text;
}

/** Ratings of the first query, which is answered soon even where many others wait. */
const FIRST_PAGE = 100;
/** Ratings of every other query: some 100 KB of text. */
const PAGE = 5000;

/**
 * Writes everybody's current ratings in D1, by user and movie, a part at a time. The next part is read while one goes
 * out, so that two are in memory. A rating that changes meanwhile may be in it or not. One database follows the other.
 *
 * @throws `store-unavailable` at the part that D1 does not answer, and where people move from one database to another
 */
export async function* exportEverybody(db: Database, format: ExportFormat, page = PAGE): AsyncGenerator<string> {
  const before = await requireRest(db);
  for (const [shard, each] of everyShard(db).entries()) {
    const isHome = (userId: number) => placeIn(before, userId) === shard;
    yield* exportShard(each, format, { page, head: shard === 0 ? HEADERS[format] : '', isHome });
  }
  await requireRest(db, before);
}

interface ShardExport {
  readonly page: number;
  /** Stands before the first rating. */
  readonly head: string;
  /** Who belongs into the database; one that was restored may hold ratings of people who have left. */
  readonly isHome: (userId: number) => boolean;
}

async function* exportShard(
  db: Database,
  format: ExportFormat,
  { page, head: first, isHome }: ShardExport,
): AsyncGenerator<string> {
  let size = Math.min(page, FIRST_PAGE);
  let rows = await readRatingsAfter(db, { userId: -1, movieId: -1 }, size);
  let head = first;
  for (;;) {
    const next = rows.length < size ? undefined : readRatingsAfter(db, rows[rows.length - 1], page);
    next?.catch(() => undefined); // nobody awaits it when the download breaks off
    yield head + lines(rows.filter(({ userId }) => isHome(userId)).map(exported), format);
    if (next === undefined) return;
    [rows, size, head] = [await next, page, ''];
  }
}

function exported({ userId, movieId, halfStars, ratedAt }: StoredRating): ExportedRating {
  return { userId, movieId, rating: fromHalfStars(halfStars), timestamp: ratedAt };
}
