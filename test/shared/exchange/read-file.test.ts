import { gzipSync, strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readImport, readImportFile } from '../../../shared/exchange/read-file.ts';

const HEADER = 'userId,movieId,rating,timestamp';
const MOVIELENS = `${HEADER}\n7,10,4.5,100\n7,20,1,200\n`;
const RATINGS = [
  [7, 10, 4.5, 100],
  [7, 20, 1, 200],
];

function read(text: string) {
  return readImport(text).ratings.map(({ userId, movieId, stars, timestamp }) => [userId, movieId, stars, timestamp]);
}

function utf16(text: string, littleEndian: boolean, mark = true): Uint8Array {
  const letters = [...(mark ? '\uFEFF' : ''), ...text];
  const view = new DataView(new ArrayBuffer(2 * letters.length));
  for (const [j, letter] of letters.entries()) view.setUint16(2 * j, letter.charCodeAt(0), littleEndian);
  return new Uint8Array(view.buffer);
}

describe('MovieLens ratings are read', () => {
  it.each([
    ['with commas', MOVIELENS],
    ['with "::"', MOVIELENS.replaceAll(',', '::')],
    ['with "::" and no header', '7::10::4.5::100\n7::20::1::200'],
    ['with tabs and a header', MOVIELENS.replaceAll(',', '\t')],
    ['with tabs and no header', '7\t10\t4.5\t100\n7\t20\t1\t200\n'],
    ['with commas and no header', '7,10,4.5,100\n7,20,1,200\n'],
    ['with semicolons and decimal commas', MOVIELENS.replaceAll(',', ';').replace('4.5', '4,5')],
    ['with semicolons, decimal commas and no header', '7;10;4,5;100\n7;20;1,0;200\n'],
    ['in quotes', '"userId","movieId","rating","timestamp"\n"7","10","4,5","100"\n"7","20","1","200"\n'],
    ['in snake case', MOVIELENS.replace(HEADER, 'user_id,movie_id,rating,timestamp')],
    ['in another order', 'timestamp,Rating,MovieID,UserID\n100,4.5,10,7\n200,1,20,7\n'],
    ['with the index column of pandas and its decimals', `,${HEADER}\n0,7.0,10.0,4.5,100.0\n1,7,20,1.0,2e2\n`],
    ['with CRLF', MOVIELENS.replaceAll('\n', '\r\n')],
    ['with CR alone', MOVIELENS.replaceAll('\n', '\r')],
    ['with blank lines', `\n${MOVIELENS.replaceAll('\n', '\n\n  \n')}`],
    ['with a byte order mark', `\uFEFF${MOVIELENS}`],
  ])('%s', (_, text) => {
    expect(read(text)).toEqual(RATINGS);
  });

  it.each([
    ['without a column of times', 'userId,movieId,rating\n7,10,4.5\n'],
    ['without times or header', '7::10::4.5\n'],
    ['with a blank time', `${HEADER}\n7,10,4.5,\n`],
  ])('%s', (_, text) => {
    expect(read(text)).toEqual([[7, 10, 4.5, null]]);
  });
});

