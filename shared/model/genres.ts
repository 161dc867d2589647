import type { Catalogue } from './model.ts';

/**
 * The genres of movies as a catalogue has them, from a list column of numbers: a row has names[codes[i]] for every i from
 * offsets[row] up to offsets[row + 1]. Nothing is copied.
 */
export function genreLists(
  names: readonly string[],
  offsets: ArrayLike<number>,
  codes: ArrayLike<number>,
): Pick<Catalogue, 'genreNames' | 'genres' | 'hasGenre'> {
  return {
    genreNames: names,
    genres: (row) => Array.from({ length: offsets[row + 1] - offsets[row] }, (_, n) => names[codes[offsets[row] + n]]),
    hasGenre(row, asked) {
      for (let i = offsets[row]; i < offsets[row + 1]; i++) if (asked[codes[i]] === 1) return true;
      return false;
    },
  };
}
