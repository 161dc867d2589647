import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { errorOf, type Row, rowsOf, temporaryFolder, writeTemporary } from '../files.ts';

const ROWS: readonly Row[] = [
  [1, 31, 2.5, 1260759144],
  [2, 10, 4, 835355493],
];
const UNTIMED: readonly Row[] = ROWS.map(([user, movie, stars]) => [user, movie, stars, 0]);

/** The rows under a header, `written` as a program would write them. */
function table(header: string, written: (row: Row, n: number) => string, end = '\n'): string {
  return [header, ...ROWS.map(written)].join(end) + end;
}

const CSV = table('userId,movieId,rating,timestamp', (row) => row.join(','));
const comma = (stars: number) => String(stars).replace('.', ',');
const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16();
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const timed = (time: (seconds: number) => string | number) =>
  table('userId,movieId,rating,timestamp', ([u, m, r, t]) => `${u},${m},${r},${time(t)}`);
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

type Content = string | Uint8Array;

/** What the file is, its content, and the rows that it gives if not ROWS. */
const READ: readonly (readonly [string, Content, (readonly Row[])?])[] = [
  ['UTF-8', CSV],
  ['UTF-8 with a byte order mark', `\uFEFF${CSV}`],
  ['UTF-16 LE with a byte order mark', Buffer.from(`\uFEFF${CSV}`, 'utf16le')],
  ['UTF-16 BE with a byte order mark', bigEndian(`\uFEFF${CSV}`)],
  ['UTF-16 LE without a mark', Buffer.from(CSV, 'utf16le')],
  ['UTF-16 BE without a mark', bigEndian(CSV)],
  [
    'UTF-16 LE without a header, CRLF, tabs',
    Buffer.from(ROWS.map((row) => `${row.join('\t')}\r\n`).join(''), 'utf16le'),
  ],
  ['UTF-16 LE, gzipped', gzipSync(Buffer.from(`\uFEFF${CSV}`, 'utf16le'))],
  [
    'UTF-16 LE with titles beyond ASCII',
    Buffer.from(
      table('title,userId,movieId,rating,timestamp', (r) => `"Amélie 天",${r}`),
      'utf16le',
    ),
  ],
  ['Latin-1 in a column that is ignored', latin1(table('titel,userId,movieId,rating,timestamp', (r) => `Amélie,${r}`))],
  ['Windows-1252 in a header', latin1(table('userId,movieId,rating,timestamp,gr\xf6\x80e', (r) => `${r},1`))],
  ['tabs', table('userId\tmovieId\trating\ttimestamp', (row) => row.join('\t'))],
  ['double colons below a header', table('userId::movieId::rating::timestamp', (row) => row.join('::'))],
  ['semicolons', table('userId;movieId;rating;timestamp', (row) => row.join(';'))],
  [
    'semicolons and decimal commas',
    table('userId;movieId;rating;timestamp', ([u, m, r, t]) => `${u};${m};${comma(r)};${t}`),
  ],
  [
    'semicolons and decimal commas without a header',
    ROWS.map(([u, m, r, t]) => `${u};${m};${comma(r)};${t}`).join('\n'),
  ],
  [
    'tabs and decimal commas',
    table('user_id\titem_id\trating\ttimestamp', ([u, m, r, t]) => `${u}\t${m}\t${comma(r)}\t${t}`),
  ],
  [
    'commas and decimal commas in quotes',
    table('userId,movieId,rating,timestamp', ([u, m, r, t]) => `${u},${m},"${comma(r)}",${t}`),
  ],
  ['semicolons below Excel’s sep= line', `sep=;\n${table('userId;movieId;rating;timestamp', (row) => row.join(';'))}`],
  ['a header in snake case', table('user_id,movie_id,rating,timestamp', (row) => row.join(','))],
  ['a header with item_id', table('user_id,item_id,rating,timestamp', (row) => row.join(','))],
  ['a header with blanks in capitals', table('USER ID, Movie ID, Rating, Timestamp', (row) => row.join(', '))],
  [
    'a header with RecBole’s types',
    table('user_id:token\titem_id:token\trating:float\ttimestamp:float', (r) => r.join('\t')),
  ],
  ['columns in another order', table('timestamp,rating,movie_id,user_id', ([u, m, r, t]) => `${t},${r},${m},${u}`)],
  ['pandas’ index column', table(',userId,movieId,rating,timestamp', (row, n) => `${n},${row}`)],
  [
    'pandas’ index column read and written again',
    table('Unnamed: 0,userId,movieId,rating,timestamp', (row, n) => `${n},${row}`),
  ],
  [
    'pandas’ numbers with decimals',
    table('userId,movieId,rating,timestamp', ([u, m, r, t]) => `${u}.0,${m}.0,${r},${t}.0`),
  ],
  [
    'an R table with every field in quotes',
    table('"userId","movieId","rating","timestamp"', (r) => `"${r.join('","')}"`),
  ],
  ['CR-only lines', table('userId,movieId,rating,timestamp', (row) => row.join(','), '\r')],
  ['CR-only lines without a header or a last end', ROWS.map((row) => row.join('::')).join('\r')],
  ['CRLF lines', table('userId,movieId,rating,timestamp', (row) => row.join(','), '\r\n')],
  ['blank lines before and between', `\n\n${CSV.replaceAll('\n', '\n\n')}`],
  [
    'quoted separators in another column',
    table('title,userId,movieId,rating,timestamp', (row) => `"Good, the ""Bad"", Ugly",${row}`),
  ],
  [
    'a lone quote in another column',
    table('title;userId;movieId;rating;timestamp', (row) => `12" Vinyl;${row.join(';')}`),
  ],
  ['gzip under a plain name', gzipSync(CSV)],
  ['gzip of several members', Buffer.concat([gzipSync(CSV.slice(0, 50)), gzipSync(CSV.slice(50))])],
  ['times in milliseconds', timed((t) => t * 1000 + 250)],
  ['times in microseconds', timed((t) => t * 1e6 + 250)],
  ['times with fractions', timed((t) => `${t}.75`)],
  ['times in exponents', timed((t) => t.toExponential())],
  ['times as dates with a zone', timed(iso)],
  ['times as quoted dates', timed((t) => `"${iso(t).slice(0, 19).replace('T', ' ')}"`)],
  ['times as dates off UTC', timed((t) => iso(t + 7200).replace('.000Z', '+02:00'))],
  ['no times', table('userId,movieId,rating', (row) => row.slice(0, 3).join(',')), UNTIMED],
  ['empty times', timed(() => ''), UNTIMED],
  ['pandas’ and SQL’s missing times', 'userId,movieId,rating,timestamp\n1,31,2.5,NaN\n2,10,4,NULL\n', UNTIMED],
  ['no times and no header', ROWS.map(([u, m, r]) => `${u}\t${m}\t${r}`).join('\n'), UNTIMED],
];