describe('a file as it was handed out', () => {
  const file = `Date,Name,Year,Letterboxd URI,Rating\n2023-05-14,Amélie – “Ça va”,2001,https://boxd.it/1,4.5\n`;
  const oneByte = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const windows = oneByte(file.replace('–', '\x96').replace('“', '\x93').replace('”', '\x94'));
  const titles = (bytes: Uint8Array) => readImportFile(bytes).ratings.flatMap((rating) => rating.titles);

  it.each<[string, Uint8Array]>([
    ['UTF-8', strToU8(file)],
    ['UTF-8 with a mark', strToU8(`\uFEFF${file}`)],
    ['UTF-16 LE', utf16(file, true)],
    ['UTF-16 BE', utf16(file, false)],
    ['UTF-16 LE without a mark', utf16(file, true, false)],
    ['UTF-16 BE without a mark', utf16(file, false, false)],
    ['Windows-1252', windows],
    ['gzip', gzipSync(strToU8(file))],
    ['gzip of Windows-1252', gzipSync(windows)],
    ['gzip of a ZIP', gzipSync(zipSync({ 'ratings.csv': strToU8(file) }))],
    ['a ZIP', zipSync({ 'diary.csv': strToU8('Date,Name\n'), 'ratings.csv': strToU8(file) })],
    ['a ZIP with folders', zipSync({ 'deleted/old/ratings.csv': strToU8('a\n'), 'export/ratings.csv': strToU8(file) })],
    ['a ZIP that is only stored', zipSync({ 'ratings.csv': strToU8(file) }, { level: 0 })],
  ])('is read as %s', (_, bytes) => {
    expect(titles(bytes)).toEqual(['Amélie – “Ça va”']);
  });

  it('is read as Latin-1', () => {
    expect(titles(oneByte(file.replace(/[–“”]/g, '')))).toEqual(['Amélie  Ça va']);
  });

  it('is refused where it is damaged, holds no ratings.csv or is too large unpacked', () => {
    const zip = zipSync({ 'ratings.csv': strToU8(file.repeat(50)) });
    expect(() => readImportFile(zip.subarray(0, 60))).toThrow(/the packed file is damaged/);
    expect(() => readImportFile(gzipSync(strToU8(file)).subarray(0, 40))).toThrow(/the packed file is damaged/);
    const others = { 'profile.csv': strToU8(file), 'comments.csv': strToU8(file), 'deleted/diary.csv': strToU8(file) };
    expect(() => readImportFile(zipSync(others))).toThrow(
      /the ZIP holds no ratings.csv, but profile.csv, comments.csv/,
    );
    const empty = { 'ratings.csv': strToU8('Date,Name\n'), 'diary.csv': strToU8('Date,Name\n') };
    expect(() => readImportFile(zipSync(empty))).toThrow(/the files of the ZIP hold no films/);
    const two = { 'ratings.csv': strToU8(file.repeat(9)), 'diary.csv': strToU8(file.repeat(9)) };
    expect(() => readImportFile(zipSync(two), 1500)).toThrow(/unpacked, the file is larger than 1500 bytes/);
    const wrong = { 'ratings.csv': strToU8(file), 'diary.csv': strToU8(file.replace('4.5', '4.7')) };
    expect(() => readImportFile(zipSync(wrong))).toThrow(/^diary.csv: line 2, Rating: got 4.7, expected 0.5 to 5/);
    expect(() => readImportFile(zip, 1000)).toThrow(/unpacked, the file is larger than 1000 bytes/);
  });
});

describe('a Letterboxd diary', () => {
  it('has the day on which the film was watched, or that of the entry where there is none', () => {
    const diary =
      'Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n' +
      '2023-05-01,Alien,1979,https://boxd.it/d1,2.5,Yes,"a\nb",2023-04-30\n' +
      '2024-02-01,Alien,1979,https://boxd.it/d3,5,,,\n';
    const { ratings } = readImport(diary);
    expect(ratings.map(({ line, timestamp, address }) => [line, timestamp, address])).toEqual([
      [2, Date.UTC(2023, 3, 30) / 1000, ''],
      [4, Date.UTC(2024, 1, 1) / 1000, ''],
    ]);
  });
});

describe('a MovieLens file', () => {
  it.each([
    ['2016-03-28', 0],
    ['2016-03-28 13:46:40', 49_600],
    ['2016-03-28T13:46:40.5Z', 49_600],
    ['2016-03-28T15:46:40+02:00', 49_600],
  ])('may have dates as times: "%s"', (date, seconds) => {
    const { ratings } = readImport(`${HEADER}\n1,10,4,${date}\n`);
    expect(ratings[0].timestamp).toBe(Date.UTC(2016, 2, 28) / 1000 + seconds);
  });

  it.each(['2016-02-30', '1969-12-31', '28/03/2016', 'nan'])('has no time in "%s"', (text) => {
    expect(() => readImport(`${HEADER}\n1,10,4,${text}\n`)).toThrow(
      /^line 2, timestamp: got ".*", expected seconds since/,
    );
  });
});

