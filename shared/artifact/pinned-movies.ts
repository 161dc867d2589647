import { MarqueeError } from '../errors.ts';
import type { Bucket } from '../storage/bucket.ts';
import { readPointer, writePointer } from './pointer.ts';

/** The most movies that stand pinned at once: a list is to stay people's own. */
export const MOST_PINNED = 3;

/** Movies to pin, in their order behind those that are, and movies to take down. */
export interface PinChange {
  readonly pin: readonly number[];
  readonly unpin: readonly number[];
}

/** Ids of the pinned movies, in the order in which lists show them. Throws `no-model`, `bad-artifact`. */
export async function pinnedMovies(bucket: Bucket): Promise<readonly number[]> {
  return (await currentOf(bucket)).current.pinned ?? [];
}

/**
 * Pins movies or takes them down, in the version in service and in every later one: current.json names them.
 *
 * @returns ids of all pinned movies
 * @throws `bad-parameter` when they would be more than `MOST_PINNED`; `no-model`, `bad-artifact` when there is no
 *   current.json that can be read; `publish-conflict` when somebody else published or pinned meanwhile
 */
export async function pinMovies(bucket: Bucket, { pin, unpin }: PinChange): Promise<readonly number[]> {
  const before = await currentOf(bucket);
  const { pinned = [] } = before.current;
  const after = [...new Set([...pinned, ...pin])].filter((movieId) => !unpin.includes(movieId));
  if (after.length > MOST_PINNED) throw tooMany(after);
  if (after.join() === pinned.join()) return pinned;
  await writePointer(bucket, before, { ...before.current, pinned: after.length > 0 ? after : undefined });
  return after;
}

async function currentOf(bucket: Bucket) {
  const before = await readPointer(bucket);
  if (before?.current) return { etag: before.etag, current: before.current, flaw: null };
  if (before?.flaw) throw before.flaw;
  throw new MarqueeError('no-model', 'nothing was published yet, so there is no list to pin a film in', {
    fix: 'Run `npm run publish -- --model DIR` first.',
  });
}

function tooMany(movieIds: readonly number[]): MarqueeError {
  return new MarqueeError('bad-parameter', `${movieIds.length} films pinned at once: ${movieIds.join(', ')}`, {
    fix: `${MOST_PINNED} are the most. Take one down first.`,
    details: { parameter: 'movieId', got: movieIds.length, expected: `${MOST_PINNED} at most` },
  });
}
