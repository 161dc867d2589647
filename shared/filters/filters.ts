import { MarqueeError } from '../errors.ts';
import type { Catalogue } from '../model/model.ts';
import { foldTitle } from '../title.ts';

/** What a person does not want to see, or wants only. Every field narrows; absent fields do not. */
export interface MovieFilter {
  /** Terms that must not stand in the title; case and accents do not count. */
  readonly exclude?: readonly string[];
  readonly excludeId?: readonly number[];
  /** At least one of these genres. */
  readonly genre?: readonly string[];
  /** None of these genres. */
  readonly notGenre?: readonly string[];
  /** Inclusive; movies of unknown year pass only when no year is asked for. */
  readonly yearFrom?: number;
  readonly yearTo?: number;
  /** At least so many training ratings. */
  readonly minRatings?: number;
}

/** Bits of the named genres, case-insensitively. Throws `bad-parameter` naming the parameter and the known genres. */
export function genreMask(movies: Catalogue, names: readonly string[], parameter: string): number {
  let mask = 0;
  for (const name of names) {
    const g = movies.genreNames.findIndex((known) => known.toLowerCase() === name.toLowerCase());
    if (g < 0) {
      throw new MarqueeError(
        'bad-parameter',
        `${parameter}: got "${name}", expected one of ${movies.genreNames.join(', ')}`,
        {
          details: { parameter, got: name, expected: movies.genreNames },
        },
      );
    }
    mask |= 1 << g;
  }
  return mask >>> 0;
}

/** A filter as numbers that a scan can test; what is left of it is `accept`. */
export interface Selection {
  /** At least one of these genre bits; 0 asks for none. */
  readonly anyGenre: number;
  /** None of these. */
  readonly noGenre: number;
  /** Inclusive; a year of 0 is unknown, and 0 to `LAST_YEAR` asks for none. */
  readonly yearFrom: number;
  readonly yearTo: number;
  readonly minRatings: number;
  /** Rows that never pass. */
  readonly hidden: readonly number[];
  /** What takes longer: asked last, of rows that pass the rest. */
  readonly accept?: (row: number) => boolean;
}

/** Years are int16. */
export const LAST_YEAR = 32_767;

/** Everything passes. */
export const ANY_MOVIE: Selection = {
  anyGenre: 0,
  noGenre: 0,
  yearFrom: 0,
  yearTo: LAST_YEAR,
  minRatings: 0,
  hidden: [],
};

/** @param hidden rows that never pass: what the user rated already */
export function selectionOf(movies: Catalogue, filter: MovieFilter, hidden: Iterable<number> = []): Selection {
  const { yearFrom, yearTo, minRatings = 0 } = filter;
  const asksYear = yearFrom !== undefined || yearTo !== undefined;
  const terms = (filter.exclude ?? []).map((term) => foldTitle(term)).filter((term) => term !== '');
  const excluded = (filter.excludeId ?? []).map((movieId) => movies.rowOf(movieId));
  return {
    anyGenre: genreMask(movies, filter.genre ?? [], 'genre'),
    noGenre: genreMask(movies, filter.notGenre ?? [], 'notGenre'),
    yearFrom: asksYear ? Math.max(1, yearFrom ?? 1) : 0,
    yearTo: yearTo ?? LAST_YEAR,
    minRatings,
    hidden: [...hidden, ...excluded.filter((row) => row >= 0)],
    ...(terms.length > 0 && {
      accept: (row: number) => {
        const title = foldTitle(movies.title(row));
        return !terms.some((term) => title.includes(term));
      },
    }),
  };
}

/** A selection as a test of rows. Cheap tests come first: hand it to `topK`, which asks only about rows that matter. */
export function rowTest({ genreBits, years, ratingCounts }: Catalogue, selection: Selection): (row: number) => boolean {
  const { anyGenre, noGenre, yearFrom, yearTo, minRatings, accept } = selection;
  const hidden = new Set(selection.hidden);
  return (row) => {
    if (hidden.has(row)) return false;
    const bits = genreBits[row];
    if (anyGenre !== 0 && (bits & anyGenre) === 0) return false;
    if ((bits & noGenre) !== 0) return false;
    if (years[row] < yearFrom || years[row] > yearTo) return false;
    if (ratingCounts[row] < minRatings) return false;
    return accept === undefined || accept(row);
  };
}

/** A filter as a test of rows. */
export function rowFilter(movies: Catalogue, filter: MovieFilter, hidden?: Iterable<number>): (row: number) => boolean {
  return rowTest(movies, selectionOf(movies, filter, hidden));
}
