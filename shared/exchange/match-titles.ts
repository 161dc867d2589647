import type { Catalogue } from '../model/model.ts';
import { foldTitle, naturalTitle } from '../title.ts';

/** The movies that a title matches: one, several, or none. Rows of the movie table. */
export type Match =
  | { readonly kind: 'matched'; readonly row: number }
  | { readonly kind: 'ambiguous'; readonly rows: readonly number[] }
  | { readonly kind: 'unmatched' };

const ARTICLE = /^(the|an?|l[aeo]s?|l|il|los|e[ln]|un[ae]?|d(er|ie|as)|een) (?=.)/;
/** Sources disagree by a year about films that opened late in one. */
const YEAR_TOLERANCE = 1;

/**
 * Finds movies by title and year. Accents, case, articles and punctuation do not count; a title in brackets ("Seven
 * (a.k.a. Se7en)", "The Postman (Il Postino)") is one of the film's titles. Nothing is guessed: a title that fits
 * several movies equally well is ambiguous.
 */
export class TitleMatcher {
  readonly #years: Int16Array;
  readonly #byTitle = new Map<string, number[]>();
  readonly #byPart = new Map<string, number[]>();

  constructor({ count, years, title }: Pick<Catalogue, 'count' | 'years' | 'title'>) {
    this.#years = years;
    for (let row = 0; row < count; row++) {
      const titles = titlesIn(title(row));
      file(this.#byTitle, titles, row);
      file(this.#byPart, titles.flatMap(partsOf), row);
    }
  }

  /**
   * A part of a title ("Star Wars" of "Star Wars: Episode IV - A New Hope") counts where no whole title does, and then
   * the year must be the same.
   *
   * @param titles the film's titles, any of which may be the one known here; a year of null fits every year
   */
  match(titles: readonly string[], year: number | null): Match {
    const keys = titles.flatMap(titlesIn).map(keyOf);
    const distance = (row: number) => (year === null || this.#years[row] === 0 ? 0 : Math.abs(this.#years[row] - year));
    const near = found(this.#byTitle, keys).filter((row) => distance(row) <= YEAR_TOLERANCE);
    const exact = near.filter((row) => distance(row) === 0);
    const whole = exact.length > 0 ? exact : near;
    const rows = whole.length > 0 ? whole : found(this.#byPart, keys).filter((row) => this.#years[row] === year);
    if (rows.length === 0) return { kind: 'unmatched' };
    return rows.length === 1 ? { kind: 'matched', row: rows[0] } : { kind: 'ambiguous', rows };
  }
}

function file(index: Map<string, number[]>, titles: readonly string[], row: number): void {
  for (const key of new Set(titles.map(keyOf))) {
    const rows = index.get(key);
    if (rows) rows.push(row);
    else index.set(key, [row]);
  }
}

function found(index: ReadonlyMap<string, number[]>, keys: readonly string[]): number[] {
  return [...new Set(keys.flatMap((key) => index.get(key) ?? []))];
}

/** What stands before the first colon, and behind the last colon or dash. */
function partsOf(title: string): string[] {
  const parts = title.split(/: | - /);
  return parts.length > 1 ? [parts[0], parts[parts.length - 1]].filter((text) => keyOf(text) !== '') : [];
}

/** A title, the same without what stands in brackets, and what stands in them. */
function titlesIn(title: string): string[] {
  const inBrackets = [...title.matchAll(/\(([^()]+)\)/g)].map(([, text]) => text.replace(/^a\.?k\.?a\.? /i, ''));
  const plain = title.replace(/\([^()]*\)/g, ' ').trim();
  return [title, plain, ...inBrackets].map(naturalTitle).filter((text) => keyOf(text) !== '');
}

/** A title as it is compared: letters and digits only, no article in front. */
function keyOf(title: string): string {
  const plain = foldTitle(title)
    .replace(/&/g, ' and ')
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return plain.replace(ARTICLE, '');
}
