import { describe, expect, it } from 'vitest';
import { TitleMatcher } from '../../../shared/exchange/match-titles.ts';
import { readImport } from '../../../shared/exchange/read-file.ts';
import { needsTitles, resolveImport } from '../../../shared/exchange/resolve.ts';
import { writeExport } from '../../../shared/exchange/write-file.ts';
import { movieTable } from '../../fixtures/model.ts';

const FILMS: readonly [title: string, year: number][] = [
  ['Matrix, The', 1999],
  ['Seven (a.k.a. Se7en)', 1995],
  ['Postman, The (Postino, Il)', 1994],
  ['Postman, The', 1997],
  ['Amélie (Fabuleux destin d’Amélie Poulain, Le)', 2001],
  ['Hamlet', 1990],
  ['Hamlet', 1996],
  ['Hamlet', 1996],
  ['WALL·E', 2008],
  ['Léon: The Professional (a.k.a. The Professional) (Léon)', 1994],
  ['Fast & Furious', 2009],
  ['M', 1931],
  ['Lost Film', 0],
  ['Star Wars: Episode IV - A New Hope', 1977],
  ['Star Wars: Episode V - The Empire Strikes Back', 1980],
  ['Matrix Loaded Again, The', 2001],
  ['Three Colors: Gray', 1993],
  ['Rocky 2', 1979],
  ['Spider-Man', 2002],
];
const movies = movieTable(
  FILMS.map(([title]) => title),
  { years: Int16Array.from(FILMS, ([, year]) => year) },
);
const matcher = new TitleMatcher(movies);

describe('a title and a year', () => {
  it.each<[string, number | null, number]>([
    ['The Matrix', 1999, 0],
    ['Matrix, The', 1999, 0],
    ['Se7en', 1995, 1],
    ['SEVEN', 1995, 1],
    ['Il Postino', 1994, 2],
    ['The Postman', 1997, 3],
    ['Amelie', 2001, 4],
    ["Le fabuleux destin d'Amélie Poulain", 2001, 4],
    ['Hamlet', 1990, 5],
    ['WALL-E', 2008, 8],
    ['Leon', 1994, 9],
    ['Léon: The Professional', 1995, 9],
    ['Léon : The  Professional', 1994, 9],
    ['Fast and Furious', 2009, 10],
    ['M', 1931, 11],
    ['The Matrix Loaded Again', 2001, 15],
    ['The Matrix, Loaded Again', null, 15],
    ['Star Wars: A New Hope', 1977, 13],
    ['Three Colours: Grey', 1993, 16],
    ['Rocky II', 1979, 17],
    ['Spiderman', 2002, 18],
    ['Star Wars', 1977, 13],
    ['The Empire Strikes Back', 1980, 14],
  ])('the title %s (%s) matches row %i', (title, year, row) => {
    expect(matcher.match([title], year)).toMatchObject({ kind: 'matched', row });
  });

  it.each<[string, number | null]>([
    ['The Matrix', 2003],
    ['The Matrix Reloaded', 2003],
    ['Postman Pat', 1997],
    ['Star Wars', 1978],
    ['The Hamlet', 1993],
    ['', 1999],
    ['!!!', null],
  ])('the title %s (%s) matches nothing', (title, year) => {
    expect(matcher.match([title], year)).toEqual({ kind: 'unmatched' });
  });

  it.each<[string, number | null, number[]]>([
    ['matrix', 1999, [0]],
    ['The Postman', 1998, [3]],
    ['Hamlet', 1989, [5]],
    ['Hamlet', null, [5, 6, 7]],
    ['M', null, [11]],
    ['The Professional', 1995, [9]],
    ['Star Wars', null, []],
    ['The Lost Film', 1970, [12]],
    ['Lost Film', 1970, [12]],
    ['Three Colours', 1993, [16]],
  ])('the title %s (%s) may be another film: it is only a candidate for rows %j', (title, year, rows) => {
    const match = matcher.match([title], year);
    expect(match.kind).toBe(rows.length > 0 ? 'ambiguous' : 'unmatched');
    expect(match.kind === 'ambiguous' ? match.candidates.map(({ row }) => row) : []).toEqual(rows);
  });

  it('two titles of one film outweigh a year that is off by one', () => {
    expect(matcher.match(['Seven', 'Se7en'], 1996)).toEqual({ kind: 'matched', row: 1, exact: false });
    expect(matcher.match(['Seven'], 1996).kind).toBe('ambiguous');
  });

  it('a title that fits several films equally well is ambiguous', () => {
    const why = 'several films have this title and year';
    expect(matcher.match(['Hamlet'], 1996)).toEqual({
      kind: 'ambiguous',
      candidates: [6, 7].map((row) => ({ row, why })),
    });
  });

  it('a film is found by any of its titles', () => {
    expect(matcher.match(['Il postino: The Postman', 'Il Postino'], 1994)).toEqual({
      kind: 'matched',
      row: 2,
      exact: true,
    });
  });
});

const NOW = 1_700_000_000;
const LETTERBOXD = `Date,Name,Year,Letterboxd URI,Rating
2023-05-14,The Matrix,1999,https://boxd.it/2a1m,4.5
2023-05-15,"Postman, The",1997,https://boxd.it/abc,2
2023-05-16,Hamlet,1996,https://boxd.it/def,3
2023-05-17,"A film that ""nobody"" knows",1950,https://boxd.it/ghi,5
2023-05-18,M,1931,https://boxd.it/jkl,
`;
const IMDB = `Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres
tt0133093,9,2021-03-07,The Matrix,The Matrix,https://www.imdb.com/title/tt0133093,Movie,8.7,136,1999,"Action, Sci-Fi"
tt0110877,1,2021-03-08,The Postman,Il postino,https://www.imdb.com/title/tt0110877,Movie,7.7,108,1994,Drama
`;

