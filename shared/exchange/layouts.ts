import { plainText } from './csv.ts';
import type { ImportedFile, ImportedFilm, ImportedMark, ImportedRating } from './imported-file.ts';
import type { Row } from './row.ts';

type Placeless<T> = Omit<T, 'file' | 'line'>;

/** What a line is: a rating, a film without one, one that nothing is said of, or something that is no film. */
export type ReadLine = Placeless<ImportedRating> | Placeless<ImportedMark> | 'unrated' | 'no film';

/** How a file's columns are read. */
export interface FileLayout {
  readonly format: ImportedFile['format'];
  /** The columns that it has at least; where several are named, one of them. */
  readonly columns: readonly (readonly string[])[];
  /** @param mark what a line without stars says, by the name of its file; null where the name says nothing */
  read(row: Row, mark: ImportedMark['mark'] | null): ReadLine;
}

/** What a list of films without stars is, by the name of its file. */
export function markOfName(name: string): ImportedMark['mark'] | null {
  const lower = name.toLowerCase();
  if (lower.includes('watchlist')) return 'watchlist';
  return /watched|films|likes/.test(lower) ? 'seen' : null;
}

/** IMDb's title types, letters only, that are no films. "TV Mini Series" is none of them: MovieLens has some as films. */
const NO_FILM = /game|episode|podcast|musicvideo|pilot|^tvseries$|^series$/;

const LETTERBOXD = [['Name', 'Title'], ['Year'], ['Letterboxd URI', 'imdbID', 'tmdbID', 'Watched Date', 'movieId']];

function letterboxdFilm(row: Row): Film {
  return {
    titles: [row.text(row.firstOf('Name', 'Title'))],
    timestamp: row.day(row.firstOf('Watched Date', 'Date')),
    // In the diary every entry has an address of its own.
    address: row.has('Watched Date') ? '' : row.text('Letterboxd URI'),
    imdbId: row.siteId('imdbID'),
  };
}

export const LAYOUTS: readonly FileLayout[] = [
  {
    format: 'Letterboxd',
    columns: [...LETTERBOXD, ['Rating']],
    read: (row, mark) => {
      const isWatched = row.text('Watched Date') !== '';
      return named(row, letterboxdFilm(row), row.stars('Rating', 5), isWatched ? 'seen' : mark);
    },
  },
  {
    format: 'IMDb',
    columns: [['Const'], ['Your Rating', 'You rated'], ['Title'], ['Year']],
    read: (row, mark) => {
      if (NO_FILM.test(lettersOf(row.text('Title Type')))) return 'no film';
      const film = {
        titles: [row.text('Title'), row.text('Original Title')],
        timestamp: row.day(row.firstOf('Date Rated', 'Date Added', 'created')),
        address: row.text('Const'),
        imdbId: row.siteId('Const'),
      };
      return named(row, film, row.stars(row.firstOf('Your Rating', 'You rated'), 10), mark);
    },
  },
  {
    format: 'MovieLens',
    columns: [['userId'], ['movieId'], ['rating']],
    read: (row) => {
      const stars = row.stars('rating', 5);
      if (stars === null) throw row.bad('rating', '0.5 to 5');
      const ids = { movieId: row.id('movieId'), userId: row.id('userId') };
      const nameless = { titles: [], year: null, address: '', imdbId: null, tmdbId: null, hint: null };
      return { ...ids, ...nameless, stars, ...row.time('timestamp') };
    },
  },
  {
    format: 'Letterboxd',
    columns: LETTERBOXD,
    read: (row, mark) => named(row, letterboxdFilm(row), null, mark),
  },
];

type Film = Pick<ImportedFilm, 'titles' | 'timestamp' | 'address' | 'imdbId'>;

function named(row: Row, { titles, ...film }: Film, stars: number | null, mark: ImportedMark['mark'] | null): ReadLine {
  if (stars === null && mark === null) return 'unrated';
  const filled = [...new Set(titles.map(plainText).filter(Boolean))];
  if (filled.length === 0) throw row.bad(row.firstOf('Name', 'Title'), 'the film’s title');
  const year = row.whole('Year', 1800, 2200);
  const ids = { movieId: null, userId: null, tmdbId: row.siteId('tmdbID'), hint: row.siteId('movieId') };
  const read = { ...film, ...ids, titles: filled, year };
  return stars === null ? { ...read, mark: mark! } : { ...read, stars };
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '');
}