describe('a rating file as people have it', () => {
  const cases = READ.map(([what, content, rows = ROWS]) => [what, content, rows] as const);

  it.each(cases)('with %s is read', async (_, content, rows) => {
    const folder = await temporaryFolder();
    await writeTemporary('ratings.csv', content, folder);
    expect(rowsOf((await loadDataset(folder)).ratings)).toEqual(rows);
  });
});

/** Films as a movie file gives them: id, title, year, genres. */
const FILMS = [
  [73, 'Misérables, Les', 1995, ['Drama', 'Musical']],
  [80, 'Hyena Road', null, []],
] as const;

const TITLES = 'movieId,title,genres\n73,"Misérables, Les (1995)",Drama|Musical\n80,Hyena Road,(no genres listed)\n';
const DAT = '73::Misérables, Les (1995)::Drama|Musical\n80::Hyena Road::(no genres listed)\n';

const MOVIES: readonly (readonly [string, Content])[] = [
  ['UTF-8 with a byte order mark', `\uFEFF${TITLES}`],
  ['UTF-16 LE', Buffer.from(`\uFEFF${TITLES}`, 'utf16le')],
  ['UTF-16 BE without a mark', bigEndian(TITLES)],
  ['Latin-1', latin1(TITLES)],
  ['CR-only lines', TITLES.replaceAll('\n', '\r')],
  ['no header', TITLES.slice(TITLES.indexOf('\n') + 1)],
  ['semicolons', 'movie_id;title;genres\n73;Misérables, Les (1995);Drama|Musical\n80;Hyena Road;\n'],
  ['tabs and item_id', 'item_id\ttitle\tgenres\n73\tMisérables, Les (1995)\tDrama|Musical\n80\tHyena Road\t\n'],
  [
    'pandas’ index column',
    ',movieId,title,genres\n0,73.0,"Misérables, Les (1995)",Drama|Musical\n1,80.0,Hyena Road,\n',
  ],
  ['double colons, a byte order mark and a header', `\uFEFFmovie_id::title::genres\n${DAT}`],
  ['double colons and CR-only lines', DAT.replaceAll('\n', '\r')],
  ['gzip under a plain name', gzipSync(TITLES)],
];

