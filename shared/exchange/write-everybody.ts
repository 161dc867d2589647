import { type EventOfSomebody, readEventsAfter } from '../ratings/tables/event.ts';
import { readMarksAfter, type StoredMark } from '../ratings/tables/mark.ts';
import type { Database } from '../storage/database.ts';
import { csvLine } from './csv.ts';

/** Rows of one query: some 200 KB of text. */
const PAGE = 5000;

/** A table that is written out for the operator. */
interface Written<Row> {
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

/** Everybody's marks in D1 as CSV, without those taken back, a part at a time. Throws `store-unavailable` at a part. */
export function exportMarksOfAll(db: Database, page = PAGE): AsyncGenerator<string> {
  return partsOf(db, MARKS, page);
}

/** The same of everybody's events. */
export function exportEventsOfAll(db: Database, page = PAGE): AsyncGenerator<string> {
  return partsOf(db, EVENTS, page);
}

async function* partsOf<Row>(db: Database, { head, read, line }: Written<Row>, page: number): AsyncGenerator<string> {
  let rows = await read(db, undefined, page);
  yield head + rows.map(line).join('');
  while (rows.length === page) {
    rows = await read(db, rows[page - 1], page);
    yield rows.map(line).join('');
  }
}
