import { titlesIn, wordsOf } from './title.ts';

/** How well a title fits: not at all, inside a word, from the start of a word, from its start, or the whole of it. */
export type MatchClass = 0 | 1 | 2 | 3 | 4;

/**
 * The words of a title that searches look in: a line for each of its titles, and one with all of them in a row.
 *
 * @param year stands behind every line; 0 for none
 */
export function searchText(title: string, year = 0): string {
  const titles = titlesIn(title).map(wordsOf);
  const lines = titles.length > 1 ? [...titles, titles.join(' ')] : titles;
  return lines.map((line) => (year === 0 ? line : `${line} ${year}`)).join('\n');
}

/** The words of what somebody looks for, which may be a whole title of the catalogue with brackets and year. */
export function queryOf(text: string): string {
  return titlesIn(text).map(wordsOf).join(' ').trim();
}

/** Words that people leave out or put in. */
const SMALL_WORD = /^(and|the|an?)$/;

/** Finds words in the texts that `searchText` makes. Blanks and small words may be missing or too many: "spiderman". */
export class TitleSearch {
  readonly #words: string;
  readonly #anywhere: RegExp;
  readonly #start: RegExp;
  readonly #whole: RegExp;

  /** @param words what `queryOf` makes, not empty */
  constructor(words: string) {
    this.#words = words;
    const spaced = words
      .split(' ')
      .filter((word, j, { length }) => !SMALL_WORD.test(word) || j === 0 || j === length - 1)
      .map((word) => [...word].join(' ?'))
      .join('(?: (?:and|the|an?))* ?');
    const article = '^(?:(?:the|an?) )?';
    this.#anywhere = new RegExp(`(?:^| )${spaced}`, 'mu');
    this.#start = new RegExp(article + spaced, 'mu');
    this.#whole = new RegExp(`${article}${spaced}(?: \\d{4})?$`, 'mu');
  }

  classOf(text: string): MatchClass {
    if (!this.#anywhere.test(text)) return text.includes(this.#words) ? 1 : 0;
    if (!this.#start.test(text)) return 2;
    return this.#whole.test(text) ? 4 : 3;
  }
}
