import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { type HeldMark, MARKS } from '../../shared/ratings/mark.ts';
import { naturalTitle } from '../../shared/title.ts';
import { heldMarks } from '../version/marked.ts';
import type { ServedVersion } from '../version/served-version.ts';
import type { UserSources } from '../version/taste-of.ts';
import type { AppEnv } from './app-env.ts';
import { readerOf } from './identity/auth.ts';
import { sourcesOf } from './stored-ratings.ts';

export const markSchema = z.enum(MARKS).openapi({
  description: 'That the user wants to see the movie, saw it without giving stars, or does not want to be shown it.',
});

interface MarkedList {
  readonly user: number;
  /** Oldest first. */
  readonly marks: readonly HeldMark[];
}

/**
 * The marks of the named user, or of the session's. Throws `unauthorized`; `store-unavailable` when they cannot all be
 * read.
 */
export async function marksOf(
  c: Context<AppEnv>,
  version: ServedVersion,
  asked: number | undefined,
): Promise<MarkedList> {
  const user = await readerOf(c, asked);
  if (user === null) throw nobodysMarks();
  return { user, marks: completeMarks(await sourcesOf(c, version, user)) };
}

/** The marks that hold. Throws `store-unavailable` when that cannot be known. */
export function completeMarks(sources: UserSources): readonly HeldMark[] {
  if (sources.degraded.length === 0) return heldMarks(sources);
  throw new MarqueeError('store-unavailable', 'the watchlist cannot be read in full now', { fix: 'Try again.' });
}

/** The error of a request for a watchlist that is nobody's. */
export function nobodysMarks(): MarqueeError {
  return new MarqueeError('unauthorized', 'whose watchlist? The request names no user and has no session', {
    fix: 'POST /session starts one; or name a user.',
  });
}

/** A marked movie by name, as far as the model knows it. */
export function titleOf(served: ServedVersion, movieId: number) {
  const { movies } = served.model;
  const row = movies.rowOf(movieId);
  if (row < 0) return { title: null, year: null };
  return { title: naturalTitle(movies.title(row)), year: movies.years[row] || null };
}

/** Marks as a CSV file. */
export function exportMarks(user: number, marks: readonly HeldMark[]): string {
  const lines = marks.map(({ movieId, mark, timestamp }) => `${user},${movieId},${mark},${timestamp}\n`);
  return `userId,movieId,mark,timestamp\n${lines.join('')}`;
}
