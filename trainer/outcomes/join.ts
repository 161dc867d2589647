import type { EventKind, NewEvent } from '../../shared/ratings/tables/event.ts';
import type { ListShown } from '../../shared/ratings/tables/list-shown.ts';
import { listScore } from '../math/metrics.ts';

/** Stars from which a film counts as liked. */
const LIKED = 4;

/** A rating that was given after a list. */
interface LaterRating {
  readonly movieId: number;
  /** Stars. */
  readonly rating: number;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/** What is known of one person. */
export interface History {
  /** Oldest first. */
  readonly lists: readonly ListShown[];
  readonly events: readonly Pick<NewEvent, 'kind' | 'movieId' | 'request' | 'timestamp'>[];
  readonly ratings: readonly LaterRating[];
}

/** Of each kind, whether any of some films came to that. */
type Came = Readonly<Record<EventKind | 'rated', boolean>>;

/** What came of a list: of the films that the model chose. */
export interface ListOutcome extends Came {
  /** NDCG@10 of the films that the person liked afterwards; null where they liked none, or the list does not begin at its top. */
  readonly ndcg: number | null;
  /** What came of the films that the operator had put before the model's; absent: there were none. */
  readonly pinned?: Came;
}

/**
 * What came of each of a person's lists within some seconds. An event belongs to the list whose request it names, where
 * that list has the film, and to none where that list was not logged: it was found there. Any other event, as each rating,
 * belongs to the last list before it that has the film.
 */
export function outcomesOf({ lists, events, ratings }: History, within: number): ListOutcome[] {
  const found = lists.map((list) => ({ list, chosen: new Set<keyof Came>(), pinned: new Set<keyof Came>() }));
  const byRequest = new Map(found.map((entry) => [entry.list.request, entry]));
  const add = (kind: keyof Came, movieId: number, entry?: (typeof found)[number]) =>
    entry?.[entry.list.pinnedIds?.includes(movieId) ? 'pinned' : 'chosen'].add(kind);
  const listBefore = (movieId: number, time: number) =>
    found.findLast(({ list }) => list.shownAt <= time && time <= list.shownAt + within && has(list, movieId));
  for (const { kind, movieId, request, timestamp } of events) {
    const named = request === null ? undefined : byRequest.get(request);
    if (request !== null && !named) continue;
    const isOfNamed = named && has(named.list, movieId);
    if (!isOfNamed) add(kind, movieId, listBefore(movieId, timestamp));
    else if (timestamp <= named.list.shownAt + within) add(kind, movieId, named);
  }
  for (const { movieId, timestamp } of ratings) add('rated', movieId, listBefore(movieId, timestamp));
  return found.map(({ list, chosen, pinned }) => ({
    ...cameOf(chosen),
    ndcg: ndcgOf(list, ratings, within),
    ...(list.pinnedIds && { pinned: cameOf(pinned) }),
  }));
}

function has({ movieIds, pinnedIds }: ListShown, movieId: number): boolean {
  return movieIds.includes(movieId) || (pinnedIds?.includes(movieId) ?? false);
}

function cameOf(kinds: ReadonlySet<keyof Came>): Came {
  return {
    clicked: kinds.has('clicked'),
    watched: kinds.has('watched'),
    dismissed: kinds.has('dismissed'),
    watchlisted: kinds.has('watchlisted'),
    rated: kinds.has('rated'),
  };
}

/** Of the model's films. Pinned ones count neither for it nor against it: it had no place for them. */
function ndcgOf({ first, shownAt, movieIds, pinnedIds }: ListShown, ratings: readonly LaterRating[], within: number) {
  // Not in the same second: that list is the one which the rating called for, and leaves the film out.
  const isLater = (time: number) => time > shownAt && time <= shownAt + within;
  const liked = ratings.filter(
    ({ movieId, rating, timestamp }) => rating >= LIKED && isLater(timestamp) && !pinnedIds?.includes(movieId),
  );
  if (first > 0 || movieIds.length === 0 || liked.length === 0) return null;
  return listScore(movieIds, new Set(liked.map(({ movieId }) => movieId))).ndcg;
}
