import type { Catalogue } from '../model/model.ts';
import { titlesIn } from '../title.ts';
import { AlikeTitles } from './alike-titles.ts';
import { episodeTitles, keyOf, partTitles, type TitleKey, wholeTitles } from './title-key.ts';

/** A film that a title may be, and why that is not sure. */
export interface Candidate {
  /** Of the movie table. */
  readonly row: number;
  readonly why: string;
}

/** The film that a title is, the films that it may be, or neither. */
export type Match =
  | {
      readonly kind: 'matched';
      readonly row: number;
      /** Whether title and year are the film's; otherwise the year is off by one or a part of the title is missing. */
      readonly exact: boolean;
    }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'unmatched' };

/** Sources disagree by a year about films that opened late in one. */
const YEAR_TOLERANCE = 1;
/**
 * Words of a part of a title that no other film is likely to have as a title: "Interview with the Vampire" in front,
 * where "Kung Fu Panda" names the first of a series, and "The Wrath of Khan" behind.
 */
const WORDS_OF_PART = { front: 4, back: 3 };
/** Words of a title that no other film of the year before or after is likely to have, the article aside. */
const WORDS_OF_NEAR = 3;

const WHY = {
  several: 'several films have this title and year',
  year: 'the title is the same, but not the year, and a short title is not enough',
  part: 'the title is only a part of this film’s',
  article: 'the titles differ by an article',
  brackets: 'the title is the same, but not those in brackets',
  alike: 'the titles are much alike, but not the same',
} as const;

