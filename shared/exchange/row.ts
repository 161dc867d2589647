import { MarqueeError } from '../errors.ts';
import { secondsOfDate } from '../ratings/date-time.ts';
import { EXPECTED, isId, MEND_TIME, readTime } from '../ratings/new-rating.ts';
import { HALF_STARS } from '../ratings/rating.ts';
import { Days } from './days.ts';
import { shown, type TableRow } from './table.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** What programs write where there is nothing. */
const NOTHING = /^(n\/?a|nan|null|none|-+|\\n)$/i;
/** "1,999", which table programs make of 1999; a number with three decimals looks the same. */
const GROUPED = /^\d{1,3}([.,’' \u00a0\u202f]\d{3})+$/;
const STARS = /^(★{0,5})(½?)$/;
/** What may stand between and behind drawn stars: blanks, empty stars, and the sign that makes one a picture. */
const NO_STARS = /\s|☆|\ufe0f/g;
/** The first year of a day or of a range: "1979-05-25", "1995–". */
const FIRST_YEAR = /^(\d{4})\s*[-–—/.]/;

/** A column's name as it is compared: "user_id" and "userId" are one. */
export function columnKey(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** The columns of a file by the keys of their names. */
export type Columns = ReadonlyMap<string, { readonly name: string; readonly place: number }>;

export function columnsOf(names: readonly string[]): Columns {
  // Of two columns with one name the first counts.
  return new Map(names.map((name, place) => [columnKey(name), { name, place }] as const).reverse());
}

/** Fields by column; the reading functions name line and column in their errors. A column that is not there is blank. */
export class Row {
  readonly line: number;
  readonly #fields: readonly string[];
  readonly #columns: Columns;
  readonly #days: Days;

  constructor({ line, fields }: TableRow, columns: Columns, days: Days = new Days([])) {
    this.line = line;
    this.#fields = fields;
    this.#columns = columns;
    this.#days = days;
  }

  has(column: string): boolean {
    return this.#columns.has(columnKey(column));
  }

  text(column: string): string {
    const known = this.#columns.get(columnKey(column));
    return known === undefined ? '' : (this.#fields[known.place] ?? '');
  }

  /** The first of these columns that the row has something in, else the first that the file has. */
  firstOf(...columns: readonly string[]): string {
    const there = columns.filter((column) => this.has(column));
    return there.find((column) => this.text(column) !== '') ?? there[0] ?? columns[0];
  }

  /** With a decimal point or comma. @param best what may stand behind "/": "4/5" */
  number(column: string, expected = 'a number', fix?: string, best?: number): number | null {
    const text = this.text(column);
    if (text === '') return null;
    const [value, of, ...others] = text.split('/').map((part) => part.trim());
    const bare = of === String(best) && others.length === 0 ? value : text;
    const plain = bare.replace(/^([+-]?\d*),(\d+)$/, '$1.$2');
    if (NUMBER.test(plain) && Number.isFinite(Number(plain))) return Number(plain);
    throw this.bad(column, expected, undefined, fix);
  }

  whole(column: string, least: number, most: number): number | null {
    const expected = `a whole number from ${least} to ${most}`;
    const text = this.text(column);
    const value = GROUPED.test(text) ? Number(text.replace(/\D/g, '')) : this.number(column, expected);
    if (value === null || (Number.isInteger(value) && value >= least && value <= most)) return value;
    throw this.bad(column, expected);
  }

  /** The year of a film, perhaps in a day or as the first of a range; null where there is none. */
  year(column: string): number | null {
    const text = this.text(column);
    if (NOTHING.test(text) || text === '0') return null;
    const first = FIRST_YEAR.exec(text)?.[1];
    return first === undefined ? this.whole(column, 1800, 2200) : Number(first);
  }

  id(column: string): number {
    // "2,000" may be 2 or 2000: no film is guessed.
    const value = GROUPED.test(this.text(column)) ? null : this.number(column, EXPECTED.id);
    if (isId(value)) return value;
    throw this.bad(column, EXPECTED.id);
  }

  /** A time, as a number or a date, as whole seconds since 1970; null where there is none. */
  time(column: string): { timestamp: number | null; converted?: boolean } {
    const value = secondsOfDate(this.text(column)) ?? this.number(column, EXPECTED.time, MEND_TIME);
    if (value === null) return { timestamp: null };
    const timestamp = readTime(value);
    if (timestamp === null) throw this.bad(column, EXPECTED.time, undefined, MEND_TIME);
    return { timestamp, converted: timestamp !== Math.floor(value) };
  }

  /** An id of IMDb ("tt0133093", the number alone, or the address of its page) or TMDB; null where there is none. */
  siteId(column: string): number | null {
    const digits = /(?:^|\/)(?:tt)?(\d{1,10})\/?$/i.exec(this.text(column))?.[1];
    return digits === undefined ? null : Number(digits);
  }

  /** A calendar day as seconds since 1970, at 0:00 UTC (`Days`). A day before 1970 counts as the first second of it. */
  day(column: string): number | null {
    const text = this.text(column);
    if (text === '') return null;
    const seconds = this.#days.read(text);
    if (typeof seconds === 'number') return Math.max(0, seconds);
    throw this.bad(
      column,
      seconds === 'either' ? 'a day that is not one of two, like 2024-05-31' : 'a day like 2024-05-31',
    );
  }

  /** A rating on a scale up to `best`, as stars; null where there is none. */
  stars(column: string, best: number): number | null {
    const [least, step] = [(HALF_STARS.min * best) / HALF_STARS.max, (HALF_STARS.step * best) / HALF_STARS.max];
    const expected = `${least} to ${best} in steps of ${step}`;
    const text = this.text(column);
    if (NOTHING.test(text)) return null;
    const drawn = text === '' ? null : STARS.exec(text.replaceAll('⭐', '★').replace(NO_STARS, ''));
    const value = drawn ? drawn[1].length + drawn[2].length / 2 : this.number(column, expected, undefined, best);
    if (value === null) return null;
    const stars = drawn ? value : (value * HALF_STARS.max) / best;
    if (stars >= HALF_STARS.min && stars <= HALF_STARS.max && Number.isInteger(stars / HALF_STARS.step)) return stars;
    throw this.bad(column, expected, String(value));
  }

  bad(column: string, expected: string, got = shown(this.text(column)), fix?: string): MarqueeError {
    const name = this.#columns.get(columnKey(column))?.name ?? column;
    return badLine(this.line, `${name}: got ${got === '""' ? 'nothing' : got}, expected ${expected}`, fix);
  }
}

/** The error of a line that cannot be read. */
export function badLine(line: number, message: string, fix = 'Mend the line.'): MarqueeError {
  return new MarqueeError('bad-data', `line ${line}, ${message}`, {
    fix: `${fix} Then send the file again; nothing of it was stored.`,
    details: { line },
  });
}
