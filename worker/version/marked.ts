import type { HeldMark } from '../../shared/ratings/mark.ts';
import type { MarkedRows } from '../recommend/taste.ts';
import type { ServedVersion } from './served-version.ts';
import type { UserSources } from './taste-of.ts';

/**
 * The marks that hold, oldest first. A rating that is not older than a mark takes its place, until it is taken back; that
 * the user saw a movie goes without saying where they rated it.
 */
export function heldMarks({ stored, newer, marks }: UserSources): readonly HeldMark[] {
  if (marks.length === 0) return marks;
  const ratedAt = new Map<number, number>();
  for (const [at, movieId] of stored?.movieIds.entries() ?? []) ratedAt.set(movieId, stored!.times[at]);
  for (const { movieId, rating, timestamp } of newer) {
    if (rating === null) ratedAt.delete(movieId);
    else ratedAt.set(movieId, timestamp);
  }
  return marks.filter(({ movieId, mark, timestamp }) => {
    const rated = ratedAt.get(movieId);
    return rated === undefined || (mark !== 'seen' && timestamp > rated);
  });
}

/** The rows of the movies that a user marked, as far as the model knows them. */
export function markedRows({ model: { movies } }: ServedVersion, sources: UserSources): MarkedRows {
  const rows: Record<HeldMark['mark'], number[]> = { watchlist: [], seen: [], dismissed: [] };
  for (const { movieId, mark } of heldMarks(sources)) {
    const row = movies.rowOf(movieId);
    if (row >= 0) rows[mark].push(row);
  }
  return rows;
}