/** What says in brackets that something is no film, or not the whole of one: "Fargo (TV series)". */
const NO_TITLE = /\((?:[^()]* )?(?:tv|series|mini-?series|video|game|episode|season|podcast|short)\b/i;

interface Filed extends TitleKey {
  readonly row: number;
  readonly part: boolean;
  /** Whether no other film of the year is likely to have it as its title. */
  readonly telling: boolean;
}

/** A filed title beside one that is looked for. */
interface Found extends Filed {
  readonly sameArticle: boolean;
  /** Years between the two; 1 where one of them is not known. */
  readonly distance: number;
}

/**
 * Finds films by title and year. Accents, case, blanks and punctuation do not count, nor whether a word is spelled the
 * British way or a number in Roman numerals; an article does. Nothing is guessed: what may be another film is ambiguous.
 */
export class TitleMatcher {
  readonly #years: Int16Array;
  readonly #titles = new Map<string, Filed[]>();
  readonly #alike: AlikeTitles;
  /** Films with other titles in brackets. */
  readonly #named = new Set<number>();

  constructor({ count, years, title }: Pick<Catalogue, 'count' | 'years' | 'title'>) {
    this.#years = years;
    this.#alike = new AlikeTitles({ count, years, title });
    for (let row = 0; row < count; row++) {
      const text = title(row);
      if (titlesIn(text).length > 1) this.#named.add(row);
      for (const whole of wholeTitles(text)) this.#file(whole, { row, part: false, telling: true });
      for (const episode of episodeTitles(text)) this.#file(episode, { row, part: true, telling: true });
      for (const { title: part, place } of partTitles(text)) {
        this.#file(part, { row, part: true, telling: part.split(' ').length >= WORDS_OF_PART[place] });
      }
    }
  }

  /**
   * A title and its year decide. Where no film has both, a title of several words decides with the year before or after,
   * or a longer part of a title ("The Empire Strikes Back") with the same year.
   *
   * @param titles the film's titles, any of which may be the one known here; null for a year that is not known
   * @param admits which rows it may be
   */
  match(titles: readonly string[], year: number | null, admits: (row: number) => boolean = () => true): Match {
    const match = this.#matchWhole(titles, year, admits);
    if (match.kind !== 'unmatched') return match;
    const ofFilms = titles.filter((title) => !NO_TITLE.test(title));
    const apart = this.#matchApart(ofFilms, year, admits);
    if (apart.kind !== 'unmatched') return apart;
    const alike = this.#alike.rowsLike(ofFilms, year).filter(admits);
    return alike.length > 0 ? ambiguous(alike, WHY.alike) : apart;
  }

  #matchWhole(titles: readonly string[], year: number | null, admits: (row: number) => boolean): Match {
    const found = this.#find(titles, year).filter(({ row }) => admits(row));
    const whole = found.filter(({ part, sameArticle }) => !part && sameArticle);
    const exact = rowsOf(whole.filter(({ distance }) => distance === 0));
    if (exact.length === 1) return { kind: 'matched', row: exact[0], exact: true };
    if (exact.length > 1) return ambiguous(exact, WHY.several);
    const likely = rowsOf([...found.filter(isLikelyPart), ...whole.filter((one) => isLikelyNear(one, whole))]);
    const candidates = candidatesOf(found);
    if (likely.length === 1 && candidates.every(({ row }) => row === likely[0])) {
      return { kind: 'matched', row: likely[0], exact: false };
    }
    return candidates.length > 0 ? { kind: 'ambiguous', candidates } : { kind: 'unmatched' };
  }

  /** The film that two titles of "Boat, The (Das Boot)" name, or one where it has no other titles. */
  #matchApart(titles: readonly string[], year: number | null, admits: (row: number) => boolean): Match {
    const apart = titles.flatMap((title) => titlesIn(title));
    if (apart.length <= titles.length) return { kind: 'unmatched' };
    const matches = apart.map((title) => this.#matchWhole([title], year, admits));
    const rows = matches.flatMap((match) => (match.kind === 'matched' && match.exact ? match.row : []));
    const [row, ...others] = new Set(rows);
    if (row === undefined) return { kind: 'unmatched' };
    const isSure = others.length === 0 && (rows.length > 1 || !this.#named.has(row));
    return isSure ? { kind: 'matched', row, exact: false } : ambiguous([row, ...others], WHY.brackets);
  }

  #file(title: string, place: Omit<Filed, keyof TitleKey>): void {
    const key = keyOf(title);
    if (key === null) return;
    const others = this.#titles.get(key.key) ?? [];
    if (others.some((other) => other.row === place.row && other.article === key.article)) return;
    others.push({ ...key, ...place });
    this.#titles.set(key.key, others);
  }

  /** The filed titles with one of these keys whose year is near enough. */
  #find(titles: readonly string[], year: number | null): Found[] {
    return titles.flatMap((title) => {
      const asked = keyOf(title);
      const filed = asked === null ? [] : (this.#titles.get(asked.key) ?? []);
      return filed.flatMap((one) => {
        const known = this.#years[one.row];
        const distance = year === null || known === 0 ? YEAR_TOLERANCE : Math.abs(known - year);
        if (asked === null || distance > YEAR_TOLERANCE) return [];
        return [{ ...one, distance, sameArticle: one.article === asked.article }];
      });
    });
  }
}

function ambiguous(rows: readonly number[], why: string): Match {
  return { kind: 'ambiguous', candidates: rows.map((row) => ({ row, why })) };
}

function rowsOf(found: readonly Filed[]): number[] {
  return [...new Set(found.map(({ row }) => row))];
}

function isLikelyPart({ part, telling, sameArticle, distance }: Found): boolean {
  return part && telling && sameArticle && distance === 0;
}

/** A title of several words, or two different titles of one film. */
function isLikelyNear({ row, words, key }: Found, whole: readonly Found[]): boolean {
  return words >= WORDS_OF_NEAR || whole.some((other) => other.row === row && other.key !== key);
}

function candidatesOf(found: readonly Found[]): Candidate[] {
  const reasons = new Map<number, string>();
  for (const { row, part, sameArticle, distance } of found) {
    if (part && distance > 0) continue;
    reasons.set(row, reasons.get(row) ?? (part ? WHY.part : sameArticle ? WHY.year : WHY.article));
  }
  return Array.from(reasons, ([row, why]) => ({ row, why }));
}
