/** One rating of a file, as the file identifies the film. */
export interface ImportedRating {
  /** Of the file, from 1. */
  readonly line: number;
  /** The data set's id, where the file has it. */
  readonly movieId: number | null;
  /** The film's titles; empty where the file only has ids. */
  readonly titles: readonly string[];
  readonly year: number | null;
  /** The film's address at the site that the file is from, IMDb's id or Letterboxd's URI; '' where the file has none. */
  readonly address: string;
  /** The film's ids at IMDb and TMDB, where the file has them. */
  readonly imdbId: number | null;
  readonly tmdbId: number | null;
  /** 0.5 to 5. */
  readonly stars: number;
  /** Whole seconds since 1970; null where the file does not say. */
  readonly timestamp: number | null;
  /** The file has the time in milliseconds or microseconds. */
  readonly converted?: boolean;
  /** Whose rating it is, in files of several users. */
  readonly userId: number | null;
}

export interface ImportedFile {
  readonly format: 'Letterboxd' | 'IMDb' | 'MovieLens';
  readonly ratings: readonly ImportedRating[];
  /** Lines without a rating: films only watched or listed. */
  readonly unrated: number;
  /** Lines of what is no film: IMDb's games, series, episodes and podcasts. */
  readonly notFilms: number;
}
