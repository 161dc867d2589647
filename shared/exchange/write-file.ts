import { fromHalfStars } from '../ratings/rating.ts';
import { type Database, stored } from '../ratings/rating-store.ts';

/** A rating as it leaves; seconds since 1970, 0 where it is not known when. */
export interface ExportedRating {
  readonly userId: number;
  readonly movieId: number;
  readonly rating: number;
  readonly timestamp: number;
}

export type ExportFormat = 'csv' | 'dat';

/** First line of each layout. */
const HEADERS: Readonly<Record<ExportFormat, string>> = { csv: 'userId,movieId,rating,timestamp\n', dat: '' };

/** Ratings in MovieLens' layouts, which every import here, and every tool for MovieLens data, reads. */
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

/** Ratings of one query: some 100 KB of text. */
const PAGE = 5000;

/**
 * The same of everybody's current ratings in D1, by user and movie, a part at a time. What changes meanwhile may be in it
 * or not.
 *
 * @throws `store-unavailable` at the part that D1 does not give
 */
export async function* exportEverybody(db: Database, format: ExportFormat, page = PAGE): AsyncGenerator<string> {
  const statement = db.prepare(
    `SELECT user_id AS userId, movie_id AS movieId, half_stars AS rating, rated_at AS timestamp FROM rating
     WHERE (user_id, movie_id) > (?1, ?2) AND half_stars IS NOT NULL ORDER BY user_id, movie_id LIMIT ?3`,
  );
  let last = { userId: -1, movieId: -1 };
  let head = HEADERS[format];
  for (;;) {
    const query = statement.bind(last.userId, last.movieId, page).all<ExportedRating>();
    const ratings = (await stored(query)).results.map((row) => ({ ...row, rating: fromHalfStars(row.rating) }));
    yield head + lines(ratings, format);
    if (ratings.length < page) return;
    last = ratings[ratings.length - 1];
    head = '';
  }
}
