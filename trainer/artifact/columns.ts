import type {
  FilmLinkColumns,
  HistoryWeights,
  MovieKinds,
  MovieTable,
  NewcomerShares,
  Trend,
} from '../../shared/model/model.ts';

/**
 * The M movies of a trained model, rows ascending by movieId: the numeric columns of `MovieTable`, and texts that are not
 * encoded yet. A year of 0 is null in the file.
 */
export interface MovieColumns
  extends Pick<
    MovieTable,
    | 'movieIds'
    | 'years'
    | 'ratingCounts'
    | 'ratingMeans'
    | 'biases'
    | 'factors'
    | 'relevance'
    | 'history'
    | 'priors'
    | 'factorVariances'
  > {
  readonly titles: readonly string[]; // (M)
  readonly genres: readonly (readonly string[])[]; // (M)
  /** Absent where no movie has one. */
  readonly links?: FilmLinkColumns;
  /** Absent where no movie is of a catalogue of one's own. */
  readonly ownColumns?: OwnColumns;
}

/** Of these what is no vector. */
export interface CatalogueColumns
  extends Omit<MovieColumns, 'factors' | 'relevance' | 'history' | 'priors' | 'factorVariances'> {
  /** All genres that may be asked for, where the movies are some of a catalogue. */
  readonly genreNames?: readonly string[];
}

/** What a catalogue of one's own says of the M movies besides; empty where it says nothing. */
export interface OwnColumns {
  readonly ids: readonly string[]; // (M)
  readonly languages: readonly string[]; // (M)
  readonly posters: readonly string[]; // (M)
  readonly urls: readonly string[]; // (M)
  readonly available: Uint8Array; // (M), 0 or 1
}

/** The U users of a trained model, rows ascending by userId, with their N training ratings, oldest first. */
export interface UserColumns {
  readonly userIds: Int32Array; // (U)
  readonly biases: Float32Array; // (U)
  readonly factors: Float32Array; // (U, K)
  readonly relevance: Float32Array; // (U, E)
  readonly ratedOffsets: Int32Array; // (U + 1)
  readonly ratedMovieIds: Int32Array; // (N)
  readonly ratedHalfStars: Uint8Array; // (N)
  readonly ratedTimes?: Uint32Array; // (N) seconds since 1970, 0 where not known
}

export interface PosteriorColumns {
  readonly scalars: Readonly<Record<string, number>>;
  readonly history: readonly HistoryWeights[]; // (S)
  readonly precision: Float64Array; // (D, D)
  readonly constants: Float64Array; // (3, D)
  readonly base: Float32Array; // (E)
  readonly newcomer: Float32Array; // (E + 1, E)
  readonly newcomerShares?: NewcomerShares;
  readonly trend?: Trend;
  readonly newMovie: Float64Array; // (D)
  readonly movieKinds?: MovieKinds;
  readonly seen?: {
    readonly movieIds: Int32Array; // (C)
    readonly factors: Float32Array; // (C, R)
    readonly noise: Float32Array; // (C)
  };
}

/** The columns of serving.arrow (`shared/artifact/schema.ts`). */
export type ServingColumns = Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>;
