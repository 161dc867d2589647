import type { ImportedFile, ImportedRating } from './imported-file.ts';
import type { Row } from './row.ts';

/** What a line is: a rating, a film without one, or something that is no film. */
export type ReadLine = Omit<ImportedRating, 'line'> | 'unrated' | 'no film';

/** How a file's columns are read. */
export interface FileLayout {
  readonly format: ImportedFile['format'];
  /** The columns that it has at least; where several are named, one of them. */
  readonly columns: readonly (readonly string[])[];
  read(row: Row): ReadLine;
}

/** IMDb's title types, letters only, that are no films. "TV Mini Series" is none of them: MovieLens has some as films. */
const NO_FILM = /game|episode|podcast|musicvideo|pilot|^tvseries$|^series$/;

export const LAYOUTS: readonly FileLayout[] = [
  {
    format: 'Letterboxd',
    columns: [['Name', 'Title'], ['Year'], ['Letterboxd URI', 'imdbID', 'tmdbID'], ['Rating']],
    read: (row) =>
      named(row, {
        titles: [row.text(row.firstOf('Name', 'Title'))],
        stars: row.stars('Rating', 5),
        timestamp: row.day(row.firstOf('Watched Date', 'Date')),
        // In the diary every entry has an address of its own.
        address: row.has('Watched Date') ? '' : row.text('Letterboxd URI'),
        imdbId: row.siteId('imdbID'),
      }),
  },
  {
    format: 'IMDb',
    columns: [['Const'], ['Your Rating', 'You rated'], ['Title'], ['Year']],
    read: (row) => {
      if (
        NO_FILM.test(
          row
            .text('Title Type')
            .toLowerCase()
            .replace(/[^a-z]/g, ''),
        )
      )
        return 'no film';
      return named(row, {
        titles: [row.text('Title'), row.text('Original Title')],
        stars: row.stars(row.firstOf('Your Rating', 'You rated'), 10),
        timestamp: row.day(row.firstOf('Date Rated', 'Date Added', 'created')),
        address: row.text('Const'),
        imdbId: row.siteId('Const'),
      });
    },
  },
  {
    format: 'MovieLens',
    columns: [['userId'], ['movieId'], ['rating']],
    read: (row) => {
      const stars = row.stars('rating', 5);
      if (stars === null) throw row.bad('rating', '0.5 to 5');
      const ids = { movieId: row.id('movieId'), userId: row.id('userId') };
      return {
        ...ids,
        titles: [],
        year: null,
        stars,
        ...row.time('timestamp'),
        address: '',
        imdbId: null,
        tmdbId: null,
      };
    },
  },
];

interface Named {
  readonly titles: readonly string[];
  readonly stars: number | null;
  readonly timestamp: number | null;
  readonly address: string;
  readonly imdbId: number | null;
}

function named(row: Row, { titles, stars, ...film }: Named): ReadLine {
  if (stars === null) return 'unrated';
  const filled = [...new Set(titles.filter(Boolean))];
  if (filled.length === 0) throw row.bad(row.firstOf('Name', 'Title'), 'the film’s title');
  const year = row.whole('Year', 1800, 2200);
  return { ...film, movieId: null, userId: null, titles: filled, year, stars, tmdbId: row.siteId('tmdbID') };
}
