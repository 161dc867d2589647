import { topK } from '../../shared/math/topk.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { withoutArticle } from '../../shared/title.ts';
import { queryOf, searchText, TitleSearch } from '../../shared/title-search.ts';

const ENGLISH_ARTICLE = /^(the|a|an) (?=.)/;
/** Larger than every rating count, so that a better class of match always comes first. */
const CLASS = 1e7;

/**
 * Title search. Accents, case, articles, blanks and punctuation do not count. The texts are made once, at the first
 * search.
 */
export class TitleIndex {
  readonly #movies: Catalogue;
  #texts: string[] | undefined; // (M)

  constructor(movies: Catalogue) {
    this.#movies = movies;
  }

  /**
   * Movies whose title contains `query`: first titles equal to it, then titles that start with it, then titles of which
   * a word starts with it, then the rest; within each class the most rated first. The query may end with the year.
   *
   * @param hidden rows that are not found
   */
  search(query: string, count: number, hidden: ReadonlySet<number> = new Set()): Ranked[] {
    const words = queryOf(query);
    const wanted = words.replace(ENGLISH_ARTICLE, '');
    const found = this.#containing(wanted, count, hidden);
    // A foreign article is looked for first: "Die Hard" is not "Hard".
    return found.length > 0 ? found : this.#containing(withoutArticle(words), count, hidden);
  }

  #containing(words: string, count: number, hidden: ReadonlySet<number>): Ranked[] {
    if (words === '') return [];
    const { ratingCounts } = this.#movies;
    const search = new TitleSearch(words);
    const scores = Float64Array.from(this.#searchTexts(), (text, row) => {
      const match = search.classOf(text);
      return match === 0 ? Number.NaN : match * CLASS + ratingCounts[row];
    });
    return Array.from(
      topK(scores, count, (row) => !hidden.has(row)),
      (row) => ({ row, score: scores[row] }),
    );
  }

  #searchTexts(): string[] {
    const { count, years, title } = this.#movies;
    this.#texts ??= Array.from({ length: count }, (_, row) => searchText(title(row), years[row]));
    return this.#texts;
  }
}
