import { badRow } from './bad-row.ts';

export type Column = 'userId' | 'movieId' | 'rating' | 'timestamp' | 'ignored';

/** What stands between fields, in the order in which they are tried. */
const SEPARATORS = ['\t', '::', ';', ','] as const;
export type Separator = (typeof SEPARATORS)[number];

/** How the rows of a rating file are written. */
export interface RatingLayout {
  readonly separator: Separator;
  /** Whether the first line names the columns. */
  readonly header: boolean;
  /** The columns of a row, up to the last that is needed. */
  readonly columns: readonly Column[];
  /** Whether more columns may follow, which are ignored. */
  readonly open: boolean;
}

/** What a reader needs: `ratings` need a rating column, `pairs` ignore it. */
export type Wanted = 'ratings' | 'pairs';

const ORDER: readonly Column[] = ['userId', 'movieId', 'rating', 'timestamp'];

/** Columns by their names, letters and digits alone. */
const NAMES: ReadonlyMap<string, Column> = new Map([
  ['userid', 'userId'],
  ['movieid', 'movieId'],
  ['itemid', 'movieId'],
  ['rating', 'rating'],
  ['timestamp', 'timestamp'],
]);

/** RecBole's types after the names: "user_id:token". */
const TYPE = /:(token|float)"?\s*$/i;

/**
 * Detects the layout of a rating file from its first line that is not blank. Fields are separated by tab (ML-100K), `::`
 * (ML-1M, ML-10M), semicolon or comma. A header gives the order of the columns; without one they are userId, movieId, rating
 * and perhaps timestamp.
 *
 * @throws MarqueeError `bad-row` when a needed column is missing.
 */
export function detectLayout(firstLine: string, wanted: Wanted, file: string, line: number): RatingLayout {
  for (const separator of SEPARATORS) {
    const layout = layoutBy(separator, firstLine, wanted);
    if (layout) return layout;
  }
  throw badRow({
    file,
    line,
    got: firstLine,
    expected: expectation(wanted),
    fix: 'Name or order the columns like this.',
  });
}

/** A column's name as it is compared: "user_id" and "userId" are one. */
export function plainName(name: string): string {
  return name
    .replace(TYPE, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** The fields of a line as they stand there. A separator inside quotes belongs to the field. */
export function fieldsOf(line: string, separator: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ; at += separator.length) {
    const quoted = /^\s*"(?:[^"]|"")*"/.exec(line.slice(at))?.[0].length ?? 0;
    const end = line.indexOf(separator, at + quoted);
    fields.push(line.slice(at, end < 0 ? undefined : end));
    if (end < 0) return fields;
    at = end;
  }
}

function layoutBy(separator: Separator, firstLine: string, wanted: Wanted): RatingLayout | null {
  const fields = fieldsOf(firstLine, separator).map(plainName);
  const named = fields.map((field) => NAMES.get(field) ?? 'ignored');
  const header = /[a-z]/.test(fields[0]) || named.some((column) => column !== 'ignored');
  const columns = header ? named : ORDER.slice(0, fields.length);
  const kept = columns.map((column) => (isNeeded(column, wanted) || isOptional(column, wanted) ? column : 'ignored'));
  const last = kept.findLastIndex((column) => column !== 'ignored');
  const complete = ORDER.every((column) => !isNeeded(column, wanted) || kept.includes(column));
  const tooMany = !header && wanted === 'ratings' && fields.length > ORDER.length;
  const twice = ORDER.some((column) => kept.indexOf(column) !== kept.lastIndexOf(column));
  if (!complete || tooMany || twice) return null;
  return { separator, header, columns: kept.slice(0, last + 1), open: last + 1 < fields.length };
}

function isNeeded(column: Column, wanted: Wanted): boolean {
  return column === 'userId' || column === 'movieId' || (column === 'rating' && wanted === 'ratings');
}

function isOptional(column: Column, wanted: Wanted): boolean {
  return column === 'timestamp' && wanted === 'ratings';
}

function expectation(wanted: Wanted): string {
  const names = wanted === 'ratings' ? 'userId, movieId, rating and perhaps timestamp' : 'userId and movieId';
  return `a header naming ${names}, or a row of them in that order, separated by tab, "::", ";" or comma`;
}
