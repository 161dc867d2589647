import type { Catalogue, MovieTable } from '../../shared/model/model.ts';
import type { MovieVectors } from './movie-vectors.ts';

/** Vectors of a version, in the kernel's memory, and of films beside it. */
export class JoinedVectors {
  readonly own: MovieVectors;
  readonly films: MovieTable;
  /** Row of the first film. */
  readonly first: number;

  constructor(own: MovieVectors, films: MovieTable) {
    this.own = own;
    this.films = films;
    this.first = own.catalogue.count;
  }

  /** `MovieVectors.bring` */
  async bring(rows: Iterable<number>): Promise<JoinedVectors> {
    return new JoinedVectors(await this.own.bring(Array.from(rows, (row) => this.#ownRow(row))), this.films);
  }

  take(rows: ArrayLike<number>): MovieTable {
    const places = Array.from(rows).flatMap((row, place) =>
      row < this.first ? [] : { place, film: row - this.first },
    );
    if (places.length === 0) return this.own.take(rows);
    return new JoinedMovies(this.own.take(Array.from(rows, (row) => this.#ownRow(row))), this.films, places);
  }

  ratingEnd(rows: readonly number[]): number {
    return this.own.ratingEnd(rows.filter((row) => row < this.first));
  }

  /** The first one of the version stands in for a film beside it. */
  #ownRow(row: number): number {
    return row < this.first ? row : 0;
  }
}

/** A film's place among rows that were taken. */
interface Place {
  readonly place: number;
  readonly film: number;
}

type Column = Float32Array | Int32Array | Int16Array;

/** Rows of the version, some of which stand for films: their columns are put in when they are first asked for. */
class JoinedMovies implements MovieTable {
  readonly #taken: MovieTable;
  readonly #films: MovieTable;
  readonly #places: readonly Place[];
  readonly #filmAt: ReadonlyMap<number, number>;
  readonly #columns = new Map<string, Column>();

  constructor(taken: MovieTable, films: MovieTable, places: readonly Place[]) {
    this.#taken = taken;
    this.#films = films;
    this.#places = places;
    this.#filmAt = new Map(places.map(({ place, film }) => [place, film]));
  }

  get count() {
    return this.#taken.count;
  }
  get factorCount() {
    return this.#taken.factorCount;
  }
  get relevanceCount() {
    return this.#taken.relevanceCount;
  }
  get scaleCount() {
    return this.#taken.scaleCount;
  }
  get genreNames() {
    return this.#films.genreNames;
  }
  get movieIds() {
    return this.#column('movieIds');
  }
  get years() {
    return this.#column('years');
  }
  get ratingCounts() {
    return this.#column('ratingCounts');
  }
  get ratingMeans() {
    return this.#column('ratingMeans');
  }
  get deviations() {
    return this.#column('deviations');
  }
  get biases() {
    return this.#column('biases');
  }
  get factors() {
    return this.#column('factors');
  }
  get relevance() {
    return this.#column('relevance');
  }
  get history() {
    return this.#column('history');
  }
  get priors() {
    return this.#column('priors');
  }
  get factorVariances() {
    return this.#column('factorVariances');
  }

  title(place: number): string {
    return this.#at(place, (movies, row) => movies.title(row));
  }
  genres(place: number): string[] {
    return this.#at(place, (movies, row) => movies.genres(row));
  }
  hasGenre(place: number, asked: Uint8Array): boolean {
    return this.#at(place, (movies, row) => movies.hasGenre(row, asked));
  }
  rowOf(movieId: number): number {
    return this.movieIds.indexOf(movieId);
  }

  #at<T>(place: number, read: (movies: Catalogue, row: number) => T): T {
    const film = this.#filmAt.get(place);
    return film === undefined ? read(this.#taken, place) : read(this.#films, film);
  }

  #column<N extends keyof MovieTable, C extends MovieTable[N] & Column>(name: N): C {
    const known = this.#columns.get(name);
    if (known) return known as C;
    const column = (this.#taken[name] as C).slice() as C;
    const films = this.#films[name] as C;
    const width = column.length / this.count;
    for (const { place, film } of this.#places)
      column.set(films.subarray(film * width, (film + 1) * width), place * width);
    this.#columns.set(name, column);
    return column;
  }
}
