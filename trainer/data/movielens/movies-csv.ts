import { CsvError, parse } from 'csv-parse/sync';
import { badRow } from './bad-row.ts';
import type { MovieRow } from './movie-rows.ts';

const EXPECTED_HEADER = 'a header naming movieId, title and perhaps genres, or a movies.dat or u.item row';

/** Parses CSV with a header. Columns may come in any order; others are ignored. */
export function parseMovieCsv(path: string, text: string): MovieRow[] {
  const records = parseRecords(path, text);
  if (records.length === 0) {
    throw badRow(path, 1, '', EXPECTED_HEADER);
  }
  const header = records[0].record.map((name) => name.replaceAll('_', '').trim().toLowerCase());
  const [id, title, genres] = ['movieid', 'title', 'genres'].map((name) => header.indexOf(name));
  if (id < 0 || title < 0) {
    throw badRow(path, records[0].line, records[0].record.join(','), EXPECTED_HEADER);
  }
  return records.slice(1).map(({ record, line }) => {
    const row = record.join(',');
    if (record.length !== header.length) {
      throw badRow(path, line, row, `${header.length} columns`);
    }
    return { line, text: row, movieId: record[id], title: record[title], genres: record[genres] ?? '' };
  });
}

interface Line {
  readonly record: string[];
  readonly line: number;
}

function parseRecords(path: string, text: string): Line[] {
  try {
    const rows = parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
    return (rows as unknown as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      record,
      line: info.lines,
    }));
  } catch (error) {
    if (error instanceof CsvError) {
      const line = Number(error.lines ?? 1);
      throw badRow(path, line, text.split(/\r?\n/)[line - 1] ?? '', 'fields in closed quotes');
    }
    throw error;
  }
}
