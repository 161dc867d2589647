import type { StoredUser } from '../../shared/artifact/user-batch.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { RatedMovies, UserVectors } from '../../shared/model/model.ts';
import type { UserPosterior } from '../../shared/model/posterior.ts';
import { NOTHING_RATED } from '../../shared/model/posterior.ts';
import { findProfile, profileVectors } from '../../shared/model/profiles.ts';
import { foldIn, withBias } from '../../shared/model/score.ts';
import { changeAway, daysSince, wholeHours } from '../../shared/model/time-away.ts';
import type { HeldMark } from '../../shared/ratings/mark.ts';
import type { NewRating } from '../../shared/ratings/new-rating.ts';
import { latestOfEach, mergeRatings } from '../../shared/ratings/rating-store.ts';
import type { Newer } from '../ratings/reader.ts';
import type { Degraded, Taste } from '../recommend/taste.ts';
import { wasmSums } from '../wasm/posterior.ts';
import { Excerpt, type ServedModel } from '../wasm/served-model.ts';
import type { ServedVersion } from './served-version.ts';

/** A user as R2 and D1 know them. */
export interface UserSources {
  readonly stored: StoredUser | null;
  readonly newer: readonly NewRating[];
  /** Of these `heldMarks` hold. */
  readonly marks: readonly HeldMark[];
  readonly degraded: readonly Degraded[];
  /** Of the rated movies, where the version does not have them at hand (`withVectors`). */
  readonly vectors?: ServedModel['vectors'];
}

export interface UserStores {
  readonly bucket: R2Bucket;
  /** What D1 holds of a user: `RatingReader.read`. */
  readonly newerOf: (userId: number) => Promise<Newer>;
}

/** A request without a user. */
export const NOBODY: UserSources = { stored: null, newer: [], marks: [], degraded: [] };

/**
 * Reads R2 and D1 at the same time. Either may fail: `degraded` then names it, and the other one's data must do. Throws
 * `deleted-user`, also while the model still holds them.
 */
export async function readSources(
  served: ServedVersion,
  userId: number | null,
  stores: UserStores,
): Promise<UserSources> {
  if (userId === null) return NOBODY;
  const [row, newer] = await Promise.allSettled([served.users.find(stores.bucket, userId), stores.newerOf(userId)]);
  const degraded: Degraded[] = [];
  const fallback = <T>(result: PromiseSettledResult<T>, instead: T, name: Degraded): T => {
    if (result.status === 'fulfilled') return result.value;
    if (result.reason instanceof MarqueeError && result.reason.code === 'deleted-user') throw result.reason;
    console.error(`answering without ${name}:`, result.reason);
    degraded.push(name);
    return instead;
  };
  const stored = fallback(row, null, 'model-users');
  const { ratings, marks } = fallback(newer, { ratings: [], marks: [] }, 'ratings');
  return { stored, newer: ratings, marks, degraded };
}

/**
 * A user as they were known after rating so, all at once. D1 keeps what is rated again before what is new (`rating`).
 *
 * @param now seconds since the epoch
 */
export function supposing(
  sources: UserSources,
  ratings: readonly { readonly movieId: number; readonly rating: number }[],
  now: number,
): UserSources {
  const supposed = latestOfEach(ratings.map((rating) => ({ ...rating, timestamp: now })));
  const isIn = (list: readonly NewRating[]) => {
    const ids = new Set(list.map(({ movieId }) => movieId));
    return ({ movieId }: NewRating) => ids.has(movieId);
  };
  const [isRated, isSupposed] = [isIn(sources.newer), isIn(supposed)];
  const others = sources.newer.filter((rating) => !isSupposed(rating));
  const fresh = supposed.filter((rating) => !isRated(rating));
  return { ...sources, newer: [...others, ...supposed.filter(isRated), ...fresh] };
}

/** A user, and the moment that their taste is asked for. */
interface KnownUser {
  readonly sources: UserSources;
  readonly moment: Moment;
}

/**
 * Users with the vectors of what they rated, where these are elsewhere and the taste comes of them: all are brought at
 * once. Throws `store-unavailable`.
 *
 * @param soon rows that will be asked for next, to be brought with them
 */
export async function withVectors(
  served: ServedVersion,
  users: readonly KnownUser[],
  soon: readonly number[] = [],
): Promise<UserSources[]> {
  const missing = users.map((user) => missingRows(served, user));
  if (missing.every((rows) => rows.length === 0)) return users.map(({ sources }) => sources);
  const { vectors } = await served.near([...missing.flatMap((rows) => [...rows]), ...soon]);
  return users.map(({ sources }, u) => (missing[u].length > 0 ? { ...sources, vectors } : sources));
}

/** Rows of rated movies whose vectors a taste comes of and that are not at hand. */
function missingRows(served: ServedVersion, { sources, moment: { now, since } }: KnownUser): Int32Array {
  const none = new Int32Array(0);
  if (!served.isCut || sources.vectors || !isOfRatings(ratedSince(sources, since), now)) return none;
  if (since === 0 && isRemembered(served, sources, now)) return none;
  const { movieIds, stars } = mergeRatings(sources.stored, sources.newer);
  return knownRatings(served, movieIds, stars).rows;
}

/** What was rated since a time, seconds since the epoch. A rating without a time counts with 0 alone. */
export function ratedSince(sources: UserSources, since: number): UserSources {
  if (since === 0) return sources;
  const { stored, newer } = sources;
  const again = new Set(newer.map(({ movieId }) => movieId));
  const trained = stored ? storedRatings(stored).filter(({ movieId }) => !again.has(movieId)) : [];
  return { ...sources, stored: null, newer: [...trained, ...newer].filter(({ timestamp }) => timestamp >= since) };
}

