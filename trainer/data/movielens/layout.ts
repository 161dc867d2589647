import { badRow } from './bad-row.ts';

export type Column = 'userId' | 'movieId' | 'rating' | 'timestamp' | 'ignored';

/** How the rows of a rating file are written. */
export interface RatingLayout {
  readonly separator: '\t' | '::' | ',';
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

/**
 * Detects the layout of a rating file from its first line that is not blank. Fields are separated by tab (ML-100K), `::`
 * (ML-1M, ML-10M) or comma. A header gives the order of the columns; without one they are userId, movieId, rating and perhaps
 * timestamp.
 *
 * @throws MarqueeError `bad-row` when a needed column is missing.
 */
export function detectLayout(firstLine: string, wanted: Wanted, file: string, line: number): RatingLayout {
  const separator = separatorOf(firstLine);
  const fields = firstLine.split(separator).map((field) => field.replace(/["\s]/g, ''));
  const header = /[a-z_]/i.test(fields[0]);
  const columns = header ? fields.map(columnNamed) : ORDER.slice(0, fields.length);
  const kept = columns.map((column) => (isNeeded(column, wanted) || isOptional(column, wanted) ? column : 'ignored'));
  const last = kept.findLastIndex((column) => column !== 'ignored');
  const complete = ORDER.every((column) => !isNeeded(column, wanted) || kept.includes(column));
  const tooMany = !header && wanted === 'ratings' && fields.length > ORDER.length;
  const twice = ORDER.some((column) => kept.indexOf(column) !== kept.lastIndexOf(column));
  if (!complete || tooMany || twice) {
    throw badRow(file, line, firstLine, expectation(wanted));
  }
  return { separator, header, columns: kept.slice(0, last + 1), open: last + 1 < fields.length };
}

function separatorOf(line: string): RatingLayout['separator'] {
  if (line.includes('\t')) {
    return '\t';
  }
  return line.includes('::') ? '::' : ',';
}

function columnNamed(name: string): Column {
  const plain = name.replaceAll('_', '').toLowerCase();
  return ORDER.find((column) => column.toLowerCase() === plain) ?? 'ignored';
}

function isNeeded(column: Column, wanted: Wanted): boolean {
  return column === 'userId' || column === 'movieId' || (column === 'rating' && wanted === 'ratings');
}

function isOptional(column: Column, wanted: Wanted): boolean {
  return column === 'timestamp' && wanted === 'ratings';
}

function expectation(wanted: Wanted): string {
  const names = wanted === 'ratings' ? 'userId, movieId, rating and perhaps timestamp' : 'userId and movieId';
  return `a header naming ${names}, or a row of them in that order, separated by tab, "::" or comma`;
}
