import type { MovieTable } from '../model.ts';
import { foldTitle, naturalTitle } from '../title.ts';

/** What a title leads to: one movie, several that it could be, or none. Rows of the movie table. */
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
  readonly #rows = new Map<string, number[]>();

  constructor({ count, years, title }: Pick<MovieTable, 'count' | 'years' | 'title'>) {
    this.#years = years;
    for (let row = 0; row < count; row++) {
      for (const key of new Set(titlesIn(title(row)).map(keyOf))) {
        const rows = this.#rows.get(key);
        if (rows) rows.push(row);
        else this.#rows.set(key, [row]);
      }
    }
  }

  /** @param titles the film's titles, any of which may be the one known here; a year of null fits every year */
  match(titles: readonly string[], year: number | null): Match {
    const found = [...new Set(titles.flatMap(titlesIn).flatMap((title) => this.#rows.get(keyOf(title)) ?? []))];
    const distance = (row: number) => (year === null || this.#years[row] === 0 ? 0 : Math.abs(this.#years[row] - year));
    const near = found.filter((row) => distance(row) <= YEAR_TOLERANCE);
    const exact = near.filter((row) => distance(row) === 0);
    const rows = exact.length > 0 ? exact : near;
    if (rows.length === 0) return { kind: 'unmatched' };
    return rows.length === 1 ? { kind: 'matched', row: rows[0] } : { kind: 'ambiguous', rows };
  }
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
