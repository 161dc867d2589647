import { type CsvError, parse } from 'csv-parse/browser/esm/sync';
import { MarqueeError, short } from '../errors.ts';

/** A record of a file. */
export interface TableRow {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export interface Table {
  /** The first row where it names the columns, else null. */
  readonly header: TableRow | null;
  readonly rows: readonly TableRow[];
  readonly separator: string;
}

/** Excel's first line, "sep=;", which names the separator. */
const SEPARATOR = /^\s*"?sep=(.)"?,*[ \t]*(?=\n)/i;
/** What stands above the films of a Letterboxd list: the list's own name and description. */
const LIST_HEAD = /^\s*Letterboxd list export[\s\S]*?\n(?=Position,)/;

/**
 * Reads a file of fields between commas, semicolons, tabs or "::", with or without a header line and with any line ends.
 * Blank lines are no rows, nor is a header that comes again, as where two files were put together.
 *
 * @throws `bad-data` where quotes do not fit
 */
export function readTable(text: string): Table {
  const whole = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const named = SEPARATOR.exec(whole)?.[1];
  const lines = whole.replace(SEPARATOR, '').replace(LIST_HEAD, (head) => head.replace(/[^\n]/g, '')); // lines keep their numbers
  const separator = named ?? separatorOf(/\S.*/.exec(lines)?.[0] ?? '');
  const rows = unwrapped(parsed(lines, separator), separator);
  const isHeader = rows.length > 0 && rows[0].fields.some((field) => /\p{L}/u.test(field));
  if (!isHeader) return { header: null, rows, separator };
  const header = rows[0].fields.join('\n');
  return { header: rows[0], rows: rows.slice(1).filter(({ fields }) => fields.join('\n') !== header), separator };
}

/** The rows, also those that Excel took for one cell each and put between quotes as a whole. */
function unwrapped(rows: readonly TableRow[], separator: string): readonly TableRow[] {
  const isWrapped = ({ fields: [cell, ...others] }: TableRow) =>
    others.length === 0 && !cell.includes('\n') && cell.split(separator).length > 2;
  const wrapped = rows.filter(isWrapped);
  if (wrapped.length === 0) return rows;
  const inside = fieldsOf(wrapped.map(({ fields }) => fields[0]).join('\n'), separator);
  if (inside.length !== wrapped.length) return rows;
  let next = 0;
  return rows.map((row) => (isWrapped(row) ? { ...row, fields: inside[next++] } : row));
}

/** The fields of lines; none where their quotes do not fit. */
function fieldsOf(lines: string, separator: string): (readonly string[])[] {
  try {
    return parsed(lines, separator).map(({ fields }) => fields);
  } catch {
    return [];
  }
}

/** The separator of a file by its first line: a decimal comma may stand beside semicolons. */
function separatorOf(line: string): string {
  const unquoted = line.replace(/"[^"]*"/g, '');
  return ['\t', '::', ';'].find((separator) => unquoted.split(separator).length > 2) ?? ',';
}

function parsed(text: string, delimiter: string): TableRow[] {
  try {
    const rows: unknown[] = parse(text, {
      delimiter,
      info: true,
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
    });
    return (rows as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines - (record.join().split('\n').length - 1),
      fields: record.map((field) => field.trim()),
    }));
  } catch (cause) {
    const { code, lines: last } = cause as CsvError & { lines: number };
    const open = code === 'CSV_QUOTE_NOT_CLOSED';
    const line = open ? text.slice(0, text.lastIndexOf('"')).split('\n').length : last;
    const problem = open
      ? 'a quote opens and none closes it'
      : 'a quote stands inside a field that is not quoted as a whole';
    throw new MarqueeError(
      'bad-data',
      `line ${line}: the file is not CSV, ${problem}: ${shown(text.split('\n')[line - 1])}`,
      {
        fix: 'Put the field between quotes and double each quote inside it: "He said ""no""". Nothing was stored.',
        details: { line },
        cause,
      },
    );
  }
}

/** Text of a file as an error shows it: on one line, and cut where it is long. */
export function shown(text: string): string {
  return JSON.stringify(short(text));
}