describe('a movie file as people have it', () => {
  it.each(MOVIES)('with %s is read', async (_, content) => {
    const folder = await temporaryFolder();
    await writeTemporary('ratings.csv', CSV, folder);
    await writeTemporary('movies.csv', content, folder);
    const { movies } = await loadDataset(folder);
    const films = [...movies.values()].map(({ movieId, title, year, genres }) => [movieId, title, year, genres]);
    expect(films).toEqual(FILMS);
  });

  it('may have 500 genres', async () => {
    const folder = await temporaryFolder();
    await writeTemporary('ratings.csv', CSV, folder);
    await writeTemporary('movies.csv', manyGenres(500), folder);
    const { movies } = await loadDataset(folder);
    expect(new Set([...movies.values()].flatMap(({ genres }) => genres)).size).toBe(500);
  });
});

function manyGenres(count: number): string {
  return `movieId,title,genres\n${Array.from({ length: count }, (_, g) => `${g},Film ${g},Genre ${g}\n`).join('')}`;
}

const HEADER = 'userId,movieId,rating,timestamp\n';
const good = (rows: number) => Array.from({ length: rows }, (_, n) => `1,${n},3,4\n`).join('');
const long = 'x'.repeat(500);

/** What the file is, its content, and the error in words. */
const REFUSED: readonly (readonly [string, Content, string])[] = [
  [
    'a negative time',
    `${HEADER}${good(2)}1,9,3,-5\n`,
    ':4: got "1,9,3,-5", expected a timestamp in seconds since 1970, until the year 9999; column 4 is "-5"',
  ],
  [
    'a time in nanoseconds',
    `${HEADER}1,9,3,1260759144000000000\n`,
    ':2: got "1,9,3,1260759144000000000", expected a timestamp in seconds',
  ],
  ['an id with a thousands separator', `${HEADER}1,"1,234",3,4\n`, '; column 2 is "\\"1,234\\""'],
  [
    'an id with a thousands separator before more columns',
    'userId,movieId,rating,timestamp,tag\n1,"1,4",4,1000,x\n',
    ':2: got "1,\\"1,4\\",4,1000,x", expected a movieId',
  ],
  ['a quote that nothing closes', `${HEADER}1,2,"4,1000\n1,3,4,1000\n`, 'expected a rating in stars, as in 3.5'],
  ['something behind empty fields', `${HEADER}1,2,4,1000,,5\n`, 'expected the end of the line after 4 columns'],
  ['a time beyond all numbers', `${HEADER}1,9,3,1${'0'.repeat(400)}\n`, ':2: got'],
  ['a date in words', `${HEADER}1,9,3,"May 5, 2020"\n`, '; column 4 is "\\"May 5, 2020\\""'],
  ['a day that there is not', `${HEADER}1,9,3,2020-02-30\n`, ':2: got "1,9,3,2020-02-30"'],
  [
    'a user’s name',
    `${HEADER}anna,9,3,4\n`,
    ':2: got "anna,9,3,4", expected a userId, an integer from 0 to 2147483647; column 1 is "anna"',
  ],
  ['a user beyond int32', `${HEADER}2147483648,9,3,4\n`, '; column 1 is "2147483648"'],
  ['a movie beyond int32', `${HEADER}1,99999999999999999999,3,4\n`, '; column 2 is "99999999999999999999"'],
  ['a negative user', `${HEADER}-1,9,3,4\n`, '; column 1 is "-1"'],
  ['an id with a fraction', `${HEADER}1,9.5,3,4\n`, '; column 2 is "9.5"'],
  ['no rating', `${HEADER}1,9,,4\n`, 'expected a rating in stars, as in 3.5; column 3 is ""'],
  ['a rating of no number', `${HEADER}1,9,NaN,4\n`, '; column 3 is "NaN"'],
  ['too few fields', `${HEADER}1,9\n`, '; column 3 is missing'],
  ['too many fields', `${HEADER}1,9,3,4,5\n`, 'expected the end of the line after 4 columns; column 5 is "5"'],
  ['ratings up to 10', `${HEADER}1,1,8,4\n1,2,10,4\n`, '2 ratings are off the scale, first at line 2'],
  ['a bad row below CR-only lines', `${HEADER}${good(2)}x,9,3,4\n`.replaceAll('\n', '\r'), ':4: got "x,9,3,4"'],
  ['a bad row in UTF-16', Buffer.from(`\uFEFF${HEADER}${good(2)}x,9,3,4\r\n`, 'utf16le'), ':4: got "x,9,3,4"'],
  ['a bad row below blank lines', `\r\n\r\n${HEADER}${good(1)}\n1,x,3,4\n`, ':6: got "1,x,3,4"'],
  ['a bad field at the end of a long row', `title,${HEADER}${long},1,9,3,soon\n`, '; column 5 is "soon"'],
  ['a semicolon row with a bad field', 'userId;movieId;rating\n1;9;3,x\n', '; column 3 is "3,x"'],
  [
    'a header that lacks the ratings',
    'userId,movieId,timestamp\n1,2,3\n',
    ':1: got "userId,movieId,timestamp", expected a header naming userId',
  ],
  ['a header that names the movie twice', 'userId,movieId,item_id,rating\n1,2,3,4\n', ':1: got'],
  ['pandas’ index column without a header', '0,1,31,2.5,1260759144\n', ':1: got "0,1,31,2.5,1260759144"'],
  ['JSON', '[{"userId":1,"movieId":2,"rating":3}]', ':1: got "[{'],
  ['an HTML page', '<!DOCTYPE html><html><body>404</body></html>', ':1: got "<!DOCTYPE html>'],
  ['no byte', '', 'got no row, expected at least one; it holds no byte'],
  ['no byte, gzipped', gzipSync(''), 'it holds no byte'],
  ['a byte order mark alone', '\uFEFF', 'got no row'],
  ['a header alone', HEADER, 'it holds a header'],
  ['blank lines alone', '\n'.repeat(1000), 'it holds 1000 blank lines'],
  ['32 MiB of blank lines in a small gzip file', gzipSync('\n'.repeat(1 << 25)), 'it holds 33554432 blank lines'],
  ['blank CR-only lines', '\r'.repeat(1000), 'it holds 1000 blank lines'],
  [
    'a line of over a megabyte',
    `${HEADER}${good(3)}${'7'.repeat(3 << 20)}\n`,
    ':5: got a line of more than 1048576 bytes, which begins "7777',
  ],
  [
    'a line of over a megabyte in CR-only lines',
    `${HEADER}${'7'.repeat(3 << 20)}\n`.replaceAll('\n', '\r'),
    ':2: got a line of more than',
  ],
  ['zero bytes', Buffer.alloc(3 << 20), ':1: got a line of more than 1048576 bytes, which begins "\\u0000'],
  ['a zip archive', Buffer.from('PK\x03\x04 and more of the archive'), 'got a zip archive, expected text'],
  ['gzip within gzip', gzipSync(gzipSync(CSV)), 'got a gzip file within a gzip file'],
  ['a Parquet file', Buffer.from('PAR1 and more of the columns'), 'got a Parquet file'],
  ['gzip that is cut off', gzipSync(CSV).subarray(0, 50), 'cannot be read (unexpected end of file)'],
  ['gzip with a flipped byte', flipped(gzipSync(CSV.repeat(1))), 'cannot be read ('],
];

