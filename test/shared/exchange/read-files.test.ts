import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { joinResolved } from '../../../shared/exchange/join-resolved.ts';
import { readImportFiles } from '../../../shared/exchange/read-files.ts';
import { resolveImport } from '../../../shared/exchange/resolve.ts';
import { latestOfEach } from '../../../shared/ratings/rating-store.ts';
import { movieTable } from '../../fixtures/model.ts';

const day = (text: string) => Date.parse(`${text}T00:00:00Z`) / 1000;
const file = (name: string, ...lines: readonly string[]) => ({ name, bytes: strToU8(lines.join('\n')) });

const LETTERBOXD = 'Date,Name,Year,Letterboxd URI,Rating';
const IMDB = 'Const,Your Rating,Date Rated,Title,Year,Title Type';
const films = ['Alien', 'Heat', 'Ran'];
const movies = movieTable(films, { years: Int16Array.of(1979, 1995, 1985) });
const NOW = 1_750_000_000;

function resolved(...files: Parameters<typeof readImportFiles>[0]) {
  const found = joinResolved(readImportFiles(files).map((one) => resolveImport(one, movies, 1, NOW)));
  const titled = <T extends { readonly movieId: number }>({ movieId, ...rest }: T) => ({
    title: films[movies.rowOf(movieId)],
    ...rest,
  });
  return { ...found, ratings: latestOfEach(found.ratings).map(titled), marks: found.marks.map(titled) };
}

describe('files that are brought together', () => {
  it('of two sites name one film each in its own way, and the newest date counts', () => {
    const letterboxd = file(
      'ratings.csv',
      LETTERBOXD,
      '2023-01-05,Alien,1979,u/alien,4.5',
      '2023-01-05,Heat,1995,u/heat,2',
    );
    const imdb = file(
      'ratings.csv',
      IMDB,
      'tt0078748,6,2024-02-01,Alien,1979,Movie',
      'tt0113277,9,2022-02-01,Heat,1995,Movie',
    );
    const { format, ratings, ambiguous, parts } = resolved(letterboxd, imdb);
    expect(ambiguous).toEqual([]);
    expect(ratings).toEqual([
      { title: 'Heat', rating: 2, timestamp: day('2023-01-05') },
      { title: 'Alien', rating: 3, timestamp: day('2024-02-01') },
    ]);
    expect(format).toBe('Letterboxd and IMDb');
    expect(parts.map(({ name }) => name)).toEqual(['ratings.csv', 'ratings.csv (2)']);
  });

  it('of one site count as those of its ZIP do: the diary gives the day, and what is rated is not wanted', () => {
    const ratings = file('ratings.csv', LETTERBOXD, '2023-01-05,Alien,1979,u/alien,4.5');
    const diary = file(
      'diary.csv',
      `${LETTERBOXD},Rewatch,Tags,Watched Date`,
      '2023-01-05,Alien,1979,d/1,4.5,,,2023-01-03',
    );
    const wanted = file(
      'watchlist.csv',
      'Date,Name,Year,Letterboxd URI',
      '2022-01-01,Alien,1979,u/alien',
      '2022-01-01,Ran,1985,u/ran',
    );
    const found = resolved(ratings, diary, wanted);
    expect(found.ratings).toEqual([{ title: 'Alien', rating: 4.5, timestamp: day('2023-01-03') }]);
    expect(found.marks).toEqual([{ title: 'Ran', mark: 'watchlist', timestamp: day('2022-01-01') }]);
  });

  it('mark a film once, as seen where any file says so, and not at all where another site’s file rates it', () => {
    const watched = file('watched.csv', 'Date,Name,Year,Letterboxd URI', '2022-01-01,Ran,1985,u/ran');
    const wanted = file(
      'WATCHLIST.csv',
      'Const,Created,Title,Year,Title Type',
      'tt0089881,2024-01-01,Ran,1985,Movie',
      'tt0078748,2024-01-01,Alien,1979,Movie',
    );
    const rated = file(
      'more.csv',
      'title,year,imdb_id,trakt_id,rating,rated_at,type',
      'Alien,1979,tt0078748,1,8,2021-01-01,movie',
    );
    expect(resolved(wanted, watched, rated)).toMatchObject({
      format: 'IMDb and Letterboxd and Trakt',
      ratings: [{ title: 'Alien', rating: 4 }],
      marks: [{ title: 'Ran', mark: 'seen' }],
    });
  });

  it('name the lines that are in doubt by their file, also in a ZIP', () => {
    const lines = strToU8(`${LETTERBOXD}\n2023-01-05,Never Made,1979,u/x,4`);
    const zip = { name: 'old.zip', bytes: zipSync({ 'ratings.csv': lines, 'diary.csv': lines }) };
    const { unmatched } = resolved(zip, { name: 'ratings.csv', bytes: lines });
    expect(unmatched.map(({ file: name, line }) => [name, line])).toEqual([
      ['old.zip/ratings.csv', 2],
      ['ratings.csv', 2],
    ]);
  });

  it('say which of them cannot be read', () => {
    const picture = { name: 'poster.png', bytes: Uint8Array.from('\x89PNG\r\n', (letter) => letter.charCodeAt(0)) };
    const ratings = file('ratings.csv', LETTERBOXD, '2023-01-05,Alien,1979,u/alien,4.5');
    expect(() => readImportFiles([ratings, picture])).toThrow('poster.png: the file is a picture, not a table');
  });
});
