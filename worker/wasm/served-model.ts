import type { Catalogue, Model } from '../../shared/model/model.ts';
import type { JoinedVectors } from './joined-vectors.ts';
import type { MovieVectors } from './movie-vectors.ts';

/** A version in memory, perhaps with films beside it: vectors are copied out for a few movies at a time. */
export interface ServedModel extends Omit<Model, 'movies'> {
  readonly movies: Catalogue;
  readonly vectors: MovieVectors | JoinedVectors;
}

/** A version alone: its vectors lie in the kernel's memory. */
export interface OwnModel extends ServedModel {
  readonly vectors: MovieVectors;
}

/**
 * Some movies of a version, to work something out of their vectors. They are numbered by place: what takes a row of
 * `model.movies` takes a place here, and the row of the catalogue at place i is `rows[i]`.
 */
export class Excerpt {
  readonly model: Model;
  readonly rows: Int32Array;
  #places: Map<number, number> | undefined;

  constructor({ vectors, ...model }: ServedModel, rows: ArrayLike<number>) {
    this.rows = new Int32Array(rows);
    this.model = { ...model, movies: vectors.take(this.rows) };
  }

  /** The place of a row of the catalogue, −1 when the excerpt lacks it. */
  placeOf(row: number): number {
    this.#places ??= new Map(Array.from(this.rows, (row, place) => [row, place]));
    return this.#places.get(row) ?? -1;
  }
}
