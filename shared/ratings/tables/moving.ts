import { answerOf, type Database, type Statement } from '../../storage/database.ts';
import { LARGEST_ID } from '../../values.ts';
import { digitOf, digitPlace, type ShardMap } from './shard-map.ts';

/** Above every id. */
export const END = LARGEST_ID + 1;

/** People on the way from one database to another: ids from `below` on, up to `moving`. */
export interface Leg {
  readonly map: ShardMap;
  /** Numbers of databases. */
  readonly from: number;
  readonly to: number;
}

interface PersonalTable {
  readonly name: string;
  /** Rows are copied in this order. A sign before a column keeps SQLite from reading the whole table in the order of it. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** SQL: of which rows. */
  readonly where?: string;
  /** SQL: what to do about a row that is there already. */
  readonly conflict?: string;
  /** SQL: the same where both are of one person, and the newer holds. */
  readonly newer?: string;
  /** SQL: of which rows, `value` each, nothing is to be joined. */
  readonly unless?: string;
}

/** SQL: takes a row of somebody's movie when it is newer than the one that is there. @param at the column with its time */
function newerOf(name: string, columns: readonly string[], at: string): string {
  const both = (of: string) => `(${of}.${at}, ${of}.accepted_at)`;
  return `ON CONFLICT (user_id, movie_id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`)}
    WHERE ${both('excluded')} > ${both(name)}`;
}

/** The tables whose rows are of one person, and move with them. The log's rows get the next numbers where they come to. */
export const MOVED: readonly PersonalTable[] = [
  {
    name: 'rating',
    key: ['+rowid'],
    columns: ['user_id', 'movie_id', 'half_stars', 'rated_at', 'accepted_at'],
    newer: newerOf('rating', ['half_stars', 'rated_at', 'accepted_at'], 'rated_at'),
  },
  {
    name: 'rating_log',
    key: ['+seq'],
    columns: ['user_id', 'movie_id', 'half_stars', 'rated_at', 'source', 'received_at'],
    unless: `(EXISTS (SELECT 1 FROM rating WHERE user_id = value ->> 0 AND movie_id = value ->> 1
      AND rated_at >= value ->> 3)
      OR EXISTS (SELECT 1 FROM person WHERE user_id = value ->> 0 AND deleted_at IS NOT NULL))`,
  },
  {
    name: 'mark',
    key: ['user_id', 'movie_id'],
    columns: ['user_id', 'movie_id', 'mark', 'marked_at', 'accepted_at', 'changes'],
    newer: newerOf('mark', ['mark', 'marked_at', 'accepted_at', 'changes'], 'marked_at'),
  },
  {
    name: 'import_change',
    key: ['user_id', 'import', 'kind', 'movie_id'],
    columns: ['user_id', 'import', 'kind', 'movie_id', 'before'],
  },
  {
    name: 'list_shown',
    key: ['user_id', 'request'],
    columns:
      'user_id, request, shown_at, version, experiment, arm, ordering, explored, probability, first, movies'.split(
        ', ',
      ),
  },
  {
    name: 'event',
    key: ['user_id', 'id'],
    columns: ['user_id', 'id', 'kind', 'movie_id', 'request', 'happened_at'],
  },
];

/** Who was deleted. `DB` knows it of everybody, and a database goes on knowing it of those who left. */
const DELETED: PersonalTable = {
  name: 'person',
  key: ['user_id'],
  columns: ['user_id', 'created_at', 'deleted_at'],
  where: 'AND deleted_at IS NOT NULL',
  conflict: 'ON CONFLICT (user_id) DO UPDATE SET deleted_at = coalesce(deleted_at, excluded.deleted_at)',
};

/** Rows of one answer: 300 KB of a list's, of the 2 MB that D1 allows. */
const PAGE = 1000;

/** SQL: the ids that a leg moves; ?1 to ?6 are its `values`. */
export const ON_THE_WAY = `user_id >= ?1 AND user_id < ?2
  AND substr(?3, ${digitPlace('user_id')}, 1) = ?5 AND substr(?4, ${digitPlace('user_id')}, 1) = ?6`;

export function values({ map, from, to }: Leg): (string | number)[] {
  return [map.below, map.moving, map.places, map.next, digitOf(from), digitOf(to)];
}

/** The id that ends the next `most` people of a database from an id on; null where there are fewer. Throws `store-unavailable`. */
export async function endOfPeople(db: Database, below: number, most: number): Promise<number | null> {
  const selects = MOVED.map(({ name }) =>
    db
      .prepare(`SELECT DISTINCT user_id AS userId FROM ${name} WHERE user_id >= ?1 ORDER BY user_id LIMIT ?2`)
      .bind(below, most),
  );
  const found = (await answerOf(db.batch<{ userId: number }>(selects))).flatMap(({ results }) => results);
  const ids = [...new Set(found.map(({ userId }) => userId))].sort((a, b) => a - b);
  return ids.length < most ? null : ids[most - 1] + 1;
}

/**
 * Copies what `from` holds of a leg's people to `to`, in place of what an earlier copy left there. Nothing may be written
 * for them meanwhile. Throws `store-unavailable`.
 */
export async function copyPeople(from: Database, to: Database, leg: Leg): Promise<void> {
  const last = "SELECT seq FROM sqlite_sequence WHERE name = 'rating_log'";
  const { seq = 0 } = (await answerOf(from.prepare(last).first<{ seq: number }>())) ?? {};
  await answerOf(to.batch([...deletePeople(to, leg), ...beginLogAfter(to, seq)]));
  for (const { unless: _, ...table } of [...MOVED, DELETED]) {
    for await (const rows of pagesOf(from, table, leg)) await answerOf(insertRows(to, table, rows).run());
  }
}

/** Deletes what a database holds of a leg's people; who of them was deleted stays known. To be run as one batch. */
export function deletePeople(db: Database, leg: Leg): Statement[] {
  return MOVED.map(({ name }) => db.prepare(`DELETE FROM ${name} WHERE ${ON_THE_WAY}`).bind(...values(leg)));
}

/** Numbers the log's next row beyond that of another log: of a person's rows the later has the higher number. */
function beginLogAfter(db: Database, seq: number): Statement[] {
  return [
    db.prepare(
      `INSERT INTO sqlite_sequence (name, seq)
       SELECT 'rating_log', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'rating_log')`,
    ),
    db.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'rating_log'").bind(seq),
  ];
}

/** JSON of rows, a thousand at a time, by their key. */
export async function* pagesOf(
  db: Database,
  { name, key, columns, where = '' }: PersonalTable,
  leg: Leg,
): AsyncGenerator<string> {
  let behind: unknown[] | null = null;
  for (;;) {
    const after = behind ? `AND (${key.join()}) > (${key.map((_, at) => `?${at + 7}`).join()})` : '';
    const select = `SELECT ${columns.join()}, ${key.map((column, at) => `${column} AS key_${at}`).join()} FROM ${name}
      WHERE ${ON_THE_WAY} ${where} ${after} ORDER BY ${key.join()} LIMIT ${PAGE}`;
    const rows: unknown[][] = await answerOf(
      db
        .prepare(select)
        .bind(...values(leg), ...(behind ?? []))
        .raw<unknown[]>(),
    );
    if (rows.length > 0) yield JSON.stringify(rows.map((row) => row.slice(0, columns.length)));
    if (rows.length < PAGE) return;
    behind = rows[rows.length - 1].slice(columns.length);
  }
}

export function insertRows(
  db: Database,
  { name, columns, conflict = '', unless }: PersonalTable,
  rows: string,
): Statement {
  const cells = columns.map((_, at) => `value ->> ${at}`);
  const select = `SELECT ${cells.join()} FROM json_each(?1) WHERE ${unless ? `NOT ${unless}` : 'true'}`;
  return db.prepare(`INSERT INTO ${name} (${columns.join()}) ${select} ${conflict}`).bind(rows);
}
