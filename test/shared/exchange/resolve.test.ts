import { describe, expect, it } from 'vitest';
import { readLinks } from '../../../shared/exchange/links.ts';
import { namedBy } from '../../../shared/exchange/other-catalogue.ts';
import { readImport } from '../../../shared/exchange/read-file.ts';
import { resolveImport } from '../../../shared/exchange/resolve.ts';
import { movieTable } from '../../fixtures/model.ts';

const FILMS: readonly [title: string, year: number][] = [
  ['Robin Hood: Prince of Thieves', 1991],
  ['Sherlock Holmes', 2009],
  ['Saw', 2004],
  ['Enemy', 2013],
  ['Spider-Man', 2002],
  ['Alien', 1979],
  ['Star Wars: Episode V - The Empire Strikes Back', 1980],
  ['Dark and Stormy Night, A', 2009],
  ['Promise, The (Versprechen, Das)', 1995],
];
const movies = movieTable(
  FILMS.map(([title]) => title),
  { years: Int16Array.from(FILMS, ([, year]) => year) },
);
const NOW = 1_700_000_000;

/** The films of a Letterboxd file, a line each: [title, year, address]. */
function resolve(...films: readonly [title: string, year: number, address: string][]) {
  const lines = films.map(([title, year, address], j) => `2023-02-01,${title},${year},${address},${(j + 1) / 2}`);
  const file = readImport(['Date,Name,Year,Letterboxd URI,Rating', ...lines].join('\n'));
  const { ratings, ambiguous, unmatched } = resolveImport(file, movies, 1, NOW);
  return {
    stored: ratings.map(({ movieId, rating }) => [movieId, rating]),
    doubtful: ambiguous.map(({ line, candidates }) => [line, ...candidates.map(({ movieId }) => movieId)]),
    unmatched: unmatched.map(({ line }) => line),
  };
}

describe('two lines of a file that come to one film', () => {
  it('the line with its whole title and year holds, the other is doubtful', () => {
    expect(resolve(['Sherlock Holmes', 2010, 'b'], ['Sherlock Holmes', 2009, 'a'])).toEqual({
      stored: [[20, 1]],
      doubtful: [[2, 20]],
      unmatched: [],
    });
    expect(resolve(['Robin Hood', 1991, 'b'], ['Robin Hood: Prince of Thieves', 1991, 'a'])).toEqual({
      stored: [[10, 1]],
      doubtful: [[2, 10]],
      unmatched: [],
    });
    expect(
      resolve(
        ['The Empire Strikes Back', 1980, 'b'],
        ['Star Wars: Episode V - The Empire Strikes Back', 1980, 'a'],
        ['A Dark and Stormy Night', 2010, 'c'],
        ['A Dark and Stormy Night', 2009, 'd'],
      ),
    ).toEqual({
      stored: [
        [70, 1],
        [80, 2],
      ],
      doubtful: [
        [2, 70],
        [4, 80],
      ],
      unmatched: [],
    });
  });

  it('with two addresses both are doubtful, with one address both are stored', () => {
    expect(resolve(['Enemy', 2013, 'a'], ['Enemy', 2013, 'b'])).toEqual({
      stored: [],
      doubtful: [
        [2, 40],
        [3, 40],
      ],
      unmatched: [],
    });
    expect(resolve(['Enemy', 2013, 'a'], ['Enemy', 2013, 'a']).stored).toEqual([
      [40, 0.5],
      [40, 1],
    ]);
  });

  it('a line alone is taken by a title of several words, or a longer part of one', () => {
    expect(resolve(['A Dark and Stormy Night', 2010, 'a'], ['The Empire Strikes Back', 1980, 'b']).stored).toEqual([
      [80, 0.5],
      [70, 1],
    ]);
  });

  it('a short title of another year, another article or a short part of a title are doubtful', () => {
    expect(
      resolve(['Saw', 2003, 'a'], ['The Alien', 1979, 'b'], ['Robin Hood', 1991, 'c'], ['The Promise', 1996, 'd']),
    ).toEqual({
      stored: [],
      doubtful: [
        [2, 30],
        [3, 60],
        [4, 10],
        [5, 90],
      ],
      unmatched: [],
    });
  });

  it('what is doubtful says why', () => {
    const file = readImport('Date,Name,Year,Letterboxd URI,Rating\n,Saw,2003,a,1\n,Alien,1979,b,2\n,Alien,1979,c,3\n');
    const { ambiguous } = resolveImport(file, movies, 1, NOW);
    expect(ambiguous.map(({ candidates }) => candidates)).toEqual([
      [{ movieId: 30, title: 'Saw', year: 2004, why: expect.stringContaining('but not the year') }],
      [{ movieId: 60, title: 'Alien', year: 1979, why: expect.stringContaining('another line of the file') }],
      [{ movieId: 60, title: 'Alien', year: 1979, why: expect.stringContaining('another line of the file') }],
    ]);
  });
});

