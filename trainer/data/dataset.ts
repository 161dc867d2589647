/** A movie as a data set's movie file describes it. */
export interface Movie {
  readonly movieId: number;
  /** Without the year: "Matrix, The", as MovieLens writes it. */
  readonly title: string;
  readonly year: number | null;
  readonly genres: readonly string[];
  /** Their numbers at IMDb and TMDB, where `links.csv` of the data set names them. */
  readonly imdbId?: number;
  readonly tmdbId?: number;
  /** In a catalogue of one's own. */
  readonly own?: OwnFields;
}

/** What a catalogue of one's own says of a film besides. */
export interface OwnFields {
  /** The film's id there. */
  readonly id: string;
  readonly language?: string;
  readonly poster?: string;
  readonly url?: string;
  /** Absent: it may be listed. */
  readonly available?: false;
}

/** N (user, movie) pairs as parallel columns, in the order of their file, repeated pairs included. */
export interface Pairs {
  readonly count: number; // N
  readonly userIds: Int32Array; // (N)
  readonly movieIds: Int32Array; // (N)
}

/**
 * N ratings as parallel columns, in the order of their file. Ids are the data set's own, never rows. No two ratings have the
 * same (user, movie).
 */
export interface Ratings extends Pairs {
  readonly stars: Float32Array; // (N)
  /** Seconds since the epoch; 0 where the source has none. */
  readonly timestamps: Float64Array; // (N)
}

export interface Dataset {
  /** What `--data` named: a known set's name, or the base name of the folder or file. */
  readonly name: string;
  readonly ratings: Ratings;
  /** Movies of the movie file by id. Rated movies that the file lacks are absent. */
  readonly movies: ReadonlyMap<number, Movie>;
  /**
   * SHA-256 (hex) of the rating columns without duplicates, sorted by (user, movie), so that two copies of one set agree
   * whatever their layout and order. `digest.ts` says which bytes.
   */
  readonly sha256: string;
}
