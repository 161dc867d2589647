import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { mergeRatings } from '../../shared/ratings/rating-store.ts';
import type { Seen } from '../../shared/ratings/shards.ts';
import type { Taste } from '../recommend/taste.ts';
import { markedRows } from '../version/marked.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { readSources, tasteAt, type UserSources, type UserStores, withVectors } from '../version/taste-of.ts';
import type { AppEnv } from './app-env.ts';
import { readerOf } from './identity/auth.ts';
import { now } from './now.ts';
import { seenBy } from './traffic/replicas.ts';
import { during } from './traffic/trace.ts';

async function notingFailure<T>(c: Context<AppEnv>, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof MarqueeError && error.code === 'deleted-user')) c.get('metrics')?.d1Failures.add(['read']);
    throw error;
  }
}

export function stores(c: Context<AppEnv>): UserStores {
  const read = (userId: number, seen?: Seen | null) => c.get('ratings').read(c.env.DB, userId, c.executionCtx, seen);
  const newerOf = (userId: number) =>
    notingFailure(
      c,
      c.env.READ_REPLICAS === 'true' ? seenBy(c, userId).then((seen) => read(userId, seen)) : read(userId),
    );
  return { bucket: c.env.MODELS, newerOf };
}

export function sourcesOf(c: Context<AppEnv>, version: ServedVersion, userId: number | null): Promise<UserSources> {
  return during(c, 'ratings', () => readSources(version, userId, stores(c)));
}

export async function tasteIn(c: Context<AppEnv>, version: ServedVersion, userId: number | null): Promise<Taste> {
  const moment = { now: now(c), since: 0 };
  const [sources] = await withVectors(version, [{ sources: await sourcesOf(c, version, userId), moment }]);
  return { ...tasteAt(version, sources, moment), marked: markedRows(version, sources) };
}

/** A user's ratings: those of training and newer ones, as one list. */
export interface RatedList {
  readonly user: number;
  /** Oldest first. A timestamp of null: known from training only, without a time. */
  readonly ratings: readonly { readonly movieId: number; readonly rating: number; readonly timestamp: number | null }[];
  /** Movies whose rating, as it is now, the model has learned from. */
  readonly trained: ReadonlySet<number>;
}

/**
 * The ratings of the named user, or of the session's. Throws `unauthorized`; `store-unavailable` when they cannot all
 * be read.
 */
export async function ratingsOf(
  c: Context<AppEnv>,
  version: ServedVersion,
  asked: number | undefined,
): Promise<RatedList> {
  const user = await readerOf(c, asked);
  if (user === null) {
    throw new MarqueeError('unauthorized', 'whose ratings? The request names no user and has no session', {
      fix: 'POST /session starts one; or name a user.',
    });
  }
  const { stored, newer, degraded } = await sourcesOf(c, version, user);
  if (degraded.length > 0) {
    throw new MarqueeError('store-unavailable', 'the ratings cannot be listed in full now', { fix: 'Try again.' });
  }
  const times = new Map<number, number>();
  stored?.times.forEach((time, j) => {
    if (time > 0) times.set(stored.movieIds[j], time);
  });
  for (const { movieId, timestamp } of newer) times.set(movieId, timestamp);
  const { movieIds, stars } = mergeRatings(stored, newer);
  const timestamp = (movieId: number) => times.get(movieId) ?? null;
  const learned = new Map(Array.from(stored?.movieIds ?? [], (movieId, j) => [movieId, stored!.stars[j]]));
  return {
    user,
    trained: new Set(Array.from(movieIds).filter((movieId, j) => learned.get(movieId) === stars[j])),
    ratings: Array.from(movieIds, (movieId, j) => ({ movieId, rating: stars[j], timestamp: timestamp(movieId) })),
  };
}
