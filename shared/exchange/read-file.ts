import { MarqueeError, short } from '../errors.ts';
import { Days } from './days.ts';
import { decodeText } from './decode-text.ts';
import type { ImportedFile, ImportedMark, ImportedRating } from './imported-file.ts';
import { joinFiles } from './join-files.ts';
import { type FileLayout, LAYOUTS, markOfName } from './layouts.ts';
import { refuseOtherKinds } from './other-kinds.ts';
import { badLine, type Columns, columnKey, columnsOf, Row } from './row.ts';
import { readTable, shown, type Table } from './table.ts';
import { type NamedFile, unpackFiles } from './unpack.ts';

/** The columns of a MovieLens file without a header, in their order. */
const MOVIELENS = ['userId', 'movieId', 'rating', 'timestamp'];

/**
 * Reads an export as it was handed out, packed or not and in any usual encoding (`readImport`). Of Letterboxd's ZIP it
 * reads ratings.csv, diary.csv, watched.csv, watchlist.csv and likes/films.csv.
 *
 * @param most bytes of the unpacked files
 * @param name of the file: it tells what a list without stars is, watchlist.csv or watched.csv
 */
export function readImportFile(bytes: Uint8Array, most?: number, name = ''): ImportedFile {
  const files = unpackFiles({ name, bytes }, most);
  const filled = files.length === 1 ? files : files.filter((file) => hasRows(decodeText(file.bytes)));
  if (filled.length === 0) throw unknownLayout('the files of the ZIP hold no films');
  return joinFiles(filled.map((file) => inFile(file, files.length > 1)));
}

/** Reads one of the files. */
function inFile({ name, bytes }: NamedFile, isOneOfSeveral: boolean): ImportedFile {
  refuseOtherKinds(bytes);
  const text = decodeText(bytes);
  if (!isOneOfSeveral) return readImport(text, name);
  const { ratings, marks, ...rest } = naming(name, () => readImport(text, name));
  const named = <T>(line: T) => ({ ...line, file: name });
  return { ...rest, ratings: ratings.map(named), marks: marks.map(named) };
}

/** Reads one file of several: its error says which it is. */
export function naming<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MarqueeError)) throw error;
    const { code, message, fix, details } = error;
    throw new MarqueeError(code, `${name}: ${message}`, { fix, details: { ...details, file: name }, cause: error });
  }
}

/** Whether a file has more than its first line, its header. */
function hasRows(text: string): boolean {
  return /\S[^\n\r]*[\n\r]+\s*\S/.test(text);
}

/**
 * Reads a file of ratings: Letterboxd's `ratings.csv`, `diary.csv` or a list of films, IMDb's export of today, of 2017 or
 * before, or MovieLens' layouts, with or without a header. Throws `bad-data` naming line, column, what came and what was
 * expected.
 */
export function readImport(text: string, name = ''): ImportedFile {
  const table = readTable(text);
  if (!table.header && table.rows.length === 0) throw unknownLayout('the file holds no ratings');
  const columns = columnsIn(table);
  const has = (names: readonly string[]) => names.some((column) => columns.has(columnKey(column)));
  const layout = LAYOUTS.find((known) => known.columns.every(has));
  if (!layout) throw unknownLayout(`the file’s columns are ${short(table.header?.fields.join(', ') ?? '')}`);
  if (table.rows.length === 0) throw unknownLayout('the file holds no ratings, only the names of its columns');
  const mark = markOfName(name);
  if (mark === null && !has(layout.stars)) throw namelessList();
  return readRows(table, columns, { layout, mark, name });
}

function columnsIn({ header, rows }: Table): Columns {
  if (header) return columnsOf(header.fields);
  const count = rows[0].fields.length;
  if (count < 3 || count > MOVIELENS.length) {
    throw badLine(
      rows[0].line,
      `got ${shown(rows[0].fields.join(', '))}, expected a header, or ${MOVIELENS.join(', ')}`,
    );
  }
  return columnsOf(MOVIELENS);
}

interface Reading {
  readonly layout: FileLayout;
  readonly mark: ImportedMark['mark'] | null;
  readonly name: string;
}

function readRows({ header, rows, separator }: Table, columns: Columns, { layout, mark, name }: Reading): ImportedFile {
  const placeOf = (names: readonly string[]) =>
    names.flatMap((column) => columns.get(columnKey(column))?.place ?? [])[0];
  const least = Math.max(...layout.columns.map(placeOf), placeOf(layout.stars) ?? 0) + 1;
  const [ratings, marks]: [ImportedRating[], ImportedMark[]] = [[], []];
  const others = { unrated: 0, 'no film': 0 };
  const days = new Days(rows);
  for (const row of rows) {
    if (row.fields.length < least) {
      const got = shown(row.fields.join(separator));
      throw badLine(row.line, `got ${got}, expected at least ${least} fields between "${separator}"`);
    }
    const most = header?.fields.length ?? MOVIELENS.length;
    if (row.fields.slice(most).some((field) => field !== '')) {
      const got = shown(row.fields.join(separator));
      throw badLine(
        row.line,
        `got ${got}, expected at most ${most} fields`,
        'Put a field with a separator in it in quotes.',
      );
    }
    const read = layout.read(new Row(row, columns, days), mark);
    const place = { file: '', line: row.line };
    if (typeof read === 'string') others[read]++;
    else if ('mark' in read) marks.push({ ...place, ...read });
    else ratings.push({ ...place, ...read });
  }
  const seen = marks.filter((one) => one.mark === 'seen').length;
  const parts = [{ name, ratings: ratings.length, seen, watchlist: marks.length - seen }];
  return { format: layout.format, ratings, marks, unrated: others.unrated, notFilms: others['no film'], parts };
}

function namelessList(): MarqueeError {
  return new MarqueeError('bad-data', 'the file has films without stars, and its name does not say what they are', {
    fix: 'Send it under the name watched.csv or watchlist.csv, or send the ZIP that it is from.',
  });
}

function unknownLayout(message: string): MarqueeError {
  return new MarqueeError('bad-data', message, {
    fix: 'Send Letterboxd’s ZIP or a file of it, IMDb’s ratings export, or MovieLens ratings as CSV or .dat.',
  });
}
