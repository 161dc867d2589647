/** A film as a line of a file names it. */
export interface ImportedFilm {
  /** The file in a ZIP of several; '' elsewhere. */
  readonly file: string;
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
  /** An id beside title and year, as Marquee's exports have it: tells films of one title and year apart. */
  readonly hint: number | null;
  /** Whole seconds since 1970; null where the file does not say. */
  readonly timestamp: number | null;
  /** The file has the time in milliseconds or microseconds. */
  readonly converted?: boolean;
  /** Whose line it is, in files of several users. */
  readonly userId: number | null;
}

export interface ImportedRating extends ImportedFilm {
  /** 0.5 to 5. */
  readonly stars: number;
}

/** A film without stars: one that was watched or liked, or one that is wanted. Nobody's stars are invented. */
export interface ImportedMark extends ImportedFilm {
  readonly mark: 'seen' | 'watchlist';
}

/** What one file of an export gave. */
export interface ImportedPart {
  readonly name: string;
  readonly ratings: number;
  /** Films watched or liked, without stars. */
  readonly seen: number;
  readonly watchlist: number;
}

export interface ImportedFile {
  readonly format: 'Letterboxd' | 'IMDb' | 'MovieLens' | 'Trakt' | 'Simkl';
  readonly ratings: readonly ImportedRating[];
  readonly marks: readonly ImportedMark[];
  /** Lines that say nothing of their film: neither stars nor that it was watched or is wanted. */
  readonly unrated: number;
  /** Lines of what is no film: IMDb's games, series, episodes and podcasts. */
  readonly notFilms: number;
  /** A part for each file that was read. */
  readonly parts: readonly ImportedPart[];
}
