import type { Catalogue } from '../../shared/model/model.ts';

/**
 * Rows of movies that nobody is shown: those that an operator hides, those that a catalogue of one's own calls
 * unavailable, and those that an earlier release trained on without knowing a title, "Movie 4711". Where all movies
 * have only ids, because there is no film file, ids are titles.
 */
export function hiddenRows(movies: Catalogue, movieIds: Iterable<number>): Set<number> {
  const hidden = Array.from(movieIds, (movieId) => movies.rowOf(movieId)).filter((row) => row >= 0);
  return new Set([...hidden, ...unavailableRows(movies), ...untitledRows(movies)]);
}

function unavailableRows({ count, own }: Catalogue): number[] {
  if (!own) return [];
  return Array.from({ length: count }, (_, row) => row).filter((row) => own.available[row] === 0);
}

function untitledRows({ count, movieIds, years, genres, title }: Catalogue): number[] {
  const rows: number[] = [];
  for (let row = 0; row < count; row++) {
    // Decoding a title takes long; such a movie has neither year nor genre.
    if (years[row] === 0 && genres(row).length === 0 && title(row) === `Movie ${movieIds[row]}`) rows.push(row);
  }
  return rows.length < count ? rows : [];
}
