import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { MarqueeError, short } from '../../shared/errors.ts';
import type { Catalogue, NextModel } from '../../shared/model/model.ts';
import { mergeRatings } from '../../shared/ratings/rating-store.ts';
import type { Seen } from '../../shared/ratings/shards.ts';
import type { Taste } from '../recommend/taste.ts';
import { markedRows } from '../version/marked.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { readSources, tasteAt, type UserSources, type UserStores, withVectors } from '../version/taste-of.ts';
import type { AppEnv } from './app-env.ts';
import { readerOf } from './identity/auth.ts';
import { otherVersionOf, versionOfAsker } from './lists/arm-version.ts';
import { rowOfOwnId } from './own-id.ts';
import { seenBy } from './traffic/replicas.ts';
import { READING } from './traffic/same-site.ts';
import { during } from './traffic/trace.ts';

/** Bytes of the largest JSON body. A thousand ratings take a tenth of it. */
const LARGEST_JSON = 2 ** 20;

/** Refuses bodies larger than `LARGEST_JSON`, unpacked, before they are parsed. */
export const limitJson = limitBody(LARGEST_JSON, () => {
  throw new MarqueeError('too-large', `the body is larger than ${LARGEST_JSON} bytes`, {
    fix: 'Send it in parts.',
  });
});

/**
 * Unpacks a gzipped body, and refuses bodies that are larger than `most` bytes then.
 *
 * @throws `bad-encoding` for any other packing; `bad-body` for damaged gzip
 */
export function limitBody(most: number, refuse: () => never): MiddlewareHandler<AppEnv> {
  const limit = bodyLimit({ maxSize: most, onError: refuse });
  return async (c, next) => {
    const packed = unpack(c);
    try {
      return await limit(c, next);
    } catch (cause) {
      if (!packed || cause instanceof MarqueeError) throw cause;
      throw new MarqueeError('bad-body', 'the gzipped body is damaged or cut off', { fix: 'Pack it again.', cause });
    }
  };
}

/** Puts the unpacked body in a gzipped one's place. Returns whether it was gzipped. */
function unpack(c: Context<AppEnv>): boolean {
  const encoding = c.req.header('Content-Encoding')?.trim().toLowerCase() ?? 'identity';
  const { raw } = c.req;
  if (encoding === 'identity' || !raw.body || READING.has(raw.method)) return false;
  if (encoding !== 'gzip') {
    throw new MarqueeError('bad-encoding', `Content-Encoding: got ${short(encoding)}, expected gzip or none`, {
      fix: 'Send the body as it is, or gzipped.',
      details: { got: short(encoding), expected: 'gzip' },
    });
  }
  const headers = new Headers(raw.headers);
  headers.delete('Content-Encoding');
  headers.delete('Content-Length');
  c.req.raw = new Request(raw, { headers, body: raw.body.pipeThrough(new DecompressionStream('gzip')) });
  return true;
}

/**
 * The complete version that answers this request: that of the arm of whoever sent it, else the one in service.
 * `versionFor` is for routes that name a person.
 */
export function servedVersion(c: Context<AppEnv>): Promise<ServedVersion> {
  return noteVersion(
    c,
    during(c, 'model', async () => {
      const known = c.get('served');
      if (known) return known;
      const inService = await c.get('models').get(c.env, c.executionCtx);
      return (await versionOfAsker(c, inService)) ?? inService;
    }),
  );
}

/** The same for a person who need not have sent the request. @param userId null: who sent it */
export function versionFor(c: Context<AppEnv>, userId: number | null): Promise<ServedVersion> {
  if (userId !== null) c.set('armFor', userId);
  return servedVersion(c);
}

/** The complete version in service, whoever asks. */
export function inServiceVersion(c: Context<AppEnv>): Promise<ServedVersion> {
  return noteVersion(
    c,
    during(c, 'model', () => c.get('models').get(c.env, c.executionCtx)),
  );
}

