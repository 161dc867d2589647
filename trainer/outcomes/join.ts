import type { EventKind, NewEvent } from '../../shared/ratings/tables/event.ts';
import type { ListShown } from '../../shared/ratings/tables/list-shown.ts';
import { listScore } from '../math/metrics.ts';

/** Stars from which a film counts as liked. */
export const LIKED = 4;

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

/** What came of a list: of each kind, whether any of its films came to that. */
export interface ListOutcome extends Readonly<Record<EventKind | 'rated', boolean>> {
  /** NDCG@10 of the films that the person liked afterwards; null where they liked none, or it is no beginning of a list. */
  readonly ndcg: number | null;
}

/**
 * What came of each of a person's lists within some seconds. An event belongs to the list whose request it names, where
 * that list has the film; else, as each rating, to the last list before it that has the film.
 */
export function outcomesOf({ lists, events, ratings }: History, within: number): ListOutcome[] {
  const came = lists.map(() => new Set<EventKind | 'rated'>());
  const byRequest = new Map(lists.map(({ request }, at) => [request, at]));
  const listBefore = (movieId: number, time: number) =>
    lists.findLastIndex(
      ({ shownAt, movieIds }) => shownAt <= time && time <= shownAt + within && movieIds.includes(movieId),
    );
  for (const { kind, movieId, request, timestamp } of events) {
    const named = byRequest.get(request ?? '') ?? -1;
    const at = lists[named]?.movieIds.includes(movieId) ? named : listBefore(movieId, timestamp);
    came[at]?.add(kind);
  }
  for (const { movieId, timestamp } of ratings) came[listBefore(movieId, timestamp)]?.add('rated');
  return lists.map((list, at) => ({
    clicked: came[at].has('clicked'),
    watched: came[at].has('watched'),
    dismissed: came[at].has('dismissed'),
    watchlisted: came[at].has('watchlisted'),
    rated: came[at].has('rated'),
    ndcg: ndcgOf(list, ratings, within),
  }));
}

function ndcgOf({ first, shownAt, movieIds }: ListShown, ratings: readonly LaterRating[], within: number) {
  // Not in the same second: that list is the one which the rating called for, and leaves the film out.
  const isLater = (time: number) => time > shownAt && time <= shownAt + within;
  const liked = ratings.filter(({ rating, timestamp }) => rating >= LIKED && isLater(timestamp));
  if (first > 0 || liked.length === 0) return null;
  return listScore(movieIds, new Set(liked.map(({ movieId }) => movieId))).ndcg;
}
