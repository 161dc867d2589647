import { foldTitle } from '../title.ts';
import type { TableRow } from './table.ts';

const TIME_OF_DAY = /[T ,]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AP]M)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?$/i;
const YEAR_FIRST = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/;
/** Of two digits of a year only behind "/" and ".": 24-01-31 may begin with it. */
const YEAR_LAST = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|(?<!-)\d\d)$/;
/** "2024年3月2日", "2024년 3월 2일", "2024. 3. 2.". */
const YEAR_FIRST_APART = /^(\d{4})(?:年|년 ?|\. ?)(\d{1,2})(?:月|월 ?|\. ?)(\d{1,2})(?:日|일|\.)$/;
/** "2 Mar 2024", "02-Mar-24", "2. März 2024", "2 de marzo de 2024". */
const NAMED_DAY_FIRST = /^(\d{1,2})\.?(?: de)?[ -]([a-z]{3,10})\.?(?: de)?[ -](\d{4}|\d\d)$/i;
/** "March 2, 2024", "Sat Mar  2 00:00:00 2024". */
const NAMED_MONTH_FIRST = /^(?:[a-z]{3,9},? +)?([a-z]{3,9})\.? +(\d{1,2}),?(?: +\d\d:\d\d:\d\d)? +(\d{4})$/i;
/** How months begin in English, German, French, Spanish, Italian, Portuguese and Dutch, without accents. */
const MONTHS =
  'jan|ene|gen feb|fev mar|mrt apr|avr|abr may|mai|mag|mei jun|juin|giu jul|juil|lug aug|aou|ago sep|set oct|okt|ott|out nov dec|dez|dic'
    .split(' ')
    .map((beginnings) => new RegExp(`^(?:${beginnings})`));
/** Two digits of a year from here on are the last century's. */
const LAST_CENTURY_FROM = 70;

/** Letters of the longest day; what is longer is none, and would take a search for a time of day long. */
const LONGEST = 40;

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Reads the days of a file, as sites and table programs write them. */
export class Days {
  readonly #rows: readonly TableRow[];
  #order: 'day' | 'month' | null | undefined;

  /** @param rows of the whole file: together they tell whether 5/6/2024 is in May or in June */
  constructor(rows: readonly TableRow[]) {
    this.#rows = rows;
  }

  /** A day as seconds since 1970, at 0:00 UTC; 'either' where it may be one of two; null for other text. */
  read(text: string): number | 'either' | null {
    if (text.length > LONGEST) return null;
    const plain = text.replace(TIME_OF_DAY, '').replace(YEAR_FIRST_APART, '$1-$2-$3');
    const day = namedDay(plain) ?? this.#numbered(plain);
    return day === null || day === 'either' ? day : secondsOf(day);
  }

  #numbered(text: string): Day | 'either' | null {
    const first = YEAR_FIRST.exec(text);
    if (first) return { year: Number(first[1]), month: Number(first[3]), day: Number(first[4]) };
    const last = YEAR_LAST.exec(text);
    if (!last) return null;
    const [a, b, year] = [Number(last[1]), Number(last[3]), yearOf(last[4])];
    if (this.#order === undefined) this.#order = orderOf(this.#rows);
    const order = last[2] === '.' || a > 12 ? 'day' : b > 12 ? 'month' : this.#order;
    if (order === null && a !== b) return 'either';
    return order === 'month' ? { year, month: a, day: b } : { year, month: b, day: a };
  }
}

function namedDay(written: string): Day | null {
  const text = /\p{L}/u.test(written) ? foldTitle(written) : '';
  const dayFirst = NAMED_DAY_FIRST.exec(text);
  const monthFirst = NAMED_MONTH_FIRST.exec(text);
  const [day, name, year] = dayFirst
    ? [dayFirst[1], dayFirst[2], dayFirst[3]]
    : monthFirst
      ? [monthFirst[2], monthFirst[1], monthFirst[3]]
      : ['', '', ''];
  const month = MONTHS.findIndex((beginning) => beginning.test(name)) + 1;
  return month === 0 ? null : { year: yearOf(year), month, day: Number(day) };
}

/** What comes first in the dates of a file that have the year last; null where none of them tells, or two differ. */
function orderOf(rows: readonly TableRow[]): 'day' | 'month' | null {
  const orders = new Set<'day' | 'month'>();
  for (const text of rows.flatMap(({ fields }) => fields)) {
    if (text.length > LONGEST) continue;
    const [, a, separator, b] = YEAR_LAST.exec(text.replace(TIME_OF_DAY, '')) ?? [];
    if (a === undefined || separator === '.') continue;
    if (Number(a) > 12) orders.add('day');
    else if (Number(b) > 12) orders.add('month');
  }
  const [order, other] = orders;
  return order === undefined || other !== undefined ? null : order;
}

function yearOf(digits: string): number {
  const year = Number(digits);
  return digits.length > 2 ? year : year + (year < LAST_CENTURY_FROM ? 2000 : 1900);
}

function secondsOf({ year, month, day }: Day): number | null {
  const time = new Date(Date.UTC(year, month - 1, day));
  const exists = time.getUTCMonth() === month - 1 && time.getUTCDate() === day;
  return exists ? time.getTime() / 1000 : null;
}
