import { topK } from '../../shared/math/topk.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { foldTitle } from '../../shared/title.ts';

const LEADING_ARTICLE = /^(the|a|an) /;
/** Larger than every rating count, so that a better class of match always comes first. */
const CLASS = 1e7;

/**
 * Title search. Accents, case, articles and punctuation do not count. Titles are normalised once, at the first search.
 */
export class TitleIndex {
  readonly #movies: Catalogue;
  #normalised: string[] | undefined; // (M)

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
    const wanted = searchable(query).replace(LEADING_ARTICLE, '');
    if (wanted === '') return [];
    const { ratingCounts } = this.#movies;
    const titles = this.#titles();
    const scores = Float64Array.from(titles, (title, row) => {
      const match = matchClass(title, wanted);
      return match === 0 ? Number.NaN : match * CLASS + ratingCounts[row];
    });
    return Array.from(
      topK(scores, count, (row) => !hidden.has(row)),
      (row) => ({ row, score: scores[row] }),
    );
  }

  #titles(): string[] {
    const { count, years, title } = this.#movies;
    this.#normalised ??= Array.from({ length: count }, (_, row) => {
      const normalised = searchable(title(row)).replace(LEADING_ARTICLE, '');
      return years[row] === 0 ? normalised : `${normalised} ${years[row]}`;
    });
    return this.#normalised;
  }
}

/**
 * Where a title has the query: 4 the whole title (with or without year), 3 its start, 2 the start of a word, 1
 * anywhere, 0 nowhere.
 */
function matchClass(title: string, wanted: string): number {
  const at = title.indexOf(wanted);
  if (at < 0) return 0;
  if (at === 0) return /^( \d{4})?$/.test(title.slice(wanted.length)) ? 4 : 3;
  return title.includes(` ${wanted}`) ? 2 : 1;
}

/**
 * Keeps letters and digits, with single blanks between words: "WALL·E" and "wall-e" become equal, "Schindler's" one
 * word.
 */
function searchable(text: string): string {
  return foldTitle(text)
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