describe('a file', () => {
  it('a Letterboxd file has stars, days at 0:00 UTC, and its films that are not found are listed', () => {
    const { ratings, ...told } = resolveImport(readImport(LETTERBOXD), movies, 1, NOW);
    expect(ratings).toEqual([
      { movieId: 10, rating: 4.5, timestamp: Date.UTC(2023, 4, 14) / 1000 },
      { movieId: 40, rating: 2, timestamp: Date.UTC(2023, 4, 15) / 1000 },
    ]);
    expect(told).toEqual({
      format: 'Letterboxd',
      parts: [{ name: '', ratings: 4, seen: 0, watchlist: 0 }],
      marks: [],
      unrated: 1,
      notFilms: 0,
      converted: 0,
      ambiguous: [
        {
          line: 4,
          rating: 3,
          title: 'Hamlet',
          year: 1996,
          candidates: [70, 80].map((movieId) => {
            return { movieId, title: 'Hamlet', year: 1996, why: 'several films have this title and year' };
          }),
        },
      ],
      unmatched: [{ line: 5, rating: 5, title: 'A film that "nobody" knows', year: 1950, candidates: [] }],
    });
  });

  it('an IMDb file’s ten points are five stars, and either title finds the film', () => {
    const { format, ratings } = resolveImport(readImport(`\uFEFF${IMDB}`), movies, 1, NOW);
    expect(format).toBe('IMDb');
    expect(ratings.map(({ movieId, rating }) => [movieId, rating])).toEqual([
      [10, 4.5],
      [30, 0.5],
    ]);
  });

  it.each([
    ['CSV', 'userId,movieId,rating,timestamp\r\n7,10,4.5,100\r\n7,999,1,200\r\n'],
    ['.dat', '7::10::4.5::100\n7::999::1::200\n'],
    ['u.data', '7\t10\t4.5\t100\n7\t999\t1\t200\n'],
  ])('a MovieLens file as %s comes back with line and id of the films that nothing names', (_, text) => {
    const { ratings, unmatched } = resolveImport(readImport(text), movies, 1, NOW);
    expect(ratings).toEqual([{ movieId: 10, rating: 4.5, timestamp: 100 }]);
    const line = text.startsWith('user') ? 3 : 2;
    expect(unmatched).toEqual([{ line, movieId: 999, rating: 1, title: null, year: null, candidates: [] }]);
  });

  it('50,000 ids that nothing names are all unknown, and none is a rating', () => {
    const file = Array.from({ length: 50_000 }, (_, j) => `1::${1_000_000_000 + j}::${1 + (j % 5)}::100`).join('\n');
    const { ratings, unmatched } = resolveImport(readImport(file), movies, 1, NOW);
    expect(ratings).toEqual([]);
    expect(unmatched).toHaveLength(50_000);
    expect(unmatched.at(-1)).toMatchObject({ line: 50_000, movieId: 1_000_049_999 });
  });

  it('a file of several users gives each user their own ratings', () => {
    const file = readImport('7::10::4::1\n8::20::3::2\n');
    expect(resolveImport(file, movies, 8, NOW).ratings).toEqual([{ movieId: 20, rating: 3, timestamp: 2 }]);
    expect(() => resolveImport(file, movies, 9, NOW)).toThrow(/several users, and none is 9/);
  });

  it('ratings without a time count as now, and none lies in the future', () => {
    const file = readImport(`userId,movieId,rating,timestamp\n1,10,4,\n1,20,4,${NOW + 5}\n`);
    expect(resolveImport(file, movies, 1, NOW).ratings.map(({ timestamp }) => timestamp)).toEqual([NOW, NOW]);
  });

  it('a file with titles but no model to find them in says what to do', () => {
    expect(() => resolveImport(readImport(IMDB), null, 1, NOW)).toThrow(/no model is published/);
  });

  it('a file with ids is taken as it is while no model is published', () => {
    const file = readImport('7::999::1::200\n');
    expect(needsTitles(file)).toBe(false);
    expect(resolveImport(file, null, 1, NOW).ratings).toEqual([{ movieId: 999, rating: 1, timestamp: 200 }]);
  });

  it.each([
    ['', /no ratings/],
    ['a,b,c\n1,2,3\n', /columns are a, b, c/],
    [LETTERBOXD.replace(',4.5', ',4.7'), /line 2, Rating: got 4.7, expected 0.5 to 5 in steps of 0.5/],
    [LETTERBOXD.replace('2023-05-15', 'May 15'), /line 3, Date: got "May 15", expected a day/],
    [IMDB.replace(',9,', ',11,'), /line 2, Your Rating: got 11, expected 1 to 10 in steps of 1/],
    ['7::10::4::1\n7::x::3::2\n', /line 2, movieId: got "x"/],
    ['userId,movieId,rating\n1,10,4\n1,"20,3\n', /not CSV/],
  ])('a wrong file is refused, naming line, column and what was expected', (text, message) => {
    expect(() => resolveImport(readImport(text), movies, 1, NOW)).toThrow(message);
  });
});

describe('an export', () => {
  const rows = [
    { userId: 7, movieId: 20, rating: 0.5, timestamp: 0 },
    { userId: 7, movieId: 10, rating: 4.5, timestamp: 100 },
  ];
  it.each(['csv', 'dat'] as const)('as %s imports again to the same ratings', (format) => {
    const again = resolveImport(readImport(writeExport(rows, format)), movies, 7, NOW).ratings;
    expect(again).toEqual(rows.map(({ userId, ...rating }) => rating));
  });
});
