import type { Catalogue } from '../../shared/model/model.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { abbreviated, abbreviationIn } from './titles/initials.ts';
import {
  apartReadings,
  joinedReadings,
  queryWords,
  type Reading,
  readingsOf,
  withoutFirst,
  withoutNumbers,
} from './titles/readings.ts';
import { isBegun, TitleScan } from './titles/scan.ts';
import { readTitles, type Titles } from './titles/titles.ts';

/** How films were found: by all words, by words that are spelled much like them, or by some of the words. */
export const FOUND_BY = ['words', 'near', 'some'] as const;

export interface FoundTitles {
  readonly by: (typeof FOUND_BY)[number];
  /** What the first film was found by, where that is not what was asked for. */
  readonly readAs: string | null;
  readonly ranked: readonly Ranked[];
}

/** How many times as well known a title must be by whose initials it is looked for, beside those with words that begin so. */
const LEAD = 2;

/** One way of looking: it finds films, and knows what one of them was found by. */
interface Look {
  readonly by: FoundTitles['by'];
  /** Of the films that are found, by row. */
  readonly scores: ReadonlyMap<number, number>;
  readAs(row: number): string | null;
}

/**
 * Title search: words in any order, the last one perhaps only begun, numbers in all spellings, a year beside them.
 * Accents, case, articles, blanks and punctuation do not count. Where no title has the words, those that have words
 * spelled much like them are found, and where there is none, those that have some of them. What takes long is made once,
 * at the first search.
 */
export class TitleIndex {
  readonly #movies: Catalogue;
  #made: Titles | undefined;

  constructor(movies: Catalogue) {
    this.#movies = movies;
  }

  /**
   * The films that match best (`PLACE`), equal ones by the number of their ratings.
   *
   * @param hidden rows that are not found
   */
  search(query: string, count: number, hidden: ReadonlySet<number> = new Set()): FoundTitles {
    const words = queryWords(query);
    const found = this.#spelledOut(words, hidden);
    const { by, readAs, ranked } = this.#orAbbreviated(words, found, hidden);
    return { by, readAs, ranked: ranked.slice(0, count) };
  }

  /** What the words find that are looked for. */
  #spelledOut(words: readonly string[], hidden: ReadonlySet<number>): FoundTitles {
    const looks = [this.#exactly, this.#withoutNumbers, this.#nearly, this.#apart, this.#partly];
    for (const look of words.length > 0 ? looks : []) {
      const { by, scores, readAs } = look.call(this, words);
      const ranked = [...scores]
        .flatMap(([row, score]) => (hidden.has(row) ? [] : { row, score }))
        .sort((a, b) => b.score - a.score || a.row - b.row);
      if (ranked.length > 0) return { by, readAs: readAs(ranked[0].row), ranked };
    }
    return { by: 'words', readAs: null, ranked: [] };
  }

  /**
   * What is found, unless the words look like an abbreviation ("lotr") of a title that more people know. Titles with words
   * that begin so ("sw": Swingers) come behind it.
   */
  #orAbbreviated(words: readonly string[], found: FoundTitles, hidden: ReadonlySet<number>): FoundTitles {
    const abbreviation = words.length > 0 ? abbreviationIn(words, this.#titles.vocabulary) : null;
    if (!abbreviation) return found;
    const begun = found.by === 'words' ? found.ranked.filter(isBegun) : [];
    const meant = abbreviated(this.#titles, this.#movies, { abbreviation, atEnd: begun.length === 0, hidden });
    const known = (ranked: readonly Ranked[]) =>
      ranked.reduce((most, { row }) => Math.max(most, this.#movies.ratingCounts[row]), -1);
    const lead = begun.length > 0 ? LEAD : 1;
    if (!meant || known(meant.ranked) <= lead * known(found.ranked)) return found;
    if (begun.length === 0) return { by: 'near', readAs: meant.readAs, ranked: meant.ranked };
    const best = meant.ranked.slice(0, meant.best);
    const rows = new Set(best.map(({ row }) => row));
    return { ...found, ranked: [...best, ...begun.filter(({ row }) => !rows.has(row))] };
  }

  /** The same, of films whose rows stand behind so many others. @param hidden rows among all */
  searchBehind(first: number, query: string, count: number, hidden: ReadonlySet<number>): FoundTitles {
    const { ranked, ...found } = this.search(query, count, new Set(Array.from(hidden, (row) => row - first)));
    return { ...found, ranked: ranked.map(({ row, score }) => ({ row: first + row, score })) };
  }

  #exactly(words: readonly string[]): Look {
    const scan = this.#scan(false);
    const ways = [
      () => this.#readings(words),
      () => withoutFirst(words),
      () => apartReadings(words, this.#titles.vocabulary, false),
    ];
    for (const way of ways) {
      const scores = scan.scores(way());
      if (scores.size > 0) return { by: 'words', scores, readAs: () => null };
    }
    return { by: 'words', scores: new Map(), readAs: () => null };
  }

  #withoutNumbers(words: readonly string[]): Look {
    const readings = withoutNumbers(words).flatMap((reading) => this.#readings(reading.words));
    const scan = this.#scan(false);
    return { by: 'some', scores: scan.scores(readings), readAs: (row) => scan.readAs(readings, row) };
  }

  #nearly(words: readonly string[]): Look {
    const readings = [...this.#readings(words), ...joinedReadings({ words })];
    const scan = this.#scan(true);
    return { by: 'near', scores: scan.scores(readings), readAs: (row) => scan.readAs(readings, row) };
  }

  #apart(words: readonly string[]): Look {
    const readings = apartReadings(words, this.#titles.vocabulary, true);
    const scan = this.#scan(false);
    return { by: 'near', scores: scan.scores(readings), readAs: (row) => scan.readAs(readings, row) };
  }

  #partly(words: readonly string[]): Look {
    const reading: Reading = { words };
    const scan = this.#scan(true);
    return { by: 'some', scores: scan.scoresOfSome(reading), readAs: (row) => scan.readAs([reading], row) };
  }

  #readings(words: readonly string[]): Reading[] {
    return readingsOf(words, this.#titles.vocabulary);
  }

  get #titles(): Titles {
    this.#made ??= readTitles(this.#movies);
    return this.#made;
  }

  #scan(near: boolean): TitleScan {
    return new TitleScan(this.#titles, this.#movies, near);
  }
}
