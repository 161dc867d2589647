import type { Mark } from '../../shared/ratings/mark.ts';
import { fromHalfStars } from '../../shared/ratings/rating.ts';
import { everyShard, requireRest } from '../../shared/ratings/shards.ts';
import { type EventKind, eventsSince, type NewEvent } from '../../shared/ratings/tables/event.ts';
import { type ListShown, listsShown } from '../../shared/ratings/tables/list-shown.ts';
import { marksSince, type StoredMark } from '../../shared/ratings/tables/mark.ts';
import { ratingsSince } from '../../shared/ratings/tables/rating.ts';
import type { Database } from '../../shared/storage/database.ts';
import { type History, outcomesOf } from './join.ts';
import { type Row, Tallies } from './tally.ts';

/** Which lists to judge, and how. */
export interface Asked {
  /** Seconds since the epoch: only lists from then on. */
  readonly since: number;
  /** Only lists of this experiment. */
  readonly experiment?: string;
  /** Seconds within which something has to come of a list. */
  readonly within: number;
  /** Whether versions of the model stand apart. */
  readonly byVersion: boolean;
}

/** What came of the lists that D1 has: joined with events, marks and ratings, by version and arm. Throws `store-unavailable`. */
export async function readOutcomes(db: Database, { since, experiment, within, byVersion }: Asked): Promise<Row[]> {
  const tallies = new Tallies(byVersion, experiment);
  const before = await requireRest(db);
  for (const shard of everyShard(db)) {
    for await (const lists of listsShown(shard, since)) {
      for (const history of await historiesOf(shard, lists)) tallies.add(history.lists, outcomesOf(history, within));
    }
  }
  await requireRest(db, before);
  return tallies.rows();
}

/** What each of these lists' people did since the first of them. @param lists all that is asked for of each person */
async function historiesOf(db: Database, lists: readonly ListShown[]): Promise<History[]> {
  const people = Map.groupBy(lists, ({ userId }) => userId);
  const ids = [...people.keys()];
  const first = lists.reduce((time, { shownAt }) => Math.min(time, shownAt), Number.POSITIVE_INFINITY);
  const [events, marks, ratings] = await Promise.all([
    eventsSince(db, ids, first),
    marksSince(db, ids, first),
    ratingsSince(db, ids, first),
  ]);
  const did = Map.groupBy([...events, ...marks.map(asEvent)], ({ userId }) => userId);
  const rated = Map.groupBy(ratings, ({ userId }) => userId);
  return Array.from(people, ([userId, theirs]) => ({
    lists: theirs.toSorted((a, b) => a.shownAt - b.shownAt),
    events: did.get(userId) ?? [],
    ratings: (rated.get(userId) ?? []).map(({ movieId, halfStars, ratedAt }) => ({
      movieId,
      rating: fromHalfStars(halfStars),
      timestamp: ratedAt,
    })),
  }));
}

const EVENT_OF: Readonly<Record<Mark, EventKind>> = {
  watchlist: 'watchlisted',
  seen: 'watched',
  dismissed: 'dismissed',
};

/** A mark says the same as an event. */
function asEvent({ mark, ...rest }: StoredMark): Omit<NewEvent, 'id'> & { readonly userId: number } {
  return { ...rest, kind: EVENT_OF[mark], request: null };
}
