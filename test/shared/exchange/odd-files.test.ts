import { gzipSync, strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { markOfName } from '../../../shared/exchange/layouts.ts';
import { readImport, readImportFile } from '../../../shared/exchange/read-file.ts';
import { resolveImport } from '../../../shared/exchange/resolve.ts';

const HEADER = 'Date,Name,Year,Letterboxd URI,Rating';
const FILE = `${HEADER}\n2024-01-31,"Good, the Bad, The",1966,https://boxd.it/1,4.5\n`;
const DAY = Date.UTC(2024, 0, 31) / 1000;

function filmsOf(text: string, name = '') {
  return readImport(text, name).ratings.map(({ titles, year, stars, timestamp }) => [
    titles[0],
    year,
    stars,
    timestamp,
  ]);
}

describe('a table that a table program wrote anew is read', () => {
  const semicolons = `${HEADER.replaceAll(',', ';')}\n2024-01-31;Good, the Bad, The;1966;https://boxd.it/1;4,5\n`;
  it.each([
    ['with its separator in the first line', `sep=;\r\n${semicolons}`],
    ['with the separator in quotes', `"sep=;"\n${semicolons}`],
    ['with a comma named', `sep=,\n${FILE}`],
    [
      'with each line in quotes as one cell',
      `${HEADER}\n"2024-01-31,""Good, the Bad, The"",1966,https://boxd.it/1,4.5"\n`,
    ],
    ['with the year in thousands', FILE.replace('1966', '"1,966"')],
    ['with empty cells behind the last', FILE.replaceAll('\n', ',,\n')],
    ['with stars drawn', FILE.replace('4.5', '★★★★½')],
  ])('%s', (_, text) => {
    expect(filmsOf(text)).toEqual([['Good, the Bad, The', 1966, 4.5, DAY]]);
  });

  it.each([
    '2024/01/31',
    '31.01.2024',
    '31.1.24',
    '31/01/2024',
    '1/31/2024',
    '1/31/2024 11:05 PM',
    '31-01-2024',
    '31-Jan-24',
    '31 Jan 2024',
    'Jan 31 2024',
    'January 31 2024',
    'Wed Jan 31 2024',
    'Wed Jan 31 10:00:00 2024',
    '2024-01-31T10:00:00.000Z',
    '2024年1月31日',
    '2024년 1월 31일',
    '2024. 1. 31.',
    '31. Januar 2024',
    '31-Jän-24',
    '31 janv. 2024',
    '31 de enero de 2024',
    '31 gennaio 2024',
    '31 de jan. de 2024',
    '31 januari 2024',
  ])('with the day "%s"', (day) => {
    expect(filmsOf(FILE.replace('2024-01-31', day))[0][3]).toBe(DAY);
  });

  it.each([
    ['14. März 2024', 2],
    ['1 avr. 2024', 3],
    ['1 mai 2024', 4],
    ['1 maggio 2024', 4],
    ['1 juin 2024', 5],
    ['1 giugno 2024', 5],
    ['1 juillet 2024', 6],
    ['1 août 2024', 7],
    ['1 de agosto de 2024', 7],
    ['1 de setembro de 2024', 8],
    ['1. Okt. 2024', 9],
    ['1 ottobre 2024', 9],
    ['1 déc. 2024', 11],
    ['1. Dez. 2024', 11],
  ])('with the month in "%s"', (day, month) => {
    const [seconds] = filmsOf(FILE.replace('2024-01-31', day)).map((film) => Number(film[3]));
    expect(new Date(seconds * 1000).getUTCMonth()).toBe(month);
  });

  it.each(['31. Foo 2024', '2024年13月1日', '30 février 2024'])('and "%s", which is no day, is refused', (day) => {
    expect(() => filmsOf(FILE.replace('2024-01-31', day))).toThrow(/line 2, Date: got .*, expected a day like/);
  });

  it('whose other days tell whether 5/6/2024 is in May or in June', () => {
    const days = (...dates: string[]) => filmsOf(`${HEADER}\n${dates.map((date) => `${date},M,1931,,4\n`).join('')}`);
    const [may, june] = [Date.UTC(2024, 4, 6) / 1000, Date.UTC(2024, 5, 5) / 1000];
    expect(days('5/6/2024', '5/31/2024')[0][3]).toBe(may);
    expect(days('5/6/2024', '31/5/2024')[0][3]).toBe(june);
    expect(days('6/6/2024')[0][3]).toBe(Date.UTC(2024, 5, 6) / 1000);
    for (const either of [['5/6/2024'], ['31/5/2024', '5/31/2024', '5/6/2024']])
      expect(() => days(...either)).toThrow(/got "5\/6\/2024", expected a day that is not one of two/);
    expect(() => days('24-01-31')).toThrow(/^line 2, Date: got "24-01-31", expected a day like/);
    expect(() => days('5/6/2024')).toThrow(/^line 2, Date: got "5\/6\/2024", expected a day that is not one of two/);
  });
});

describe('two files that were put together are read', () => {
  it('with the header of the second between them', () => {
    expect(filmsOf(FILE + FILE.replace('Good, the Bad, The', 'Alien'))).toHaveLength(2);
  });
});

describe('a year in the title', () => {
  it.each([
    ['The Matrix (1999),1999', 'The Matrix', 1999],
    ['The Matrix (1999),', 'The Matrix', 1999],
    ['1984 (1956),1956', '1984', 1956],
    ['Blade Runner (2049),2017', 'Blade Runner (2049)', 2017],
    ['2012,2009', '2012', 2009],
  ])('"%s" is the year, not a part of the title', (fields, title, year) => {
    expect(filmsOf(`${HEADER}\n2024-01-31,${fields},x,4\n`)).toEqual([[title, year, 4, DAY]]);
  });
});

describe('a line with more fields than there are columns', () => {
  it('is refused: a title with a comma lacks its quotes', () => {
    expect(() => readImport(`${HEADER}\n2024-01-31,Me, Myself,2000,x,4\n`)).toThrow(
      /^line 2, got ".*", expected at most 5 fields/,
    );
  });
});

describe('an id in thousands', () => {
  it.each(['"2,000"', '2.000'])('%s may be 2 or 2000, and is refused', (id) => {
    expect(() => readImport(`userId,movieId,rating\n1,${id},4\n`)).toThrow(/^line 2, movieId: got "2.000"/);
  });
});

describe('ratings of one person without a column of people', () => {
  it('are read, as movielens.org hands them out', () => {
    const { format, ratings } = readImport(
      'movie_id,imdb_id,tmdb_id,rating,average_rating,title\n2571,0133093,603,4.5,4.1,"Matrix, The (1999)"\n',
    );
    expect([format, ratings[0].movieId, ratings[0].stars, ratings[0].userId]).toEqual(['MovieLens', 2571, 4.5, null]);
  });
});

describe('ratings up to 10 become stars up to 5', () => {
  it.each([
    ['Letterboxd', 'imdbID,Title,Year,Rating10,WatchedDate\ntt1,M,1931,4,2024-01-31\n'],
    ['Letterboxd', 'imdbID,Title,Year,Rating,Rating10,WatchedDate\ntt1,M,1931,,4,2024-01-31\n'],
    [
      'Trakt',
      'rated_at,type,title,year,trakt_rating,trakt_id,imdb_id,rating\n2024-01-31T09:00:00Z,movie,M,1931,8,1,tt1,4\n',
    ],
    ['Simkl', '"SIMKL_ID","Title","Type","Year","WatchedDate","Rating"\n"1","M","movie","1931","2024-01-31","4"\n'],
  ])('of %s: %j', (format, text) => {
    expect(readImport(text).format).toBe(format);
    expect(filmsOf(text)).toEqual([['M', 1931, 2, DAY]]);
  });

  it('of Trakt and Simkl only for films', () => {
    const file = 'type,title,year,trakt_id,rating\nshow,Fargo,2014,1,4\nepisode,Fargo,1996,2,4\nmovie,Fargo,1996,3,4\n';
    expect(readImport(file)).toMatchObject({ notFilms: 2, ratings: [{ line: 4 }] });
  });
});

describe('a list without stars is what its name says', () => {
  const letterboxd =
    'Letterboxd list export v7\nDate,Name,Tags,URL,Description\n2024-01-01,Mine,,https://boxd.it/a,"one\n\ntwo"\n\n' +
    'Position,Name,Year,URL,Description\n1,M,1931,https://boxd.it/b,\n';
  const imdb =
    'Position,Const,Created,Title,URL,Title Type,Year\n1,tt1,2024-01-01,M,https://www.imdb.com/title/tt1,Movie,1931\n';
  it.each([
    ['Letterboxd', letterboxd, 8],
    ['IMDb', imdb, 2],
  ])('a list of %s', (format, text, line) => {
    expect(readImport(text, 'watchlist.csv')).toMatchObject({
      format,
      marks: [{ mark: 'watchlist', titles: ['M'], line }],
    });
    expect(() => readImport(text, 'best-of.csv')).toThrow(/its name does not say what they are/);
  });
});

describe('the name of a list', () => {
  it.each([
    ['watchlist.csv', 'watchlist'],
    ['WATCHLIST (1).csv', 'watchlist'],
    ['my watch list.csv', 'watchlist'],
    ['films-to-watch.csv', 'watchlist'],
    ['unwatched.csv', 'watchlist'],
    ['watched.csv', 'seen'],
    ['films.csv', 'seen'],
    ['films (2).csv', 'seen'],
    ['likes/films.csv', 'seen'],
    ['likes-films.csv', 'seen'],
    ['best-films-of-1999.csv', null],
    ['ratings.csv', null],
    ['', null],
  ])('"%s" says that its films are %s', (name, mark) => {
    expect(markOfName(name)).toBe(mark);
  });
});

describe('what programs write for no rating', () => {
  it.each(['', 'N/A', 'NA', 'null', '-', '\\N'])('"%s" leaves the film unrated', (nothing) => {
    expect(readImport(FILE.replace('4.5', nothing))).toMatchObject({ unrated: 1, ratings: [] });
  });
});

describe('IMDb names its title types in the language of its pages', () => {
  const file = (type: string) => readImport(`Const,Your Rating,Title,Title Type,Year\ntt1,9,Taken,${type},2008\n`);

  it.each([
    ...['Serie de TV', 'Fernsehserie', 'Série télévisée', 'Videospiel', 'Jeu vidéo', 'Episodio de TV'],
    ...['Podcast-Folge', 'Videogioco', 'Jogo eletrônico', 'Reality-TV Series', 'Serial TV', 'TV-avsnitt'],
    ...['टीवी सीरीज़', 'वीडियो गेम', 'テレビシリーズ', 'ビデオゲーム', 'TV 에피소드', '电视剧', 'сериал', 'Видеоигра'],
  ])('"%s" is no film', (type) => {
    expect(file(type)).toMatchObject({ notFilms: 1, ratings: [] });
  });

  it.each([
    ...['Movie', 'Short', 'TV Movie', 'Spielfilm', 'Longa-metragem', 'Téléfilm', 'Película', 'मूवी', '映画', '--'],
    ...['TV Mini Series', 'TV-Miniserie', 'टीवी मिनी सीरीज़', 'ミニシリーズ', 'мини-сериал'],
  ])('"%s" may be one', (type) => {
    expect(file(type)).toMatchObject({ notFilms: 0, ratings: [{ stars: 4.5 }] });
  });
});

describe('stars as people write them', () => {
  it.each([
    ['★★★½', 3.5],
    ['★ ★ ★ ½', 3.5],
    ['★★★☆☆', 3],
    ['⭐️⭐️⭐️', 3],
    ['4/5', 4],
    ['3.5 / 5', 3.5],
  ])('"%s" are %d', (text, stars) => {
    expect(readImport(FILE.replace('4.5', text)).ratings).toMatchObject([{ stars }]);
  });

  it.each(['4/10', '9/10', '80%', 'four', '0', '☆'])('"%s" are refused', (text) => {
    expect(() => readImport(FILE.replace('4.5', text))).toThrow(/line 2, Rating: got .*, expected 0\.5 to 5/);
  });
});

describe('the year of a film', () => {
  const yearIn = (text: string) =>
    readImport(`Const,Your Rating,Title,Year\ntt1,9,Taken,${text}\n`).ratings.map(({ year }) => year);

  it.each<[string, number | null]>([
    ['2008-01-27', 2008],
    ['2008–', 2008],
    ['1996-1999', 1996],
    ['2008.0', 2008],
    ['N/A', null],
    ['0', null],
    ['', null],
  ])('"%s" is %j', (text, year) => {
    expect(yearIn(text)).toEqual([year]);
  });

  it('that is none is refused', () => {
    for (const text of ['MMVIII', '08', '20080', '2008x']) expect(() => yearIn(text)).toThrow(/line 2, Year: got/);
  });
});

describe('a file without its header', () => {
  it('is told apart from one without ratings', () => {
    expect(() => readImport(FILE.slice(HEADER.length + 1))).toThrow(/the file’s columns are 2024-01-31, Good/);
    expect(() => readImport(`${HEADER}\n`)).toThrow('the file holds no ratings, only the names of its columns');
  });
});

describe('a file of another kind is named', () => {
  it.each<[string, Uint8Array]>([
    ['a PDF', strToU8('%PDF-1.7\n%')],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)],
    ['a picture', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16)],
    ['an Excel workbook', zipSync({ '[Content_Types].xml': strToU8('<x/>'), 'xl/workbook.xml': strToU8('<x/>') })],
    ['an Excel workbook', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1)],
    ['JSON', strToU8('\uFEFF[\n  {"rating": 9}]')],
    ['JSON', strToU8('{"ratings": []}')],
    ['XML', strToU8('<?xml version="1.0"?><films/>')],
    ['a web page', strToU8('\n<!DOCTYPE html><title>Sign in</title>')],
    ['gzipped twice', gzipSync(gzipSync(strToU8(FILE)))],
    ['packed in another way', Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)],
  ])('%s', (kind, bytes) => {
    expect(() => readImportFile(bytes)).toThrow(`the file is ${kind}`);
  });
});

