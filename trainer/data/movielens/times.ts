import { LATEST_TIME, MICROSECONDS_FROM, MILLISECONDS_FROM } from '../../../shared/ratings/new-rating.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** What programs write where there is no value: pandas, R, SQL. */
const ABSENT = new Set(['', 'nan', 'nat', 'na', 'n/a', 'null', 'none', '\\n']);
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i;

/** Reads the times that are no whole seconds, and counts what it made of them. */
export class TimeReader {
  readonly #counts = { milliseconds: 0, microseconds: 0, fractions: 0, dates: 0 };

  /** Whole seconds since 1970; 0 where there is none, −1 where the text is no time from 1970 to 9999. */
  seconds(text: string): number {
    if (ABSENT.has(text.toLowerCase())) return 0;
    const seconds = NUMBER.test(text) ? this.#ofNumber(Number(text)) : this.#ofDate(text);
    return seconds >= 0 && seconds <= LATEST_TIME ? seconds : -1;
  }

  /** What was converted, a sentence a kind. */
  notes(file: string): string[] {
    const { milliseconds, microseconds, fractions, dates } = this.#counts;
    const times = (count: number) => (count === 1 ? '1 time is' : `${count} times are`);
    return [
      [milliseconds, 'in milliseconds: converted to seconds'],
      [microseconds, 'in microseconds: converted to seconds'],
      [fractions, 'in fractions of a second: cut to whole seconds'],
      [dates, 'written as dates: read as UTC where no zone is named'],
    ].flatMap(([count, what]) => (count ? [`${file}: ${times(Number(count))} ${what}`] : []));
  }

  #ofNumber(value: number): number {
    if (value < MILLISECONDS_FROM) {
      if (!Number.isInteger(value)) this.#counts.fractions++;
      return Math.floor(value);
    }
    if (value < MICROSECONDS_FROM) {
      this.#counts.milliseconds++;
      return Math.floor(value / 1e3);
    }
    this.#counts.microseconds++;
    return Math.floor(value / 1e6);
  }

  #ofDate(text: string): number {
    const match = DATE.exec(text);
    if (!match) return -1;
    this.#counts.dates++;
    const [, day, time = '00:00', zone = 'Z'] = match;
    // Date.parse takes February 30th for March 2nd.
    if (!(Date.parse(day) >= 0) || !new Date(day).toISOString().startsWith(day)) return -1;
    return Math.floor(Date.parse(`${day}T${time}${zone.toUpperCase() === 'UTC' ? 'Z' : zone}`) / 1000);
  }
}