describe('what an answer says of a file', () => {
  const doubtful = readImport('Date,Name,Year,Letterboxd URI,Rating\n,Saw,2003,a,1\n,Robin Hood,1991,b,2\n');

  it('names no hidden movie as a candidate: what could be nothing else is unmatched', () => {
    const hidden = new Set([movies.rowOf(30)]);
    const { ambiguous, unmatched } = resolveImport(doubtful, movies, 1, NOW, undefined, hidden);
    expect(ambiguous.map(({ line, candidates }) => [line, candidates[0].movieId])).toEqual([[3, 10]]);
    expect(unmatched).toEqual([{ line: 2, rating: 1, title: 'Saw', year: 2003, candidates: [] }]);
  });

  it('repeats no more of a title than a film has', () => {
    const file = readImport(`Date,Name,Year,Letterboxd URI,Rating\n,${'long '.repeat(10_000)},1999,a,1\n`);
    expect(resolveImport(file, movies, 1, NOW).unmatched[0].title).toHaveLength(300);
  });
});

describe('a file whose ids are of another data set', () => {
  const films = new Map([
    [30, { title: 'Alien', year: 1979 }],
    [60, { title: 'Promise, The (Versprechen, Das)', year: 1995 }],
    [7, { title: 'Saw', year: 2003 }],
    [8, { title: 'Never Made', year: 1999 }],
    [9, { title: 'A Dark and Stormy Night', year: 2009 }],
    [10, { title: 'Dark and Stormy Night, A', year: 2009 }],
  ]);
  const lines = [30, 60, 7, 8, 9, 10, 20].map((movieId, j) => `1,${movieId},${(j + 1) / 2},100`);
  const file = namedBy(films, readImport(['userId,movieId,rating,timestamp', ...lines].join('\n')));

  it('is read by title and year; an id means nothing, and two films of it are never one', () => {
    const { ratings, ambiguous, unmatched } = resolveImport(file, movies, 1, NOW);
    expect(ratings).toEqual([
      { movieId: 60, rating: 0.5, timestamp: 100 },
      { movieId: 90, rating: 1, timestamp: 100 },
    ]);
    expect(ambiguous.map(({ line, candidates }) => [line, candidates[0].movieId])).toEqual([
      [4, 30],
      [6, 80],
      [7, 80],
    ]);
    expect(unmatched.map(({ line, title }) => [line, title])).toEqual([
      [5, 'Never Made'],
      [8, 'id 20'],
    ]);
  });
});

describe('an IMDb file', () => {
  const HEADER = 'Const,Your Rating,Date Rated,Title,Title Type,Year';

  it('rates no film by a game, a series or an episode of its name', () => {
    const file = readImport(
      `${HEADER}\ntt1,1,2024-01-01,Spider-Man,Video Game,2002\ntt2,2,2024-01-02,Alien,TV Series,1979\n` +
        'tt3,10,2023-01-03,Spider-Man,Movie,2002\n',
    );
    const { ratings, notFilms, ambiguous, unmatched } = resolveImport(file, movies, 1, NOW);
    expect(ratings.map(({ movieId, rating }) => [movieId, rating])).toEqual([[50, 5]]);
    expect([notFilms, ambiguous, unmatched]).toEqual([2, [], []]);
  });

  const links = readLinks('movieId,imdbId,tmdbId\n30,0387564,176\n50,0145487,557\n60,0078748,\n999,0000999,\n');

  it('with links, the id wins over title and year, and a title cannot be a film that has another id', () => {
    const file = readImport(
      `${HEADER}\ntt0387564,8,2024-01-01,Jigsaw,Movie,1999\ntt0078747,6,2024-01-01,Alien,Movie,1979\n` +
        'tt2316411,4,2024-01-01,Enemy,Movie,2013\ntt0000999,2,2024-01-01,Nobody,Movie,1950\n',
    );
    const { ratings, ambiguous, unmatched } = resolveImport(file, movies, 1, NOW, links);
    expect(ratings.map(({ movieId, rating }) => [movieId, rating])).toEqual([
      [30, 4],
      [40, 2],
      [999, 1],
    ]);
    expect(ambiguous).toEqual([]);
    expect(unmatched.map(({ title }) => title)).toEqual(['Alien']);
  });

  it('with links, TMDB’s id finds a film of a file that has it', () => {
    const file = readImport('Title,Year,tmdbID,Rating\nAnother name,1999,176,3\n');
    expect(resolveImport(file, movies, 1, NOW, links).ratings).toMatchObject([{ movieId: 30, rating: 3 }]);
  });

  it('a file of links without its columns is refused', () => {
    expect(() => readLinks('movieId,title\n1,x\n')).toThrow(/lacks the columns movieId and imdbId or tmdbId/);
  });
});
