import { describe, expect, it } from 'vitest';
import { readMovies } from '../../../../trainer/data/movielens/movies.ts';
import { errorOf, temporaryFolder, writeTemporary } from '../files.ts';

const EXPECTED = [
  { movieId: 1, title: 'Toy Story', year: 1995, genres: ['Animation', "Children's", 'Comedy'] },
  { movieId: 73, title: 'Misérables, Les', year: 1995, genres: ['Drama', 'Musical'] },
  { movieId: 80, title: 'Hyena Road', year: null, genres: [] },
];

/** One 0/1 flag a genre, as in `u.item`. */
const flags = (...set: number[]) => Array.from({ length: 19 }, (_, n) => (set.includes(n) ? 1 : 0)).join('|');

const ITEMS = [
  `1|Toy Story (1995)|01-Jan-1995||http://example.org/1|${flags(3, 4, 5)}`,
  `73|Misérables, Les (1995)|01-Jan-1995||http://example.org/73|${flags(8, 12)}`,
  `80|Hyena Road||||${flags(0)}`,
].join('\n');

const DAT = [
  "1::Toy Story (1995)::Animation|Children's|Comedy",
  '73::Misérables, Les (1995)::Drama|Musical',
  '80::Hyena Road::(no genres listed)',
].join('\n');

const CSV = [
  'movieId,title,genres',
  "1,Toy Story (1995),Animation|Children's|Comedy",
  '73,"Misérables, Les (1995)",Drama|Musical',
  '80,Hyena Road,(no genres listed)',
].join('\n');

const OTHER_ORDER = [
  'genres,x,title,movie_id',
  "Animation|Children's|Comedy,,Toy Story (1995),1",
  'Drama|Musical,,"Misérables, Les (1995)",73',
  ',,Hyena Road,80',
].join('\n');

describe('readMovies', () => {
  describe.each([
    ['u.item', ITEMS],
    ['movies.dat', DAT],
    ['movies.csv', CSV],
    ['other-order.csv', OTHER_ORDER],
  ])('of %s', (name, text) => {
    it.each([
      ['UTF-8', Buffer.from(`${text}\n`)],
      ['latin-1', Buffer.from(`${text}\n`, 'latin1')],
      ['CRLF and blank lines', Buffer.from(`${text.replaceAll('\n', '\r\n')}\r\n\r\n`)],
      ['a byte order mark', Buffer.from(name.endsWith('.csv') ? `\uFEFF${text}` : text)],
    ])('readMovies reads titles, years and genres in %s, plain and gzipped', async (_, bytes) => {
      expect([...(await readMovies(await writeTemporary(name, bytes))).values()]).toEqual(EXPECTED);
      expect([...(await readMovies(await writeTemporary(`${name}.gz`, bytes))).values()]).toEqual(EXPECTED);
    });
  });

  it('readMovies reads years in a column of their own, which the title’s own year goes before', async () => {
    const text =
      'movieId,title,year,genres\n1,Heat,1995,Crime\n2,Fargo,1996.0,Crime\n3,Brazil,,\n4,Dune (1984),2021,\n';
    const movies = await readMovies(await writeTemporary('movies.csv', text));
    expect(Array.from(movies.values(), ({ title, year }) => [title, year])).toEqual([
      ['Heat', 1995],
      ['Fargo', 1996],
      ['Brazil', null],
      ['Dune', 1984],
    ]);
  });

  it('readMovies names the flags of u.item by the u.genre beside it', async () => {
    const folder = await temporaryFolder();
    await writeTemporary('u.genre', 'unknown|0\nHeist|2\nCourtroom|1\n\n', folder);
    const movies = await readMovies(await writeTemporary('u.item', '5|Heat (1995)||||0|1|1\n', folder));
    expect(movies.get(5)?.genres).toEqual(['Courtroom', 'Heist']);
  });

  it('readMovies reads quotes and commas in quoted titles and reports the right line', async () => {
    const path = await writeTemporary('movies.csv', 'movieId,title,genres\n4,"The ""Best"", 2 (2001)",Drama\nx,A,B\n');
    const error = await errorOf(readMovies(path));
    expect(error.message).toContain('movies.csv:3: got "x,A,B"');
    const good = await writeTemporary('movies.csv', 'movieId,title,genres\n4,"The ""Best"", 2 (2001)",Drama\n');
    expect((await readMovies(good)).get(4)?.title).toBe('The "Best", 2');
  });

  it('readMovies keeps a title with "::" in it whole', async () => {
    const movies = await readMovies(await writeTemporary('movies.dat', '4::Alien :: Reborn (1997)::Horror\n'));
    expect(movies.get(4)).toEqual({ movieId: 4, title: 'Alien :: Reborn', year: 1997, genres: ['Horror'] });
  });

  it.each([
    ['movies.dat', '1::A (1990)::Drama\n2::B (1990)\n', ':2: got "2::B (1990)", expected movieId::title::genres'],
    ['u.item', `${ITEMS}\n81|B|0|1\n`, ':4: got "81|B|0|1", expected movieId|title|…| and 19 genre flags, 0 or 1'],
    ['movies.csv', 'movieId,title,genres\n1,A,Drama,\n', ':2: got "1,A,Drama,", expected 3 columns'],
    [
      'movies.csv',
      'movieId,title,genres\n9999999999,A,Drama\n',
      ':2: got "9999999999,A,Drama", expected a movieId from',
    ],
    ['movies.csv', 'movieId,title,genres\n1,,Drama\n', ':2: got "1,,Drama", expected a movieId from'],
    ['movies.csv', 'movieId,title,genres\n1,"A,Drama\n', 'expected fields in closed quotes'],
    ['movies.csv', 'id,name\n1,A\n', ':1: got "id,name", expected a header naming movieId, title'],
    ['movies.csv', '', ':1: got "", expected a header naming movieId, title'],
  ])('readMovies refuses a malformed %s (%j)', async (name, content, message) => {
    const error = await errorOf(readMovies(await writeTemporary(name, content)));
    expect(error.code).toBe('bad-row');
    expect(error.message).toContain(message);
  });
});
