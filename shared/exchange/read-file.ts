import { type CsvError, parse } from 'csv-parse/browser/esm/sync';
import { MarqueeError, short } from '../errors.ts';
import { EXPECTED, isId, MEND_TIME, readTime } from '../ratings/new-rating.ts';
import { HALF_STARS } from '../ratings/rating.ts';

/** One rating of a file, as the file identifies the film. */
export interface ImportedRating {
  /** Of the file, from 1. */
  readonly line: number;
  /** The data set's id, where the file has it. */
  readonly movieId: number | null;
  /** The film's titles; empty where the file only has ids. */
  readonly titles: readonly string[];
  readonly year: number | null;
  /** 0.5 to 5. */
  readonly stars: number;
  /** Whole seconds since 1970; null where the file does not say. */
  readonly timestamp: number | null;
  /** The file has the time in milliseconds or microseconds. */
  readonly converted?: boolean;
  /** Whose rating it is, in files of several users. */
  readonly userId: number | null;
}

export interface ImportedFile {
  readonly format: 'Letterboxd' | 'IMDb' | 'MovieLens';
  readonly ratings: readonly ImportedRating[];
  /** Lines without a rating: films only watched or listed. */
  readonly unrated: number;
}

/** How a layout's columns are read. */
interface FileLayout {
  readonly format: ImportedFile['format'];
  readonly columns: readonly string[];
  read(row: Row): Omit<ImportedRating, 'line'> | null;
}

/** Fields by column name; the reading functions name line and column in their errors. */
class Row {
  readonly line: number;
  readonly #fields: Readonly<Record<string, string>>;

  constructor(line: number, fields: Readonly<Record<string, string>>) {
    this.line = line;
    this.#fields = fields;
  }
  text(column: string): string {
    return (this.#fields[column] ?? '').trim();
  }
  number(column: string): number | null {
    const text = this.text(column);
    if (text === '') return null;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw bad(this.line, `${column}: got "${short(text)}", expected a number`);
  }
  /** A time of day as whole seconds since 1970; null where there is none. */
  time(column: string): { timestamp: number | null; converted?: boolean } {
    const text = this.text(column);
    if (text === '') return { timestamp: null };
    const value = Number(text);
    const timestamp = readTime(value);
    if (timestamp !== null) return { timestamp, converted: timestamp !== Math.floor(value) };
    throw bad(this.line, `${column}: got "${short(text)}", expected ${EXPECTED.time}`, MEND_TIME);
  }
  id(column: string): number {
    const value = this.number(column);
    if (isId(value)) return value;
    throw bad(this.line, `${column}: got "${short(this.text(column))}", expected ${EXPECTED.id}`);
  }
  /** A calendar day as seconds since 1970, at 0:00 UTC; of a day before 1970 the first second of it. */
  day(column: string): number | null {
    const text = this.text(column);
    if (text === '') return null;
    const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
    if (!Number.isNaN(time)) return Math.max(0, time / 1000);
    throw bad(this.line, `${column}: got "${short(text)}", expected a day like 2024-05-31`);
  }
  /** A rating on a scale up to `best`, as stars; null where there is none. */
  stars(column: string, best: number): number | null {
    const value = this.number(column);
    if (value === null) return null;
    const stars = (value * HALF_STARS.max) / best;
    if (stars >= HALF_STARS.min && stars <= HALF_STARS.max && Number.isInteger(stars / HALF_STARS.step)) return stars;
    const [least, step] = [(HALF_STARS.min * best) / HALF_STARS.max, (HALF_STARS.step * best) / HALF_STARS.max];
    throw bad(this.line, `${column}: got ${value}, expected ${least} to ${best} in steps of ${step}`);
  }
}

const LAYOUTS: readonly FileLayout[] = [
  {
    format: 'Letterboxd',
    columns: ['Name', 'Year', 'Letterboxd URI', 'Rating'],
    read: (row) => named(row, [row.text('Name')], row.stars('Rating', 5), row.day('Date')),
  },
  {
    format: 'IMDb',
    columns: ['Const', 'Your Rating', 'Title', 'Year'],
    read: (row) =>
      named(row, [row.text('Title'), row.text('Original Title')], row.stars('Your Rating', 10), row.day('Date Rated')),
  },
  {
    format: 'MovieLens',
    columns: ['userId', 'movieId', 'rating'],
    read: (row) => {
      const stars = row.stars('rating', 5);
      if (stars === null) throw bad(row.line, 'rating: got nothing, expected 0.5 to 5');
      const movie = { movieId: row.id('movieId'), titles: [], year: null };
      return { ...movie, userId: row.id('userId'), stars, ...row.time('timestamp') };
    },
  },
];

function named(row: Row, titles: readonly string[], stars: number | null, timestamp: number | null) {
  if (stars === null) return null;
  const filled = titles.filter(Boolean);
  if (filled.length === 0) throw bad(row.line, 'the film has no title');
  return { movieId: null, userId: null, titles: filled, year: row.number('Year'), stars, timestamp };
}

/**
 * Reads a file of ratings: Letterboxd's `ratings.csv` (or `diary.csv`), IMDb's export, MovieLens' CSV, `.dat` (`::`)
 * and `u.data` (tabs). Throws `bad-data` naming line, column, what came and what was expected.
 */
export function readImport(text: string): ImportedFile {
  const plain = text.replace(/^\uFEFF/, '');
  const first = plain.slice(0, plain.search(/\r?\n|$/));
  const separator = /^\d+::\d+::/.test(first) ? '::' : /^\d+\t\d+\t/.test(first) ? '\t' : null;
  const records = parsed(separator ? `userId,movieId,rating,timestamp\n${plain.replaceAll(separator, ',')}` : plain);
  const header = Object.keys(records[0]?.fields ?? {});
  const layout = LAYOUTS.find(({ columns }) => columns.every((column) => header.includes(column)));
  if (!layout) throw unknownLayout(records.length === 0, header);
  const ratings: ImportedRating[] = [];
  for (const { line, fields } of records) {
    const row = new Row(separator ? line - 1 : line, fields);
    const rating = layout.read(row);
    if (rating) ratings.push({ line: row.line, ...rating });
  }
  return { format: layout.format, ratings, unrated: records.length - ratings.length };
}

function parsed(text: string): { line: number; fields: Record<string, string> }[] {
  try {
    const options = { columns: true, info: true, skip_empty_lines: true, relax_column_count_more: true } as const;
    const rows: unknown[] = parse(text, options);
    return (rows as { record: Record<string, string>; info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines,
      fields: record,
    }));
  } catch (cause) {
    const { message, lines } = cause as CsvError & { lines?: number };
    throw new MarqueeError('bad-data', `the file is not CSV${lines ? `, line ${lines}` : ''}: ${short(message)}`, {
      cause,
    });
  }
}

function bad(line: number, message: string, fix = 'Mend the line.'): MarqueeError {
  return new MarqueeError('bad-data', `line ${line}, ${message}`, {
    fix: `${fix} Then send the file again; nothing of it was stored.`,
    details: { line },
  });
}

function unknownLayout(empty: boolean, header: readonly string[]): MarqueeError {
  const columns = short(header.slice(0, 6).join(', '));
  return new MarqueeError('bad-data', empty ? 'the file holds no ratings' : `the file’s columns are ${columns}`, {
    fix: 'Send ratings.csv of a Letterboxd export, IMDb’s ratings export, or MovieLens ratings as CSV or .dat.',
  });
}