describe('an IMDb export', () => {
  it('of before 2017 is read: "You rated" and "created"', () => {
    const old =
      '"position","const","created","modified","description","Title","Title type","Directors","You rated","IMDb Rating",' +
      '"Runtime (mins)","Year","Genres","Num. Votes","Release Date (month/day/year)","URL"\n' +
      '"1","tt0133093","Sun Mar  1 00:00:00 2015","","","The Matrix","Feature Film","","9","8.7","136","1999","","1","",""\n';
    const { format, ratings } = readImport(old);
    expect(format).toBe('IMDb');
    expect(ratings).toMatchObject([
      { titles: ['The Matrix'], year: 1999, stars: 4.5, timestamp: Date.UTC(2015, 2, 1) / 1000, imdbId: 133093 },
    ]);
  });

  it('of 2017 has its time in "Date Added"', () => {
    const { ratings } = readImport(
      'Const,Your Rating,Date Added,Title,Title Type,Year\ntt0133093,9,2015-03-01,The Matrix,movie,1999\n',
    );
    expect(ratings[0].timestamp).toBe(Date.UTC(2015, 2, 1) / 1000);
  });

  it.each([
    ['Video Game', 0],
    ['videoGame', 0],
    ['TV Episode', 0],
    ['tvEpisode', 0],
    ['TV Series', 0],
    ['tvSeries', 0],
    ['Podcast Series', 0],
    ['Podcast Episode', 0],
    ['Music Video', 0],
    ['Movie', 1],
    ['Feature Film', 1],
    ['TV Movie', 1],
    ['tvMovie', 1],
    ['TV Mini Series', 1],
    ['tvMiniSeries', 1],
    ['Short', 1],
    ['Video', 1],
    ['TV Special', 1],
    ['', 1],
  ])('a row of the type "%s" is a film or is counted as none', (type, films) => {
    const { ratings, notFilms, unrated } = readImport(
      `Const,Your Rating,Date Rated,Title,Title Type,Year\ntt1,9,2015-03-01,Taken,${type},2008\n`,
    );
    expect([ratings.length, notFilms, unrated]).toEqual([films, 1 - films, 0]);
  });
});

describe('a file that cannot be read is refused with its true line, the column, what came and what was expected', () => {
  it.each([
    [`${HEADER}\r\n\r\n1,10,4,1\r\n1,x,4,1\r\n`, /^line 4, movieId: got "x", expected a whole number/],
    [`${HEADER}\r1,10,4,1\r1,20,four,1\r`, /^line 3, rating: got "four", expected 0.5 to 5 in steps/],
    ['1;10;4,5;1\n1;20;4,7;1\n', /^line 2, rating: got 4.7, expected 0.5 to 5 in steps of 0.5/],
    ['user_id,movie_id,rating\n1,10,\n', /^line 2, rating: got nothing, expected 0.5 to 5/],
    ['user_id,movie_id,rating\n1,10\n', /^line 2, got "1,10", expected at least 3 fields between ","/],
    ['1::10::4::1::9\n', /^line 1, got "1, 10, 4, 1, 9", expected a header, or userId, movieId, rating, timestamp/],
    ['1,10,4\n1,"20,3\n1,30,3\n', /^line 2: the file is not CSV, a quote opens and none closes it: "1,\\"20,3"/],
    [
      'Date,Name,Year,Letterboxd URI,Rating\n2024-02-30,M,1931,x,4\n',
      /^line 2, Date: got "2024-02-30", expected a day/,
    ],
    ['Date,Name,Year,Letterboxd URI,Rating\n2024-02-03,M,31,x,4\n', /^line 2, Year: got "31", expected a whole number/],
    [
      'Date,Name,Year,Letterboxd URI,Rating\n2024-02-03,"a\nb\nc",1931,x,4\n2024-02-03,M,1931,x,9\n',
      /^line 5, Rating: got 9/,
    ],
    [`${HEADER}\n`, /the file holds no ratings/],
    ['a,b\n1,2\n', /columns are a, b/],
  ])('%j', (text, message) => {
    expect(() => readImport(text)).toThrow(message);
  });

  it('shows at most 80 characters of it', () => {
    for (const text of [
      `${HEADER}\n1,${'x'.repeat(500)},4,1\n`,
      `${'y,'.repeat(500)}z\n1\n`,
      `1,"${'z'.repeat(500)}`,
    ]) {
      expect(() => readImport(text)).toThrow(/^(?!.*([xyz],?(, )?){81})/);
    }
  });
});
