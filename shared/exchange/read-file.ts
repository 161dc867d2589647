import { MarqueeError, short } from '../errors.ts';
import { decodeText } from './decode-text.ts';
import type { ImportedFile, ImportedRating } from './imported-file.ts';
import { type FileLayout, LAYOUTS } from './layouts.ts';
import { badLine, type Columns, columnKey, columnsOf, Row } from './row.ts';
import { readTable, shown, type Table } from './table.ts';
import { unpack } from './unpack.ts';

/** The columns of a MovieLens file without a header, in their order. */
const MOVIELENS = ['userId', 'movieId', 'rating', 'timestamp'];

/**
 * Reads a file of ratings as it was handed out, packed or not and in any usual encoding (`readImport`).
 *
 * @param most bytes of the unpacked file
 */
export function readImportFile(bytes: Uint8Array, most?: number): ImportedFile {
  return readImport(decodeText(unpack(bytes, most)));
}

/**
 * Reads a file of ratings: Letterboxd's `ratings.csv` or `diary.csv`, IMDb's export of today, of 2017 or before, or
 * MovieLens' layouts, with or without a header. Throws `bad-data` naming line, column, what came and what was expected.
 */
export function readImport(text: string): ImportedFile {
  const table = readTable(text);
  if (table.rows.length === 0) throw unknownLayout('the file holds no ratings');
  const columns = columnsIn(table);
  const has = (names: readonly string[]) => names.some((name) => columns.has(columnKey(name)));
  const layout = LAYOUTS.find((known) => known.columns.every(has));
  if (!layout) throw unknownLayout(`the file’s columns are ${short(table.header?.fields.join(', ') ?? '')}`);
  return readRows(table, columns, layout);
}

function columnsIn({ header, rows }: Table): Columns {
  const names = header?.fields ?? MOVIELENS;
  const count = rows[0].fields.length;
  if (!header && (count < 3 || count > MOVIELENS.length)) {
    throw badLine(
      rows[0].line,
      `got ${shown(rows[0].fields.join(', '))}, expected a header, or ${MOVIELENS.join(', ')}`,
    );
  }
  return columnsOf(names);
}

function readRows({ rows, separator }: Table, columns: Columns, layout: FileLayout): ImportedFile {
  const places = layout.columns.flat().map((name) => columns.get(columnKey(name))?.place ?? 0);
  const least = Math.max(...places) + 1;
  const ratings: ImportedRating[] = [];
  const others = { unrated: 0, 'no film': 0 };
  for (const row of rows) {
    if (row.fields.length < least) {
      const got = shown(row.fields.join(separator));
      throw badLine(row.line, `got ${got}, expected at least ${least} fields between "${separator}"`);
    }
    const read = layout.read(new Row(row, columns));
    if (typeof read === 'string') others[read]++;
    else ratings.push({ line: row.line, ...read });
  }
  return { format: layout.format, ratings, unrated: others.unrated, notFilms: others['no film'] };
}

function unknownLayout(message: string): MarqueeError {
  return new MarqueeError('bad-data', message, {
    fix: 'Send ratings.csv of a Letterboxd export, IMDb’s ratings export, or MovieLens ratings as CSV or .dat.',
  });
}
