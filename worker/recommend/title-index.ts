import { topK } from '../../shared/math/topk.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { foldTitle } from '../../shared/title.ts';

const LEADING_ARTICLE = /^(the|a|an) /;
/** Above every rating count, so that a better kind of match always comes first. */
const CLASS = 1e7;

/** Title search: accents, case, articles and punctuation do not count. Folds every title once, at the first search. */
export class TitleIndex {
  readonly #movies: Catalogue;
  #folded: string[] | undefined; // (M)

  constructor(movies: Catalogue) {
    this.#movies = movies;
  }

  /**
   * Movies whose title contains `query`: first those that are it, then those that start with it, then those of which a
   * word starts with it, then the rest; the more often rated first. A year may stand behind the title.
   */
  search(query: string, count: number): Ranked[] {
    const wanted = searchable(query).replace(LEADING_ARTICLE, '');
    if (wanted === '') return [];
    const { ratingCounts } = this.#movies;
    const folded = this.#titles();
    const scores = Float64Array.from(folded, (title, row) => {
      const match = matchClass(title, wanted);
      return match === 0 ? Number.NaN : match * CLASS + ratingCounts[row];
    });
    return Array.from(topK(scores, count), (row) => ({ row, score: scores[row] }));
  }

  #titles(): string[] {
    const { count, years, title } = this.#movies;
    this.#folded ??= Array.from({ length: count }, (_, row) => {
      const folded = searchable(title(row)).replace(LEADING_ARTICLE, '');
      return years[row] === 0 ? folded : `${folded} ${years[row]}`;
    });
    return this.#folded;
  }
}

/** 4 the whole title (with or without year), 3 its start, 2 the start of a word, 1 anywhere, 0 nowhere. */
function matchClass(title: string, wanted: string): number {
  const at = title.indexOf(wanted);
  if (at < 0) return 0;
  if (at === 0) return /^( \d{4})?$/.test(title.slice(wanted.length)) ? 4 : 3;
  return title.includes(` ${wanted}`) ? 2 : 1;
}

/** Letters and digits, single blanks between words: "WALL·E" and "wall-e" are one, "Schindler's" has no gap. */
function searchable(text: string): string {
  return foldTitle(text)
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