function flipped(bytes: Buffer): Buffer {
  bytes[bytes.length - 6] ^= 0xff; // in the CRC-32
  return bytes;
}

const BAD_MOVIES: readonly (readonly [string, Content, string])[] = [
  [
    'a quote that nothing closes',
    'movieId,title,genres\n1,"A",X\n2,"B,X\n3,C,X\n',
    ':3: got "2,\\"B,X", expected fields in closed quotes',
  ],
  [
    'too many columns below a title of two lines',
    'movieId,title,genres\n1,"A\nB",Drama\n2,C,Drama,\n',
    ':4: got "2,C,Drama,", expected 3 columns',
  ],
  [
    'a bad id in a title of two lines',
    'movieId,title,genres\n1,A,Drama\nx,"B\nC",Drama\n',
    ':3: got "x,B\\nC,Drama", expected a movieId',
  ],
  [
    'an id beyond int32',
    'movieId;title;genres\n2147483648;A;Drama\n',
    ':2: got "2147483648;A;Drama", expected a movieId from 0 to 2147483647',
  ],
  [
    '1,001 genres',
    manyGenres(1001),
    ':1002: got "1000,Film 1000,Genre 1000", expected at most 1000 genres in the file, separated by "|"',
  ],
  [
    '130 MiB in a small gzip file',
    gzipSync(Buffer.alloc(130 << 20, '1,A,Drama\n'), { level: 1 }),
    'got more than 128 MiB of text, expected a movie file',
  ],
  ['a zip archive', Buffer.from('PK\x03\x04 and more of the archive'), 'got a zip archive, expected text'],
];

