/** Rows of a file that lie one after the other, the wanted columns decoded. A list is an array, a typed one or not. */
export interface Chunk {
  /** The file's name, and the number of the first row in it, from 0. */
  readonly file: string;
  readonly first: number;
  readonly rows: number;
  readonly columns: Readonly<Record<string, ArrayLike<unknown>>>;
}

/** One file of a table. */
export interface Part {
  readonly columns: readonly string[];
  /** Reads from the start each time, a chunk at a time. */
  chunks(columns: readonly string[]): AsyncGenerator<Omit<Chunk, 'file'>>;
}

/** A table on disk, one file or a folder of parts as Spark writes it. It may be larger than memory. */
export interface Table {
  /** As it was named. */
  readonly path: string;
  readonly columns: readonly string[];
  chunks(columns: readonly string[]): AsyncGenerator<Chunk>;
}
