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
  const separator = format === 'csv' ? ',' : '::';
  let text = HEADERS[format];
  for (const { userId, movieId, rating, timestamp } of ratings) {
    text += `${[userId, movieId, rating, timestamp].join(separator)}\n`;
  }
  return text;
}
