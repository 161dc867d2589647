import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readImport, readImportFile } from '../../../shared/exchange/read-file.ts';
import { resolveImport } from '../../../shared/exchange/resolve.ts';
import { movieTable } from '../../fixtures/model.ts';

const day = (text: string) => Date.parse(`${text}T00:00:00Z`) / 1000;

/** A file of the ZIP: each film with its address. */
function list(columns: string, ...lines: readonly string[]) {
  return strToU8([`Date,Name,Year,Letterboxd URI${columns}`, ...lines].join('\n'));
}

const DIARY = ',Rating,Rewatch,Tags,Watched Date';

const ZIP: Record<string, Uint8Array> = {
  'profile.csv': strToU8('Date Joined,Username\n2020-01-01,somebody\n'),
  'ratings.csv': list(',Rating', '2023-01-05,Alien,1979,u/alien,4.5', '2023-01-06,Saw,2004,u/saw,1'),
  'diary.csv': list(
    DIARY,
    '2023-01-05,Alien,1979,d/1,4.5,,,2023-01-03',
    '2021-06-02,Alien,1979,d/2,3,Yes,,2021-06-01',
    '2022-03-02,Enemy,2013,d/3,4,,,2022-03-01',
    '2022-04-02,Heat,1995,d/4,,,,2022-04-01',
  ),
  'watched.csv': list(
    '',
    '2022-03-02,Enemy,2013,u/enemy',
    '2022-04-02,Heat,1995,u/heat',
    '2023-01-05,Alien,1979,u/alien',
  ),
  'watchlist.csv': list('', '2022-05-01,Ran,1985,u/ran', '2022-05-01,Heat,1995,u/heat'),
  'likes/films.csv': list('', '2023-01-05,Alien,1979,u/alien', '2022-06-01,Jaws,1975,u/jaws'),
  'likes/reviews.csv': list('', '2022-06-01,Nobody,1975,u/nobody'),
  'lists/best.csv': strToU8('Letterboxd list export v7\n'),
  'deleted/diary.csv': list(DIARY, '2022-03-02,Saw,2004,d/9,5,,,2022-03-01'),
  'orphaned/diary.csv': list(DIARY, '2022-03-02,Ran,1985,d/8,5,,,2022-03-01'),
};

const FILMS: readonly [title: string, year: number][] = [
  ['Alien', 1979],
  ['Saw', 2004],
  ['Enemy', 2013],
  ['Heat', 1995],
  ['Ran', 1985],
  ['Jaws', 1975],
];
const movies = movieTable(
  FILMS.map(([title]) => title),
  { years: Int16Array.from(FILMS, ([, year]) => year) },
);
const NOW = 1_700_000_000;

function resolve(files: Record<string, Uint8Array>) {
  const { ratings, marks } = resolveImport(readImportFile(zipSync(files)), movies, 1, NOW);
  return { ratings, marks };
}

describe('Letterboxd’s ZIP', () => {
  it('gives current stars with the day on which the film was watched last, and no stars that nobody gave', () => {
    expect(resolve(ZIP)).toEqual({
      ratings: [
        { movieId: 10, rating: 4.5, timestamp: day('2023-01-03') },
        { movieId: 20, rating: 1, timestamp: day('2023-01-06') },
        { movieId: 30, rating: 4, timestamp: day('2022-03-01') },
      ],
      marks: [
        { movieId: 40, mark: 'seen', timestamp: day('2022-04-01') },
        { movieId: 60, mark: 'seen', timestamp: day('2022-06-01') },
        { movieId: 50, mark: 'watchlist', timestamp: day('2022-05-01') },
      ],
    });
  });

  it('in a folder, as some unpack and pack it again, gives the same', () => {
    const packed = Object.entries(ZIP).map(([name, bytes]) => [`letterboxd-somebody/${name}`, bytes]);
    expect(resolve(Object.fromEntries(packed))).toEqual(resolve(ZIP));
  });

  it('says what each file gave, and of a line which file it is in', () => {
    const file = readImportFile(zipSync({ ...ZIP, 'watched.csv': list('', '2022-01-01,Never Made,1999,u/never') }));
    expect(file.parts).toEqual([
      { name: 'ratings.csv', ratings: 2, seen: 0, watchlist: 0 },
      { name: 'diary.csv', ratings: 3, seen: 1, watchlist: 0 },
      { name: 'watched.csv', ratings: 0, seen: 1, watchlist: 0 },
      { name: 'watchlist.csv', ratings: 0, seen: 0, watchlist: 2 },
      { name: 'likes/films.csv', ratings: 0, seen: 2, watchlist: 0 },
    ]);
    const { unmatched } = resolveImport(file, movies, 1, NOW);
    expect(unmatched).toEqual([
      { file: 'watched.csv', line: 2, mark: 'seen', title: 'Never Made', year: 1999, candidates: [] },
    ]);
  });

  it('keeps two films of one title and year apart by their addresses', () => {
    const files = {
      'ratings.csv': list(',Rating', '2023-01-05,Enemy,2013,u/enemy,4', '2023-01-05,Enemy,2013,u/enemy-1,1'),
      'watched.csv': list('', '2023-01-05,Enemy,2013,u/enemy'),
    };
    const { ratings, ambiguous } = resolveImport(readImportFile(zipSync(files)), movies, 1, NOW);
    expect(ratings).toEqual([]);
    expect(ambiguous.map(({ line }) => line)).toEqual([2, 3]);
  });

  it('of one table alone gives that, whatever its name', () => {
    const files = { 'export-2024.csv': ZIP['ratings.csv'], 'readme.txt': strToU8('hello') };
    expect(resolve(files).ratings.map(({ movieId }) => movieId)).toEqual([10, 20]);
  });
});

describe('a list of films without stars', () => {
  const text = new TextDecoder().decode(ZIP['watchlist.csv']);

  it.each([
    ['watchlist.csv', ['watchlist', 'watchlist']],
    ['watched.csv', ['seen', 'seen']],
    ['films.csv', ['seen', 'seen']],
  ])('is what its name %s says', (name, marks) => {
    expect(readImport(text, name).marks.map(({ mark }) => mark)).toEqual(marks);
  });

  it('without such a name is refused with a way to mend it', () => {
    expect(() => readImport(text, 'list.csv')).toThrow(/its name does not say what they are/);
  });

  it('of IMDb is a watchlist by its name, and what was rated there is a rating', () => {
    const imdb =
      'Position,Const,Created,Title,Title Type,Year,Your Rating,Date Rated\n' +
      '1,tt1,2023-01-01,Alien,Movie,1979,,\n2,tt2,2024-01-01,Saw,Movie,2004,6,2023-02-01\n';
    const { ratings, marks } = resolveImport(readImport(imdb, 'WATCHLIST.csv'), movies, 1, NOW);
    expect(ratings).toEqual([{ movieId: 20, rating: 3, timestamp: day('2023-02-01') }]);
    expect(marks).toEqual([{ movieId: 10, mark: 'watchlist', timestamp: day('2023-01-01') }]);
  });
});

describe('what a person chose', () => {
  it('holds for its line, and leaves the others in doubt', () => {
    const file = readImport('Date,Name,Year,Letterboxd URI,Rating\n,Saw,2003,a,1\n,Ran,1984,b,2\n');
    const { ratings, ambiguous } = resolveImport(file, movies, 1, NOW, undefined, undefined, new Map([[':2', 20]]));
    expect(ratings).toEqual([{ movieId: 20, rating: 1, timestamp: NOW }]);
    expect(ambiguous.map(({ line }) => line)).toEqual([3]);
  });
});
