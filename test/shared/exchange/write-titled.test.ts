import { describe, expect, it } from 'vitest';
import { linksOf } from '../../../shared/exchange/links.ts';
import { readImport } from '../../../shared/exchange/read-file.ts';
import { resolveImport } from '../../../shared/exchange/resolve.ts';
import { writeList, writeRated } from '../../../shared/exchange/write-titled.ts';
import { movieTable } from '../../fixtures/model.ts';

const FILMS: readonly [title: string, year: number][] = [
  ['Matrix, The', 1999],
  ['Hate (Haine, La)', 1995],
  ['Hamlet', 1996],
  ['Hamlet', 1996],
  ['=2+2', 2001],
  ['-30-', 1959],
  ['Cook, the "Thief", His Wife', 1989],
  ['@home', 0],
];
const movies = movieTable(
  FILMS.map(([title]) => title),
  { years: Int16Array.from(FILMS, ([, year]) => year) },
);
/** The same movies with what IMDb and TMDB call the first two. */
const linked = {
  ...movies,
  links: {
    imdbIds: Int32Array.of(133093, 113247, 0, 0, 0, 0, 0, 0),
    tmdbIds: Int32Array.of(603, 406, 0, 0, 0, 0, 0, 0),
  },
};
const DAY = Date.UTC(2024, 4, 31) / 1000;
const ratings = FILMS.map((_, j) => ({ movieId: 10 * (j + 1), rating: (j + 1) / 2, timestamp: DAY + j }));
const NOW = DAY + 86_400;

describe('ratings with titles', () => {
  it('have the columns that Letterboxd imports', () => {
    const [header, ...lines] = writeRated(ratings, 'letterboxd', linked).split('\n');
    expect(header).toBe('Title,Year,imdbID,tmdbID,Rating,WatchedDate,movieId');
    expect(lines.slice(0, 2)).toEqual([
      'The Matrix,1999,tt0133093,603,0.5,2024-05-31,10',
      'Hate,1995,tt0113247,406,1,2024-05-31,20',
    ]);
  });

  it('have the columns and the ten points of IMDb', () => {
    const [header, , second] = writeRated(ratings, 'imdb', linked).split('\n');
    expect(header).toBe('Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,Year,Genres,movieId');
    expect(second).toMatch(
      /^tt0113247,2,2024-05-31,Hate,La Haine,https:\/\/www.imdb.com\/title\/tt0113247,Movie,1995,.*,20$/,
    );
  });

  it.each(['letterboxd', 'imdb'] as const)('as %s come back the same, to the day, films of one title too', (site) => {
    const text = writeRated(ratings, site, movies);
    const again = resolveImport(readImport(text), movies, 1, NOW);
    expect(again.ratings).toEqual(ratings.map((rating) => ({ ...rating, timestamp: DAY })));
    expect([again.ambiguous, again.unmatched]).toEqual([[], []]);
  });

  it('leave a day blank that is not known, and films out that the model does not know', () => {
    const some = [
      { movieId: 10, rating: 4, timestamp: null },
      { movieId: 999, rating: 4, timestamp: DAY },
    ];
    expect(writeRated(some, 'letterboxd', movies).split('\n')).toEqual([
      'Title,Year,imdbID,tmdbID,Rating,WatchedDate,movieId',
      'The Matrix,1999,,,4,,10',
      '',
    ]);
  });

  it('hold no formula, and quote what has quotes and commas', () => {
    const text = writeRated(ratings, 'letterboxd', movies);
    expect(text).toContain("\n'=2+2,2001");
    expect(text).toContain("\n'-30-,1959");
    expect(text).toContain("\n'@home,,");
    expect(text).toContain('\n"Cook, the ""Thief"", His Wife",1989');
  });

  it('an id beside another title is no film of that id', () => {
    const text = 'Title,Year,Rating,WatchedDate,movieId\nHamlet,1996,4,,10\nAlien,1979,3,,20\n';
    const { ratings, ambiguous, unmatched } = resolveImport(readImport(text), movies, 1, NOW);
    expect(ratings).toEqual([]);
    expect([ambiguous.length, unmatched.length]).toEqual([1, 1]);
  });
});

describe('a catalogue with links', () => {
  it('finds films by IMDb’s and TMDB’s ids, whatever they are called there', () => {
    const file = 'Title,Year,Rating,imdbID,tmdbID\nMátrix,2000,4,tt0133093,\nAnother,1950,3,,406\n';
    const { ratings } = resolveImport(readImport(file), movies, 1, NOW, linksOf(linked));
    expect(ratings.map(({ movieId }) => movieId)).toEqual([10, 20]);
    expect(linksOf(movies)).toBeUndefined();
  });
});

describe('a list', () => {
  it('has films in their order, and is a watchlist where it is read under that name', () => {
    const text = writeList([20, 10], linked);
    expect(text).toBe(
      'Title,Year,imdbID,tmdbID,movieId\nHate,1995,tt0113247,406,20\nThe Matrix,1999,tt0133093,603,10\n',
    );
    const { marks } = resolveImport(readImport(text, 'watchlist.csv'), movies, 1, NOW);
    expect(marks.map(({ movieId }) => movieId)).toEqual([20, 10]);
  });
});