/** As `servedVersion`, but in a fresh isolate it may be one that is only listable so far (`ServedVersion`). */
export function listableVersion(c: Context<AppEnv>): Promise<ServedVersion> {
  return noteVersion(
    c,
    during(c, 'model', async () => {
      const inService = await c.get('models').getListable(c.env, c.executionCtx);
      return (await versionOfAsker(c, inService)) ?? inService;
    }),
  );
}

/**
 * The films that somebody may have been shown: those of the version in service and, where it lacks one of those that a
 * request names, of the version beside it, too.
 */
export async function knownMovies(
  c: Context<AppEnv>,
  named: readonly { readonly movieId?: number; readonly id?: string }[],
): Promise<readonly Catalogue[]> {
  const { movies } = (await inServiceVersion(c)).model;
  const isKnown = ({ movieId, id }: (typeof named)[number]) =>
    (movieId === undefined ? rowOfOwnId(movies, id ?? '') : movies.rowOf(movieId)) >= 0;
  const other = otherVersionOf(c);
  if (other === undefined || named.every(isKnown)) return [movies];
  const beside = await c.get('models').beside(c.env, c.executionCtx, other);
  return beside ? [movies, beside.model.movies] : [movies];
}

async function noteVersion(c: Context<AppEnv>, loading: Promise<ServedVersion>): Promise<ServedVersion> {
  const served = await loading;
  const trace = c.get('trace');
  if (trace) trace.version = served.version;
  return served;
}

/** What people watch next, where a request orders by that. Throws `bad-parameter` for a version that did not learn it. */
export async function nextFor(
  c: Context<AppEnv>,
  { next }: ServedVersion,
  { by }: { readonly by?: string },
): Promise<NextModel | undefined> {
  return by === 'next' ? next.read(c.env.MODELS, c.executionCtx, c.get('now')()) : undefined;
}

/** Seconds since the epoch. */
export function now(c: Context<AppEnv>): number {
  return Math.floor(c.get('now')() / 1000);
}

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

/** Throws `unknown-movie` for a movie that none of these catalogues has. */
export function requireMovie(catalogues: readonly Pick<Catalogue, 'rowOf'>[], movieId: number): void {
  if (catalogues.every(({ rowOf }) => rowOf(movieId) < 0)) throw unknownMovie(movieId);
}

/** The row of a movie. Throws `unknown-movie`. */
export function rowOf(movies: Pick<Catalogue, 'rowOf'>, movieId: number): number {
  const row = movies.rowOf(movieId);
  if (row >= 0) return row;
  throw unknownMovie(movieId);
}

function unknownMovie(movieId: number): MarqueeError {
  return new MarqueeError('unknown-movie', `the model has no movie ${movieId}`, {
    fix: 'GET /movies?q= finds movies by title.',
    details: { movieId },
  });
}

/** The row of a movie that may be shown. Throws `unknown-movie`, also for a hidden one. */
export function listedRowOf(served: ServedVersion, movieId: number): number {
  const { model, hidden } = served;
  const row = model.movies.rowOf(movieId);
  if (row >= 0 && !hidden.has(row)) return row;
  throw unknownMovie(movieId);
}

/**
 * Throws `unknown-movie`, which names the first element of a batch that the model lacks.
 *
 * @param path of the batch in the body
 */
export function requireKnown(
  movies: Pick<Catalogue, 'rowOf'> | readonly Pick<Catalogue, 'rowOf'>[],
  ratings: readonly { readonly movieId: number }[],
  path: string = 'ratings',
): void {
  const catalogues = [movies].flat();
  const index = ratings.findIndex(({ movieId }) => catalogues.every(({ rowOf }) => rowOf(movieId) < 0));
  if (index < 0) return;
  const { movieId } = ratings[index];
  throw new MarqueeError('unknown-movie', `${path}.${index}.movieId: the model has no movie ${movieId}`, {
    fix: 'GET /movies?q= finds movies by title. Nothing of this request was stored.',
    details: { movieId, index },
  });
}
