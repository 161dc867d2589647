import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import { atHomes, homeOf } from '../shards.ts';

/**
 * D1's table `list_shown`: what people were recommended. A row is an array in the order of `COLUMNS`.
 *
 * | column      |                                                                                    |
 * |-------------|------------------------------------------------------------------------------------|
 * | user_id     | key, with request                                                                  |
 * | request     | id of the request                                                                  |
 * | shown_at    | seconds since the epoch                                                            |
 * | version     | of the model                                                                       |
 * | experiment  | name; null: the person was in none                                                 |
 * | arm         | of the experiment; null likewise                                                   |
 * | ordering    | `relevance`, `rating`, `next`, or `blend` and its value                            |
 * | explored    | 1: a draw from the posterior put it in order                                       |
 * | probability | of that, or of its contrary, whichever came; null: nothing was drawn               |
 * | first       | place of the first movie, from 0                                                   |
 * | movies      | JSON: movie ids in their places; before them, in an array of its own, the pinned   |
 * |             | ones, where there were any: `[[50, 7], 2571, 260]`                                 |
 */
const COLUMNS =
  'user_id, request, shown_at, version, experiment, arm, ordering, explored, probability, first, movies'.split(', ');

/** A list that somebody was shown. */
export interface ListShown {
  readonly userId: number;
  readonly request: string;
  /** Seconds since the epoch. */
  readonly shownAt: number;
  readonly version: string;
  readonly experiment: string | null;
  readonly arm: string | null;
  readonly ordering: string;
  /** Whether a draw from the posterior put it in order. */
  readonly explored: boolean;
  /** Of `explored` being what it is; null: nothing was drawn. */
  readonly probability: number | null;
  /** Place of the first movie, from 0. */
  readonly first: number;
  /** What the model chose. */
  readonly movieIds: readonly number[];
  /** What the operator had put before it; absent: nothing, or the list was logged before pinned films were. */
  readonly pinnedIds?: readonly number[];
}

/** Days for which lists and events are kept. */
export const OUTCOME_DAYS = 90;

/** Lists of one statement: 40 KB, where D1 takes a hundred. */
export const LISTS_AT_A_TIME = 100;

/** Writes lists, `LISTS_AT_A_TIME` at most; none of deleted people. Throws `store-unavailable`. */
export async function writeLists(db: Database, lists: readonly ListShown[]): Promise<void> {
  const values = COLUMNS.map((_, at) => `value ->> ${at}`);
  const insert = `INSERT OR IGNORE INTO list_shown (${COLUMNS}) SELECT ${values} FROM json_each(?1)
     WHERE NOT EXISTS (SELECT 1 FROM person WHERE user_id = value ->> 0 AND deleted_at IS NOT NULL)`;
  const people = Map.groupBy(lists, ({ userId }) => userId);
  await atHomes(db, [...people.keys()], (home, userIds) => {
    const rows = userIds.flatMap((userId) => people.get(userId)!.map(rowOf));
    return answerOf(home.prepare(insert).bind(JSON.stringify(rows)).run());
  });
}

type Row = [
  number,
  string,
  number,
  string,
  string | null,
  string | null,
  string,
  number,
  number | null,
  number,
  string,
];

function rowOf({ userId, request, shownAt, explored, first, movieIds, pinnedIds, ...list }: ListShown): Row {
  const { version, experiment, arm, ordering, probability } = list;
  const movies = JSON.stringify(pinnedIds?.length ? [pinnedIds, ...movieIds] : movieIds);
  return [userId, request, shownAt, version, experiment, arm, ordering, Number(explored), probability, first, movies];
}

function listOf([userId, request, shownAt, version, experiment, arm, ordering, ...rest]: Row): ListShown {
  const [explored, probability, first, movies] = rest;
  const list = { userId, request, shownAt, version, experiment, arm, ordering, probability, first };
  return { ...list, explored: explored === 1, ...moviesOf(JSON.parse(movies)) };
}

function moviesOf(logged: (number | number[])[]): Pick<ListShown, 'movieIds' | 'pinnedIds'> {
  const movieIds = logged.filter((entry) => typeof entry === 'number');
  const pinnedIds = logged.find((entry) => typeof entry !== 'number');
  return pinnedIds ? { movieIds, pinnedIds } : { movieIds };
}

/** The lists that a person was shown, oldest first. Throws `store-unavailable`. */
export async function listsOf(db: Database, userId: number): Promise<ListShown[]> {
  const select = homeOf(db, userId).prepare(
    `SELECT ${COLUMNS} FROM list_shown WHERE user_id = ?1 ORDER BY shown_at, request`,
  );
  return (await answerOf(select.bind(userId).raw<Row>())).map(listOf);
}

/** Lists of one answer of D1. */
const PAGE = 5000;

/**
 * The lists from a time on, several people at a time, each with all of theirs. Throws `store-unavailable`.
 *
 * @param since seconds since the epoch
 */
export async function* listsShown(db: Database, since: number): AsyncGenerator<ListShown[]> {
  const select = db.prepare(
    `SELECT ${COLUMNS} FROM list_shown
     WHERE (user_id, request) > (?1, ?2) AND shown_at >= ?3
     ORDER BY user_id, request LIMIT ${PAGE}`,
  );
  let held: ListShown[] = [];
  for (let last: Pick<ListShown, 'userId' | 'request'> = { userId: -1, request: '' }; ; ) {
    const rows = await answerOf(select.bind(last.userId, last.request, since).raw<Row>());
    const lists = [...held, ...rows.map(listOf)];
    if (rows.length < PAGE) {
      if (lists.length > 0) yield lists;
      return;
    }
    last = lists.at(-1)!;
    const { userId } = last; // who may have more on the next page
    held = lists.filter((list) => list.userId === userId);
    if (held.length < lists.length) yield lists.slice(0, -held.length);
  }
}

export function deleteListsOf(db: Database, userId: number): Statement {
  return db.prepare('DELETE FROM list_shown WHERE user_id = ?1').bind(userId);
}

/** Deletes lists that were shown before a time. @param time seconds since the epoch */
export function deleteListsBefore(db: Database, time: number): Statement {
  return db.prepare('DELETE FROM list_shown WHERE shown_at < ?1').bind(time);
}
