import { everyShard, requireRest } from '../ratings/shards.ts';
import { type EventOfSomebody, readEventsAfter } from '../ratings/tables/event.ts';
import { readMarksAfter, type StoredMark } from '../ratings/tables/mark.ts';
import { placeIn } from '../ratings/tables/shard-map.ts';
import type { Database } from '../storage/database.ts';
import { csvLine } from './csv.ts';

/** Rows of one query: some 200 KB of text. */
const PAGE = 5000;

/** A table that is written out for the operator. */
interface Written<Row extends { readonly userId: number }> {
  readonly head: string;
  /** At most so many rows from behind the last one on; undefined: from the first. */
  read(db: Database, last: Row | undefined, limit: number): Promise<Row[]>;
  line(row: Row): string;
}

const MARKS: Written<StoredMark> = {
  head: 'userId,movieId,mark,timestamp\n',
  read: readMarksAfter,
  line: ({ userId, movieId, mark, timestamp }) => csvLine([userId, movieId, mark, timestamp]),
};

const EVENTS: Written<EventOfSomebody> = {
  head: 'userId,movieId,kind,request,timestamp\n',
  read: readEventsAfter,
  line: ({ userId, movieId, kind, request, timestamp }) => csvLine([userId, movieId, kind, request, timestamp]),
};

/**
 * Everybody's marks in D1 as CSV, without those taken back, a part at a time. Throws `store-unavailable` at a
 * part, and where people move from one database to another.
 */
export function exportMarksOfAll(db: Database, page = PAGE): AsyncGenerator<string> {
  return partsOf(db, MARKS, page);
}

/** The same of everybody's events. */
export function exportEventsOfAll(db: Database, page = PAGE): AsyncGenerator<string> {
  return partsOf(db, EVENTS, page);
}

async function* partsOf<Row extends { readonly userId: number }>(
  db: Database,
  { head, read, line }: Written<Row>,
  page: number,
): AsyncGenerator<string> {
  const before = await requireRest(db);
  let start = head;
  for (const [shard, each] of everyShard(db).entries()) {
    let rows: Row[] = [];
    do {
      rows = await read(each, rows.at(-1), page);
      // A database that was restored may hold rows of people who have left.
      const own = rows.filter(({ userId }) => placeIn(before, userId) === shard);
      yield start + own.map(line).join('');
      start = '';
    } while (rows.length === page);
  }
  await requireRest(db, before);
}
