import type { Catalogue, Model } from '../../shared/model/model.ts';
import type { MovieVectors } from './movie-vectors.ts';

/** A version in memory: its vectors lie in the kernel's memory and are copied out for a few movies at a time. */
export interface ServedModel extends Omit<Model, 'movies'> {
  readonly movies: Catalogue;
  readonly vectors: MovieVectors;
}

/** The model of the given movies alone: row i of its table is `rows[i]`. */
export function modelOf({ vectors, ...model }: ServedModel, rows: ArrayLike<number>): Model {
  return { ...model, movies: vectors.take(rows) };
}
