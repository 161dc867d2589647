import type { Catalogue, MovieTable } from '../../shared/model/model.ts';
import type { SourceName, VectorSource, VectorSources } from './vector-sources.ts';

/** Where the rows are taken from (`MovieVectors`). */
interface Vectors {
  readonly catalogue: Catalogue;
  readonly sources: VectorSources;
  copyOf(source: VectorSource, rows: Int32Array): Float32Array;
}

/** Columns of the catalogue. */
type ColumnName = 'movieIds' | 'years' | 'ratingCounts' | 'ratingMeans' | 'biases';

/** Some rows of a version. Columns are copied when they are first asked for: a prediction wants few of them. */
export class TakenMovies implements MovieTable {
  readonly count: number;
  readonly factorCount: number;
  readonly relevanceCount: number;
  readonly scaleCount: number;
  readonly genreNames: readonly string[];
  readonly #vectors: Vectors;
  readonly #rows: Int32Array;
  readonly #columns: { -readonly [C in keyof MovieTable]?: MovieTable[C] } = {};

  constructor(vectors: Vectors, rows: Int32Array) {
    this.count = rows.length;
    this.factorCount = vectors.catalogue.factorCount;
    this.relevanceCount = vectors.catalogue.relevanceCount;
    this.scaleCount = vectors.catalogue.scaleCount;
    this.genreNames = vectors.catalogue.genreNames;
    this.#vectors = vectors;
    this.#rows = rows;
  }

  get movieIds() {
    return this.#picked('movieIds');
  }
  get years() {
    return this.#picked('years');
  }
  get ratingCounts() {
    return this.#picked('ratingCounts');
  }
  get ratingMeans() {
    return this.#picked('ratingMeans');
  }
  get biases() {
    return this.#picked('biases');
  }
  get deviations() {
    return this.#copied('deviations');
  }
  get factors() {
    return this.#copied('factors');
  }
  get relevance() {
    return this.#copied('relevance');
  }
  get history() {
    return this.#copied('history');
  }
  get priors() {
    return this.#copied('priors');
  }
  get factorVariances() {
    return this.#copied('factorVariances');
  }

  title(i: number): string {
    return this.#vectors.catalogue.title(this.#rows[i]);
  }
  genres(i: number): string[] {
    return this.#vectors.catalogue.genres(this.#rows[i]);
  }
  hasGenre(i: number, asked: Uint8Array): boolean {
    return this.#vectors.catalogue.hasGenre(this.#rows[i], asked);
  }
  rowOf(movieId: number): number {
    return this.movieIds.indexOf(movieId);
  }

  #picked<N extends ColumnName>(name: N): MovieTable[N] {
    this.#columns[name] ??= picked<MovieTable[ColumnName]>(this.#vectors.catalogue[name], this.#rows) as MovieTable[N];
    return this.#columns[name] as MovieTable[N];
  }

  #copied(name: SourceName): Float32Array {
    this.#columns[name] ??= this.#vectors.copyOf(this.#vectors.sources[name], this.#rows);
    return this.#columns[name];
  }
}

/** The numbers of a column at the given rows. */
function picked<T extends Float32Array | Int32Array | Int16Array | Uint32Array>(column: T, rows: Int32Array): T {
  const out = new (column.constructor as new (length: number) => T)(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = column[rows[i]];
  return out;
}
