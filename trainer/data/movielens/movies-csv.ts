import { CsvError, parse } from 'csv-parse/sync';
import { badRow } from './bad-row.ts';
import { fieldsOf, plainName } from './layout.ts';
import type { MovieRow } from './movie-rows.ts';

const EXPECTED_HEADER = 'a header naming movieId, title and perhaps genres, or a movies.dat or u.item row';
const SEPARATORS = ['\t', ';', ','];

/** Column names, letters and digits alone, the preferred first. */
const NAMES = {
  id: ['movieid', 'itemid'],
  title: ['title', 'movietitle'],
  genres: ['genres', 'genre'],
  year: ['year', 'releaseyear'],
} as const;

/** Where in a row a movie's parts are; −1 where there are no genres, or no year beside the title. */
type MovieColumns = Readonly<Record<keyof typeof NAMES, number>>;

/**
 * Parses CSV, its fields separated by tab, semicolon or comma. With a header columns may come in any order, and others are
 * ignored; without one they are movieId, title and perhaps genres.
 */
export function parseMovieCsv(path: string, text: string): MovieRow[] {
  const first = firstLine(text);
  const separator = SEPARATORS.find((one) => columnsIn(fieldsOf(first, one)) !== null) ?? ',';
  const records = parseRecords(path, text, separator);
  const head = records[0]?.record ?? [];
  const columns = columnsIn(head);
  if (columns === null) {
    const got = head.join(separator);
    throw badRow({ file: path, line: records[0]?.line ?? 1, got, expected: EXPECTED_HEADER });
  }
  return records.slice(startsWithId(head) ? 0 : 1).map(({ record, line }) => {
    const row = record.join(separator);
    if (record.length !== head.length) {
      const fix = 'Put a title that holds the separator into quotes.';
      throw badRow({ file: path, line, got: row, expected: `${head.length} columns`, fix });
    }
    const { id, title, genres, year } = columns;
    const parts = { title: record[title], genres: record[genres] ?? '', year: record[year] };
    return { line, text: row, movieId: record[id].trim(), ...parts };
  });
}

function columnsIn(head: readonly string[]): MovieColumns | null {
  if (startsWithId(head))
    return head.length === 2 || head.length === 3 ? { id: 0, title: 1, genres: 2, year: -1 } : null;
  const names = head.map(plainName);
  const at = (known: readonly string[]) => known.map((name) => names.indexOf(name)).find((n) => n >= 0) ?? -1;
  const columns = { id: at(NAMES.id), title: at(NAMES.title), genres: at(NAMES.genres), year: at(NAMES.year) };
  return columns.id < 0 || columns.title < 0 ? null : columns;
}

/** Whether a first row is a movie, not the columns' names. */
function startsWithId(head: readonly string[]): boolean {
  return /^\s*"?\d+"?\s*$/.test(head[0] ?? '');
}

function firstLine(text: string): string {
  return /^\s*(.*)/.exec(text)?.[1] ?? '';
}

interface Line {
  readonly record: string[];
  readonly line: number;
}

function parseRecords(path: string, text: string, delimiter: string): Line[] {
  try {
    const shape = { delimiter, record_delimiter: '\n', skip_empty_lines: true } as const;
    const rows = parse(text, { ...shape, info: true, relax_column_count: true, relax_quotes: true });
    return (rows as unknown as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      record,
      line: info.lines - record.join('').split('\n').length + 1,
    }));
  } catch (error) {
    // Quotes are relaxed: the only fault left is a quote that nothing closes, and the error tells the file's last line.
    if (error instanceof CsvError) {
      const line = text.slice(0, text.lastIndexOf('"')).split('\n').length;
      throw badRow({ file: path, line, got: text.split('\n')[line - 1], expected: 'fields in closed quotes' });
    }
    throw error;
  }
}
