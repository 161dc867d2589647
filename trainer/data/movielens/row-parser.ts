import { MILLISECONDS_FROM } from '../../../shared/ratings/new-rating.ts';
import { badRow } from './bad-row.ts';
import { AT_JUNK, AT_LINE_END, AT_SEPARATOR, FieldCursor } from './field-cursor.ts';
import { type Column, detectLayout, fieldsOf, type RatingLayout, type Wanted } from './layout.ts';
import { RatingColumns } from './rating-columns.ts';
import { TimeReader } from './times.ts';

/** Rows whose rating is not a half star from 0.5 to 5: their number, and the first of them. */
export interface OffScale {
  count: number;
  line: number; // of the first; from 1
  text: string;
}

const EXPECTED: Readonly<Record<Column, string>> = {
  userId: 'a userId, an integer from 0 to 2147483647',
  movieId: 'a movieId, an integer from 0 to 2147483647',
  rating: 'a rating in stars, as in 3.5',
  timestamp: 'a timestamp in seconds since 1970, until the year 9999',
  ignored: 'another column',
};

const FIXES: Readonly<Partial<Record<Column, string>>> = {
  userId: 'Mend or delete the line. Where users have names, npm run catalogue numbers them.',
  movieId: 'Mend or delete the line. Where movies have names, npm run catalogue numbers them.',
  timestamp: 'Write seconds since 1970, or a date as in 2016-03-28; leave the field empty where there is no time.',
};

const NANOSECONDS = /^"?\d{18,20}"?$/;

/** What Excel writes first to tell itself the separator. */
const SEPARATOR_LINE = /^"?sep=.{1,2}"?$/i;

/** Parses blocks of whole lines into rating columns. The first line decides the layout. */
export class RowParser {
  readonly rows = new RatingColumns();
  readonly offScale: OffScale = { count: 0, line: 0, text: '' };
  readonly times = new TimeReader();
  /** Lines so far. */
  line = 0;
  readonly #file: string;
  readonly #wanted: Wanted;
  #layout: RatingLayout | undefined;
  /** The line that names the columns: it may come again, where two files were put together. */
  #header: string | undefined;
  #cursor = new FieldCursor(',');

  constructor(file: string, wanted: Wanted) {
    this.#file = file;
    this.#wanted = wanted;
  }

  /** @throws MarqueeError `bad-row` at the first line that cannot be parsed. */
  parse(block: Uint8Array): void {
    this.#cursor.bytes = block;
    this.#cursor.at = this.line === 0 && hasByteOrderMark(block) ? 3 : 0;
    while (this.#cursor.at < block.length) {
      this.line++;
      if (this.#cursor.skipBlankLine()) {
        continue;
      }
      if (this.#layout) {
        this.#parseRow(this.#layout);
      } else {
        this.#start();
      }
    }
  }

  /** Whether a first line names the columns. */
  get hasHeader(): boolean {
    return this.#layout?.header === true;
  }

  #start(): void {
    const { bytes, at } = this.#cursor;
    const first = this.#cursor.lineAt(at);
    if (SEPARATOR_LINE.test(first)) {
      this.#cursor.skipLine();
      return;
    }
    const layout = detectLayout(first, this.#wanted, this.#file, this.line);
    this.#layout = layout;
    this.#cursor = new FieldCursor(layout.separator);
    this.#cursor.bytes = bytes;
    this.#cursor.at = at;
    if (layout.header) {
      this.#header = first;
      this.#cursor.skipLine();
    } else {
      this.#parseRow(layout);
    }
  }

  #parseRow({ columns, open }: RatingLayout): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    const last = columns.length - 1;
    let userId = 0;
    let movieId = 0;
    let stars = Number.NaN;
    let timestamp = 0;
    let isOddTime = false;
    for (let c = 0; c <= last; c++) {
      const column = columns[c];
      const from = cursor.at;
      if (column === 'userId') {
        userId = cursor.id();
      } else if (column === 'movieId') {
        movieId = cursor.id();
      } else if (column === 'rating') {
        stars = cursor.decimal();
      } else if (column === 'timestamp') {
        timestamp = cursor.decimal();
        isOddTime = !isWholeSecond(timestamp);
      } else {
        cursor.skipField();
      }
      let end = cursor.endField();
      if ((isOddTime || end === AT_JUNK) && column === 'timestamp') {
        cursor.at = from;
        timestamp = this.times.seconds(cursor.text());
        end = timestamp < 0 ? AT_JUNK : cursor.endField();
      }
      if (userId < 0 || movieId < 0 || end === AT_JUNK || (column === 'rating' && Number.isNaN(stars))) {
        if (this.#skipsHeader(start)) return;
        throw this.#bad(start, c, EXPECTED[column]);
      }
      if (c < last && end === AT_LINE_END) {
        throw this.#bad(start, c + 1, EXPECTED[columns[c + 1]]);
      }
      if (c === last && end === AT_SEPARATOR) {
        if (!open && !cursor.endsEmpty()) {
          throw this.#bad(start, c + 1, `the end of the line after ${columns.length} columns`);
        }
        if (open) cursor.skipLine();
      }
    }
    if (this.#wanted === 'ratings' && !(Number.isInteger(stars * 2) && stars >= 0.5 && stars <= 5)) {
      this.#countOffScale(start);
    }
    this.rows.push(userId, movieId, stars, timestamp);
  }

  #skipsHeader(start: number): boolean {
    if (this.#cursor.lineAt(start) !== this.#header) return false;
    this.#cursor.at = start;
    this.#cursor.skipLine();
    return true;
  }

  #bad(start: number, c: number, expected: string): Error {
    const { separator, columns } = this.#layout!;
    const got = this.#cursor.lineAt(start);
    const field = { column: c + 1, text: fieldsOf(got, separator)[c] };
    const isFine = columns[c] === 'timestamp' && NANOSECONDS.test(field.text ?? '');
    const fix = isFine ? 'Divide nanoseconds by 1000000000.' : FIXES[columns[c]];
    return badRow({ file: this.#file, line: this.line, got, expected, field, fix });
  }

  #countOffScale(start: number): void {
    if (this.offScale.count++ === 0) {
      this.offScale.line = this.line;
      this.offScale.text = this.#cursor.lineAt(start);
    }
  }
}

/** Whether a number can be taken for seconds as it is. */
function isWholeSecond(value: number): boolean {
  return value >= 0 && value < MILLISECONDS_FROM && value === Math.floor(value);
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
