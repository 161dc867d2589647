import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { MarqueeError } from '../../../shared/errors.ts';
import { decodeText } from '../../../shared/exchange/decode-text.ts';
import { badRow } from '../movielens/bad-row.ts';
import { readLineBlocks } from '../movielens/bytes.ts';
import { fieldsOf, plainName } from '../movielens/layout.ts';
import { isParquet, parquetRows } from './parquet.ts';

/**
 * A row of a file (of Parquet, which has no lines, `line` is the row), its values by column name, letters and digits
 * alone ("user_id" and "userId" are one).
 */
export interface FileRecord {
  readonly file: string;
  readonly line: number; // from 1
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether the row has more fields than columns: one of them may be a part of another. */
  readonly isLong?: boolean;
}

/** Excel's first line, "sep=;": the line stays, without its text. */
const SEPARATOR_LINE = /^"?sep=."?[,;\t]*\r?(?=\n)/i;

/** What stands between the fields of a table, tried in this order: the one that gives most columns holds. */
const SEPARATORS = [',', ';', '\t', '::'];

/**
 * Reads a table with a header (CSV, separated by comma, semicolon, tab or `::`) or JSON lines, plain or gzipped, or
 * Parquet, row by row.
 *
 * @param unnamed the columns of a table whose first line is a row already: it begins with a number
 * @throws MarqueeError `not-found`, `bad-data`, `bad-row`.
 */
export async function* readRecords(file: string, unnamed: readonly string[] = []): AsyncGenerator<FileRecord> {
  if (await isParquet(file)) {
    yield* ofParquet(file);
    return;
  }
  const blocks = textBlocks(file);
  const first = await blocks.next();
  if (first.done) return;
  const value = first.value.replace(SEPARATOR_LINE, '');
  const start = value.trimStart();
  const all = chained(value, blocks);
  if (/^\[\s*[{\]]/.test(start)) throw jsonArray(file);
  if (start.startsWith('{')) yield* jsonLines(file, all);
  else yield* table(file, start.split('\n', 1)[0].trim(), all, unnamed);
}

async function* ofParquet(file: string): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const row of parquetRows(file)) yield { file, line: ++line, fields: plainly(row) };
}

/** The same fields under names as they are compared. */
function plainly(row: object): FileRecord['fields'] {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [plainName(name), value]));
}

/** Whole lines, each block decoded by itself: one that is no UTF-8 is Windows-1252. */
async function* textBlocks(file: string): AsyncGenerator<string> {
  for await (const block of readLineBlocks(file, { linesBefore: () => 0 })) {
    const text = decodeText(block);
    if (text.trim() !== '') yield text;
  }
}

async function* chained(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

async function* jsonLines(file: string, blocks: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const block of blocks) {
    for (const text of block.replace(/\n$/, '').split('\n')) {
      line++;
      if (text.trim() !== '') yield { file, line, fields: objectIn(file, line, text) };
    }
  }
}

function objectIn(file: string, line: number, text: string): FileRecord['fields'] {
  try {
    const value: unknown = JSON.parse(text, exactInteger as Reviver);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return plainly(value);
    }
  } catch {
    // said below
  }
  throw badRow({ file, line, got: text, expected: 'a JSON object on one line' });
}

type Reviver = Parameters<typeof JSON.parse>[1];

/** An integer that no number can hold as its digits: two ids would become one. */
function exactInteger(_: string, value: unknown, { source }: { source?: string }): unknown {
  const isInexact = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '');
  return isInexact ? source : value;
}

function jsonArray(file: string): MarqueeError {
  return new MarqueeError('bad-data', `${file}: got a JSON array, expected JSON lines: one object on each line`, {
    fix: `Write it so: jq -c '.[]' FILE > FILE.jsonl`,
    details: { file },
  });
}

/** Stands for the first field behind those that have a name; no column can be called so. */
const MORE = '…';

interface CsvRow {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

async function* table(
  file: string,
  head: string,
  blocks: AsyncIterable<string>,
  unnamed: readonly string[],
): AsyncGenerator<FileRecord> {
  const delimiter = SEPARATORS.reduce((best, one) =>
    fieldsOf(head, one).length > fieldsOf(head, best).length ? one : best,
  );
  const hasNames = unnamed.length === 0 || !/^"?\d/.test(head);
  const named = (names: readonly string[]) => [...requireOnce(file, names.map(plainName)), MORE];
  const columns = hasNames ? named : named(unnamed);
  const parser = parse({
    delimiter,
    columns,
    info: true,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
  });
  pipeline(Readable.from(blocks), parser, () => {}); // reading `parser` reports the failure
  try {
    for await (const row of parser) {
      const { record, info } = row as CsvRow;
      yield { file, line: info.lines, fields: record, isLong: Boolean(record[MORE]) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw badRow({ file, line: Number(error.lines ?? 1), got: error.message, expected: 'fields in closed quotes' });
  }
}

/** The names of a table's columns. Throws `bad-row` where one stands twice: nobody knows which holds. */
function requireOnce(file: string, names: string[]): string[] {
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) < at);
  if (twice === undefined) return names;
  const got = names.join(', ');
  throw badRow({ file, line: 1, got, expected: `one column ${twice}, not two`, fix: 'Rename or delete one of them.' });
}

/**
 * The first of these columns that has a value, as text without blanks around it; empty where there is none, or a list
 * or an object.
 */
export function textOf({ fields }: FileRecord, names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined && value !== null && value !== '' && typeof value !== 'object') return String(value).trim();
  }
  return '';
}

/** The error of a record. */
export function badRecord({ file, line, fields }: FileRecord, expected: string, fix?: string) {
  return badRow({
    file,
    line,
    got: JSON.stringify(fields, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    expected,
    fix,
  });
}
