import { MarqueeError } from '../../shared/errors.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import type { ServedVersion } from '../version/served-version.ts';

/** Throws `unknown-movie` for a movie that none of these catalogues has. */
export function requireMovie(catalogues: readonly Pick<Catalogue, 'rowOf'>[], movieId: number): void {
  if (catalogues.every(({ rowOf }) => rowOf(movieId) < 0)) throw unknownMovie(movieId);
}

/** The row of a movie. Throws `unknown-movie`. */
export function rowOf(movies: Pick<Catalogue, 'rowOf'>, movieId: number): number {
  const row = movies.rowOf(movieId);
  if (row >= 0) return row;
  throw unknownMovie(movieId);
}

function unknownMovie(movieId: number): MarqueeError {
  return new MarqueeError('unknown-movie', `the model has no movie ${movieId}`, {
    fix: 'GET /movies?q= finds movies by title.',
    details: { movieId },
  });
}

/** The row of a movie that may be shown. Throws `unknown-movie`, also for a hidden one. */
export function listedRowOf(served: ServedVersion, movieId: number): number {
  const { model, hidden } = served;
  const row = model.movies.rowOf(movieId);
  if (row >= 0 && !hidden.has(row)) return row;
  throw unknownMovie(movieId);
}

/**
 * Throws `unknown-movie`, which names the first element of a batch that the model lacks.
 *
 * @param path of the batch in the body
 */
export function requireKnown(
  movies: Pick<Catalogue, 'rowOf'> | readonly Pick<Catalogue, 'rowOf'>[],
  ratings: readonly { readonly movieId: number }[],
  path: string = 'ratings',
): void {
  const catalogues = [movies].flat();
  const index = ratings.findIndex(({ movieId }) => catalogues.every(({ rowOf }) => rowOf(movieId) < 0));
  if (index < 0) return;
  const { movieId } = ratings[index];
  throw new MarqueeError('unknown-movie', `${path}.${index}.movieId: the model has no movie ${movieId}`, {
    fix: 'GET /movies?q= finds movies by title. Nothing of this request was stored.',
    details: { movieId, index },
  });
}
