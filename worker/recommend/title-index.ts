import type { Catalogue } from '../../shared/model/model.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import {
  joinedReadings,
  queryWords,
  type Reading,
  readingsOf,
  withoutFirst,
  withoutNumbers,
} from './titles/readings.ts';
import { TitleScan } from './titles/scan.ts';
import { readTitles, type Titles } from './titles/titles.ts';

/** How films were found: by all words, by words that are spelled much like them, or by some of the words. */
export const FOUND_BY = ['words', 'near', 'some'] as const;

export interface FoundTitles {
  readonly by: (typeof FOUND_BY)[number];
  /** What the first film was found by, where that is not what was asked for. */
  readonly readAs: string | null;
  readonly ranked: readonly Ranked[];
}

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
    const looks = [this.#exactly, this.#withoutNumbers, this.#nearly, this.#partly];
    for (const look of words.length > 0 ? looks : []) {
      const { by, scores, readAs } = look.call(this, words);
      const ranked = [...scores]
        .flatMap(([row, score]) => (hidden.has(row) ? [] : { row, score }))
        .sort((a, b) => b.score - a.score || a.row - b.row)
        .slice(0, count);
      if (ranked.length > 0) return { by, readAs: readAs(ranked[0].row), ranked };
    }
    return { by: 'words', readAs: null, ranked: [] };
  }

  /** The same, of films whose rows stand behind so many others. @param hidden rows among all */
  searchBehind(first: number, query: string, count: number, hidden: ReadonlySet<number>): FoundTitles {
    const { ranked, ...found } = this.search(query, count, new Set(Array.from(hidden, (row) => row - first)));
    return { ...found, ranked: ranked.map(({ row, score }) => ({ row: first + row, score })) };
  }

  #exactly(words: readonly string[]): Look {
    const scan = this.#scan(false);
    const scores = scan.scores(this.#readings(words));
    return { by: 'words', scores: scores.size > 0 ? scores : scan.scores(withoutFirst(words)), readAs: () => null };
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