/** What training knows of a user, oldest first; time 0 where it has none. */
function storedRatings({ movieIds, stars, times }: StoredUser): NewRating[] {
  return Array.from(movieIds, (movieId, at) => ({ movieId, rating: stars[at], timestamp: times[at] }));
}

/** Times in seconds since the epoch. */
interface Moment {
  readonly now: number;
  /** Ratings before it do not count, but their movies are hidden; 0 for none. */
  readonly since: number;
}

/** The taste that a user's ratings tell of now. */
export function tasteAt(served: ServedVersion, sources: UserSources, { now, since }: Moment): Taste {
  if (since === 0) return rememberedTaste(served, sources, now);
  const { movieIds, stars } = mergeRatings(sources.stored, sources.newer);
  const hidden = knownRatings(served, movieIds, stars).rows;
  return { ...currentTaste(served, ratedSince(sources, since), now), hidden };
}

/** `currentTaste`, remembered for an hour for users whose ratings did not change. */
function rememberedTaste(served: ServedVersion, sources: UserSources, now: number): Taste {
  const { degraded } = sources;
  const key = keyOf(sources);
  if (key === null || degraded.length > 0) return currentTaste(served, sources, now);
  const known = served.tastes.get(key);
  const isCurrent = known !== undefined && known.rated.days === daysAway(sources, now);
  served.watch?.used('tastes', isCurrent);
  if (isCurrent) return known;
  // Without the posterior, which is larger than all the rest and seldom needed.
  const taste = { ...currentTaste(served, sources, now), posterior: undefined };
  served.tastes.set(key, taste);
  return taste;
}

/** Belongs to one user, and is another object as soon as its content changes; a version never changes. */
function keyOf({ stored, newer }: UserSources) {
  return newer.length > 0 ? newer : stored;
}

function isRemembered(served: ServedVersion, sources: UserSources, now: number): boolean {
  const key = keyOf(sources);
  return key !== null && served.tastes.get(key)?.rated.days === daysAway(sources, now);
}

/** Days since the newest rating, in whole hours. */
function daysAway({ stored, newer }: UserSources, now: number): number {
  const newest = newer.reduce((last, { timestamp }) => Math.max(last, timestamp), stored?.times.at(-1) ?? 0);
  return wholeHours(daysSince(newest, now));
}

/** `inferTaste` as it is now. */
function currentTaste(served: ServedVersion, sources: UserSources, now: number): Taste {
  const taste = inferTaste(served, sources);
  const rated = { ...taste.rated, days: daysAway(sources, now) };
  if (rated.days === 0) return { ...taste, rated };
  const { rows, apply } = changeAway(served.model.relevancePrior, rated);
  const relevance = apply(taste.vectors.relevance, wasmSums(sources.vectors ?? served.model.vectors, rows).history);
  return { ...taste, rated, vectors: { ...taste.vectors, relevance } };
}

/**
 * Makes the user vector as of the newest rating. While D1 knows nothing more, it is the one that training stored.
 * Otherwise the merged ratings are folded in; without any rating that gives the prior, what people like on average.
 */
export function inferTaste(served: ServedVersion, sources: UserSources): Taste {
  const { stored, newer, degraded, vectors: near = served.model.vectors } = sources;
  const { movieIds, stars, changed } = mergeRatings(stored, newer);
  const rated = knownRatings(served, movieIds, stars);
  if (stored && !changed) return { basis: 'trained', vectors: withBias(served.model, stored, rated), rated, degraded };
  const basis = rated.rows.length > 0 ? 'folded-in' : 'popular';
  const vectors = foldInRated({ ...served.model, vectors: near }, rated);
  return { basis, vectors, rated, posterior: vectors.posterior, degraded };
}

/** `foldIn`, computed from the vectors of the rated movies alone. */
export function foldInRated(served: ServedModel, rated: RatedMovies): UserVectors & { posterior: UserPosterior } {
  const { model, rows } = new Excerpt(served, rated.rows);
  const places = rows.map((_, place) => place);
  return foldIn(model, { ...rated, rows: places }, wasmSums(served.vectors, rows));
}

/**
 * Whether the user vector is more than what training stored, which needs a complete version: folded in, or of somebody
 * who comes back.
 */
export function isOfRatings(sources: UserSources, now: number): boolean {
  const { movieIds, changed } = mergeRatings(sources.stored, sources.newer);
  return movieIds.length > 0 && (changed || !sources.stored || daysAway(sources, now) > 0);
}

/** The taste of a profile. What the user rated is left out of the list, and is no reason. Throws `unknown-profile`. */
export function tasteOfProfile({ model }: ServedVersion, name: string, { rated, hidden, degraded }: Taste): Taste {
  const vectors = profileVectors(findProfile(model.profiles, name));
  return { basis: 'profile', vectors, rated: NOTHING_RATED, hidden: hidden ?? rated.rows, degraded };
}

/** The rated movies that the model knows. The others stay in the rating store until a training takes them up. */
export function knownRatings(
  { model }: ServedVersion,
  movieIds: ArrayLike<number>,
  stars: ArrayLike<number>,
): RatedMovies {
  const rows = new Int32Array(movieIds.length);
  const known = new Float32Array(movieIds.length);
  let count = 0;
  for (let j = 0; j < movieIds.length; j++) {
    const row = model.movies.rowOf(movieIds[j]);
    if (row < 0) continue;
    rows[count] = row;
    known[count++] = stars[j];
  }
  return { rows: rows.subarray(0, count), stars: known.subarray(0, count) };
}