describe('a file that cannot be trained on', () => {
  it.each(REFUSED)('because it has %s is refused while reading', async (_, content, words) => {
    const folder = await temporaryFolder();
    const path = await writeTemporary('ratings.csv', content, folder);
    expectClear(await errorOf(loadDataset(folder)), path, words);
  });

  it.each(BAD_MOVIES)('because its movies have %s is refused while reading', async (_, content, words) => {
    const folder = await temporaryFolder();
    await writeTemporary('ratings.csv', CSV, folder);
    const path = await writeTemporary('movies.csv', content, folder);
    expectClear(await errorOf(loadDataset(folder)), path, words);
  });

  it.each(['ratings.csv', 'movies.csv'])('because %s is a folder is refused while reading', async (name) => {
    const folder = await temporaryFolder();
    await writeTemporary('u.data', CSV, folder);
    await mkdir(join(folder, name));
    const error = await errorOf(loadDataset(folder));
    expect(error.message).toBe(`${join(folder, name)}: got a folder, expected a file`);
  });

  it('because it is a device is refused while reading', async () => {
    const error = await errorOf(loadDataset('/dev/null'));
    expect(error.message).toBe('/dev/null: got a device or socket, expected a file');
  });
});

/** The error names the file, says these words and how to mend it, and stays short. */
function expectClear(error: Awaited<ReturnType<typeof errorOf>>, path: string, words: string): void {
  expect(error.message.startsWith(path)).toBe(true);
  expect(error.message).toContain(words);
  expect(error.fix).toBeTruthy();
  expect(error.message.length - path.length).toBeLessThan(400);
}

describe('what people are told of a file', () => {
  async function notesOf(ratings: string, movies?: string): Promise<string[]> {
    const notes: string[] = [];
    const folder = await temporaryFolder();
    const path = await writeTemporary('ratings.csv', ratings, folder);
    if (movies) await writeTemporary('movies.csv', movies, folder);
    await loadDataset(folder, { onNote: (note) => notes.push(note) });
    expect(notes.every((note) => note.startsWith(`${path}: `))).toBe(true);
    return notes.map((note) => note.slice(path.length + 2));
  }

  it('is nothing where there is nothing to say', async () => {
    expect(await notesOf(CSV, TITLES)).toEqual([]);
  });

  it.each([
    ['milliseconds', timed((t) => t * 1000), '2 times are in milliseconds: converted to seconds'],
    ['one time in microseconds', `${CSV}3,3,3,1260759144000000\n`, '1 time is in microseconds: converted to seconds'],
    ['fractions', timed((t) => `${t}.5`), '2 times are in fractions of a second: cut to whole seconds'],
    ['dates', timed(iso), '2 times are written as dates: read as UTC where no zone is named'],
    [
      'no times',
      timed(() => ''),
      'no rating has a time: the order of the rows in the file counts as the order in time',
    ],
    [
      'some times',
      `${CSV}3,3,3,\n`,
      '1 of 3 ratings have no time: the ratings of their users count in the order of the file',
    ],
    [
      'times that are years',
      `${HEADER}1,2,3,2016\n2,3,4,2017\n`,
      'the newest time is 2017: times are seconds since 1970, and this looks like a year or a day',
    ],
    [
      'times that are days of a table program',
      `${HEADER}1,2,3,42457\n2,3,4,42456\n`,
      'the newest time is 42457: times are seconds since 1970, and this looks like a year or a day',
    ],
    [
      'one user',
      `${HEADER}1,2,3,4\n1,3,4,5\n`,
      'all ratings are of one user: nothing can be learned from what others like',
    ],
    ['one movie', `${HEADER}1,2,3,4\n2,2,4,5\n`, 'all ratings are of one movie: there is nothing to recommend'],
    [
      'equal ratings',
      `${HEADER}1,2,3,4\n2,3,3,5\n`,
      'all ratings are 3 stars: every prediction will be 3. Rate on a scale to learn tastes',
    ],
  ])('names %s once', async (_, ratings, note) => {
    expect(await notesOf(ratings, TITLES)).toEqual([note]);
  });

  it('names the movie file that is not there', async () => {
    expect(await notesOf(CSV)).toEqual([
      'no movie file beside the ratings names a movie: ids stand for titles, genres and years are unknown. Put a movies.csv there',
    ]);
  });
});