describe('a ZIP', () => {
  const titles = (bytes: Uint8Array) => readImportFile(bytes).ratings.map((rating) => rating.titles[0]);
  const stored = zipSync({ 'ratings.csv': strToU8(FILE) }, { level: 0 });

  it.each([
    ['with the folders of Windows', { 'me\\ratings.csv': strToU8(FILE), 'me\\deleted\\diary.csv': strToU8(FILE) }],
    ['with names in capitals', { 'Ratings.CSV': strToU8(FILE) }],
    [
      'with what macOS adds',
      { 'me/ratings.csv': strToU8(FILE), '__MACOSX/me/._ratings.csv': strToU8('\0'), '._ratings.csv': strToU8('\0') },
    ],
  ])('%s is read', (_, files) => {
    expect(titles(zipSync(files))).toEqual(['Good, the Bad, The']);
  });

  it('is read with bytes behind its end', () => {
    expect(titles(Uint8Array.of(...stored, 1, 2, 3))).toEqual(['Good, the Bad, The']);
  });

  it('of two exports is refused: one would be left out without a word', () => {
    const two = zipSync({ 'ann/ratings.csv': strToU8(FILE), 'bob/ratings.csv': strToU8(FILE) });
    expect(() => readImportFile(two)).toThrow('the ZIP holds several exports, in ann/ and bob/');
    const deeper = zipSync({ 'ann/ratings.csv': strToU8(FILE), 'ann/old/ratings.csv': strToU8(FILE) });
    expect(titles(deeper)).toEqual(['Good, the Bad, The']);
  });

  it('as ZIP64 is read', () => {
    expect(titles(zip64(FILE))).toEqual(['Good, the Bad, The']);
  });

  it('whose content is not what was packed is refused, as a gzip file is: 4.5 has become 1.5', () => {
    const changed = stored.map((byte, at) => (at === new TextDecoder().decode(stored).indexOf('4.5') ? 0x31 : byte));
    expect(() => readImportFile(changed)).toThrow(/the packed file is damaged: its content is not what was packed/);
    const packed = gzipSync(strToU8(FILE));
    packed[packed.length - 8] ^= 1;
    expect(() => readImportFile(packed)).toThrow(/the packed file is damaged: its content is not what was packed/);
  });

  it('with a password is named as such', () => {
    const locked = stored.slice();
    locked[new TextDecoder('latin1').decode(stored).indexOf('PK\x01\x02') + 8] |= 1;
    expect(() => readImportFile(locked)).toThrow('ratings.csv in the ZIP is locked with a password');
  });

  it('packed in another way than deflate is refused', () => {
    const other = stored.slice();
    other[new TextDecoder('latin1').decode(stored).indexOf('PK\x01\x02') + 10] = 14;
    expect(() => readImportFile(other)).toThrow(/ratings.csv is packed in a way that only few programs read/);
  });
});

