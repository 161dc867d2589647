import { MarqueeError } from './errors.ts';
import type { MovieTable } from './model.ts';
import { foldTitle } from './title.ts';

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
export function genreMask(movies: MovieTable, names: readonly string[], parameter: string): number {
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

/**
 * Turns a filter into a test of rows. Cheap tests come first; titles are decoded last, so hand the result to
 * `topK`, which asks only about rows that matter.
 *
 * @param hidden rows that never pass: what the user rated already
 */
export function rowFilter(
  movies: MovieTable,
  filter: MovieFilter,
  hidden?: Iterable<number>,
): (row: number) => boolean {
  const any = genreMask(movies, filter.genre ?? [], 'genre');
  const none = genreMask(movies, filter.notGenre ?? [], 'notGenre');
  const { yearFrom = -Infinity, yearTo = Infinity, minRatings = 0 } = filter;
  const asksYear = filter.yearFrom !== undefined || filter.yearTo !== undefined;
  const blocked = new Set<number>(hidden);
  for (const movieId of filter.excludeId ?? []) blocked.add(movies.rowOf(movieId));
  const terms = (filter.exclude ?? []).map((term) => foldTitle(term)).filter((term) => term !== '');
  const { genreBits, years, ratingCounts } = movies;
  return (row) => {
    if (blocked.has(row)) return false;
    const bits = genreBits[row];
    if (any !== 0 && (bits & any) === 0) return false;
    if ((bits & none) !== 0) return false;
    if (asksYear && (years[row] === 0 || years[row] < yearFrom || years[row] > yearTo)) return false;
    if (ratingCounts[row] < minRatings) return false;
    if (terms.length > 0) {
      const title = foldTitle(movies.title(row));
      if (terms.some((term) => title.includes(term))) return false;
    }
    return true;
  };
}
