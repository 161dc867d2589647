import { secondsOfDate } from '../../../shared/ratings/date-time.ts';
import { LATEST_TIME, MICROSECONDS_FROM, MILLISECONDS_FROM } from '../../../shared/ratings/new-rating.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** What programs write where there is no value: pandas, R, SQL. */
const ABSENT = new Set(['', 'nan', 'nat', 'na', 'n/a', 'null', 'none', '\\n']);

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
    const seconds = secondsOfDate(text);
    if (seconds === null) return -1;
    this.#counts.dates++;
    return seconds;
  }
}
