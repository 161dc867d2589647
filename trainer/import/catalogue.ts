import { basename, resolve } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';
import type { Movie } from '../data/dataset.ts';
import { locateDataset } from '../data/locate.ts';
import { firstOf, kindOf, MOVIE_FILES } from '../data/movielens/find.ts';
import { withLinks } from '../data/movielens/links.ts';
import { readMovies } from '../data/movielens/movies.ts';
import type { OnNote } from '../data/movielens/ratings.ts';

/**
 * Reads the films of a known data set, of a folder with a movie file, or of the movie file that `spec` names.
 *
 * @throws `unknown-dataset`, `bad-data`, `bad-row`
 */
export async function loadCatalogue(
  spec: string,
  onNote?: OnNote,
): Promise<{ readonly name: string; readonly catalogue: ReadonlyMap<number, Movie> }> {
  const { name, path } = await locateDataset(spec, { onNote });
  const file = (await kindOf(path)) === 'file' ? path : await firstOf(path, MOVIE_FILES);
  if (file === null) {
    throw new MarqueeError('bad-data', `${path}: no movie file, looked for ${MOVIE_FILES.join(', ')} (plain or .gz)`, {
      fix: 'Name a folder that holds one, or the movie file itself.',
    });
  }
  const catalogue = await withLinks(await readMovies(file), file, onNote);
  return { name: file === path ? basename(resolve(path, '..')) : name, catalogue };
}
