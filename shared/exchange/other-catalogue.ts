import type { ImportedFile } from './imported-file.ts';
import { wholeTitles } from './title-key.ts';

/** Films of a data set by their ids, as it writes their titles. */
type FilmNames = ReadonlyMap<number, { readonly title: string; readonly year: number | null }>;

/**
 * A file whose ids are another data set's, as a file that names films by that set's titles and years: its ids mean nothing
 * here. A film that the set does not name keeps its id as a title, which no film has.
 */
export function namedBy(films: FilmNames, file: ImportedFile): ImportedFile {
  const ratings = file.ratings.map((rating) => {
    const { movieId } = rating;
    if (movieId === null) return rating;
    const film = films.get(movieId);
    const titles = film ? wholeTitles(film.title) : [`id ${movieId}`];
    return { ...rating, movieId: null, titles, year: film?.year ?? null, address: `id ${movieId}` };
  });
  return { ...file, ratings };
}