describe('a file of several people', () => {
  it('does not name a number to somebody who has none', () => {
    const file = readImport('userId,movieId,rating\n1,1,4\n2,1,4\n');
    expect(() => resolveImport(file, null, -1, 0)).toThrow('the file holds several users, and you are none of them');
  });
});

/** A stored ZIP whose sizes and places are 64 bits long and stand in the extra fields. */
function zip64(text: string): Uint8Array {
  const [name, content] = [strToU8('ratings.csv'), strToU8(text)];
  const plain = zipSync({ 'ratings.csv': content }, { level: 0 });
  const entryAt = 30 + name.length + content.length;
  const number = (bytes: number, value: number) =>
    Array.from({ length: bytes }, (_, j) => Math.floor(value / 256 ** j) % 256);
  const extra = [
    ...number(2, 1),
    ...number(2, 24),
    ...number(8, content.length),
    ...number(8, content.length),
    ...number(8, 0),
  ];
  const entry = [...plain.subarray(entryAt, entryAt + 46), ...name, ...extra];
  entry.splice(20, 8, ...number(4, 0xffffffff), ...number(4, 0xffffffff));
  entry.splice(30, 2, ...number(2, extra.length));
  entry.splice(42, 4, ...number(4, 0xffffffff));
  const end64 = [
    ...strToU8('PK\x06\x06'),
    ...number(8, 44),
    ...number(4, 0),
    ...number(8, 0),
    ...number(8, 1),
    ...number(8, 1),
  ];
  end64.push(...number(8, entry.length), ...number(8, entryAt));
  const locator = [...strToU8('PK\x06\x07'), ...number(4, 0), ...number(8, entryAt + entry.length), ...number(4, 1)];
  const end = [...strToU8('PK\x05\x06'), ...number(4, 0), ...number(2, 0xffff), ...number(2, 0xffff)];
  end.push(...number(4, 0xffffffff), ...number(4, 0xffffffff), ...number(2, 0));
  return Uint8Array.from([...plain.subarray(0, entryAt), ...entry, ...end64, ...locator, ...end]);
}

describe('what another site calls a rating', () => {
  it('is nobody’s stars: a file with an address, but none of Letterboxd’s, is not read', () => {
    expect(() => readImport('Name,Year,URL,Rating\nM,1931,https://x.example/m,4.1\n')).toThrow(
      /the file’s columns are/,
    );
  });
});
