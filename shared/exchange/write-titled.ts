import type { Catalogue } from '../model/model.ts';
import { titlesIn } from '../title.ts';
import { csvLine } from './csv.ts';
import type { LinkedMovies } from './links.ts';

/** A rating to be written with the title of its film. Seconds since the epoch, null where the time is not known. */
interface TitledRating {
  readonly movieId: number;
  readonly rating: number;
  readonly timestamp: number | null;
}

/** The sites for which ratings are written with titles. */
export type Site = 'letterboxd' | 'imdb';

/** Where the films' names and ids come from. */
type Movies = Pick<Catalogue, 'rowOf' | 'title' | 'years' | 'genres'> & Pick<LinkedMovies, 'links'>;

interface Film {
  readonly movieId: number;
  readonly title: string;
  readonly originalTitle: string | null;
  readonly year: number | null;
  readonly genres: string;
  readonly imdbId: string | null;
  readonly tmdbId: number | null;
}

/** A column: its name, and what it holds of a film and its rating. */
type Columns<T> = Readonly<Record<string, (film: Film & T) => string | number | null>>;

const NAMED: Columns<unknown> = {
  Title: ({ title }) => title,
  Year: ({ year }) => year,
  imdbID: ({ imdbId }) => imdbId,
  tmdbID: ({ tmdbId }) => tmdbId,
};

/** Tells films of one title and year apart where Marquee reads the file again; the sites leave the column out. */
const HINT: Columns<unknown> = { movieId: ({ movieId }) => movieId };

const RATED: Readonly<Record<Site, Columns<TitledRating>>> = {
  // Letterboxd's import takes these names: letterboxd.com/about/importing-data.
  letterboxd: {
    ...NAMED,
    Rating: ({ rating }) => rating,
    WatchedDate: ({ timestamp }) => dayOf(timestamp),
    ...HINT,
  },
  // As IMDb's own export of ratings has them.
  imdb: {
    Const: ({ imdbId }) => imdbId,
    'Your Rating': ({ rating }) => 2 * rating,
    'Date Rated': ({ timestamp }) => dayOf(timestamp),
    Title: ({ title }) => title,
    'Original Title': ({ originalTitle }) => originalTitle,
    URL: ({ imdbId }) => (imdbId === null ? null : `https://www.imdb.com/title/${imdbId}`),
    'Title Type': () => 'Movie',
    Year: ({ year }) => year,
    Genres: ({ genres }) => genres,
    ...HINT,
  },
};

/** Ratings with titles, years and, where links are known, ids. Films that the model does not know are left out. */
export function writeRated(ratings: readonly TitledRating[], site: Site, movies: Movies): string {
  const rows = ratings.flatMap((rating) => {
    const film = filmOf(rating.movieId, movies);
    return film ? [{ ...film, ...rating }] : [];
  });
  return table(RATED[site], rows);
}

/** Films in their order, as Letterboxd imports a list. */
export function writeList(movieIds: readonly number[], movies: Movies): string {
  return table(
    { ...NAMED, ...HINT },
    movieIds.flatMap((movieId) => filmOf(movieId, movies) ?? []),
  );
}

function table<T>(columns: Columns<T>, rows: readonly (Film & T)[]): string {
  const cells = Object.values(columns);
  return csvLine(Object.keys(columns)) + rows.map((row) => csvLine(cells.map((cell) => cell(row)))).join('');
}

function filmOf(movieId: number, movies: Movies): Film | null {
  const row = movies.rowOf(movieId);
  if (row < 0) return null;
  const [title, original = null] = titlesIn(movies.title(row));
  return {
    movieId,
    title,
    originalTitle: original,
    year: movies.years[row] || null,
    genres: movies.genres(row).sort().join(', '),
    imdbId: imdbText(movies.links?.imdbIds[row]),
    tmdbId: movies.links?.tmdbIds[row] || null,
  };
}

/** IMDb writes at least seven digits. */
function imdbText(imdbId: number | undefined): string | null {
  return !imdbId ? null : `tt${String(imdbId).padStart(7, '0')}`;
}

/** The day (UTC) of a time, as both sites write it. */
function dayOf(timestamp: number | null): string | null {
  return timestamp === null ? null : new Date(timestamp * 1000).toISOString().slice(0, 10);
}
