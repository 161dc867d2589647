import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { importOwn } from '../../../../trainer/data/own/import.ts';
import { bookShop, csvOf, jsonLinesOf } from '../../../fixtures/book-shop.ts';
import { errorOf, rowsOf, temporaryFolder, writeTemporary } from '../files.ts';

const SHOP = bookShop({ books: 40, readers: 30, ratings: 12 });

/** A data set of two files, made in a folder, and read again. */
async function made(films: string, events: string, { to, scale }: { to?: string; scale?: string } = {}) {
  const folder = to ?? (await temporaryFolder());
  const own = {
    films: await writeTemporary('shop', films),
    events: await writeTemporary('done', events),
    scale,
    to: folder,
  };
  const { notes } = await importOwn(own);
  const dataset = await loadDataset(folder);
  const numberOf = new Map([...dataset.movies.values()].map(({ movieId, own }) => [own!.id, movieId]));
  return { folder, notes, dataset, numberOf };
}

const FILMS = 'id,title,year,tags\na,Alpha,1999,x|y\nb,Beta,,x\nc,Gamma,2001-05-03,\n';

/** Stars by film id, of events of one person. */
async function starsOf(events: string, scale?: string) {
  const { dataset, numberOf } = await made(FILMS, events, { scale });
  const { movieIds, stars } = dataset.ratings;
  const idOf = new Map([...numberOf].map(([id, movieId]) => [movieId, id]));
  return Object.fromEntries(Array.from(movieIds, (movieId, i) => [idOf.get(movieId), stars[i]]));
}

describe('importOwn', () => {
  it.each([
    ['a decimal comma without quotes', 'user,item,rating\nann,a,4,5\n', /:2: .*expected no more fields than there are/],
    ['a column that stands twice', 'user,user,item,rating\nann,bob,a,4\n', /:1: .*expected one column user, not two/],
  ])('%s is refused, since nobody knows what holds', async (_, events, message) => {
    await expect(made(FILMS, events)).rejects.toThrow(message);
  });

  it('an empty field behind the last column is nothing', async () => {
    expect(await starsOf('user,item,rating\nann,a,4,\nann,b,"3,5",,\n')).toEqual({ a: 4, b: 3.5 });
  });

  it('says which films come again under another title, and whose year is none', async () => {
    const films = 'id,title,year\na,Alpha,1999\na,Alpha,1999\nb,Beta,MCM\nb,Beta Two,-700\nc,Gamma,\n';
    const { dataset, notes } = await made(films, 'user,item,rating\nann,a,4\nann,b,3\n');
    expect([...dataset.movies.values()].map(({ title, year }) => [title, year])).toEqual([
      ['Alpha', 1999],
      ['Beta Two', null],
      ['Gamma', null],
    ]);
    expect(notes).toEqual([
      expect.stringMatching(/: 1 films come again under another title: the last one holds$/),
      expect.stringMatching(/: 2 films have a year that is none from 1000 to 2200; it is left out$/),
    ]);
  });

  it('a folder with somebody’s ratings is refused, and they stay', async () => {
    const folder = await temporaryFolder();
    const mine = join(folder, 'ratings.csv');
    await writeFile(mine, 'user,item,rating\nann,a,4\n');
    const refused = importOwn({ films: await writeTemporary('shop', FILMS), events: mine, to: folder });
    await expect(refused).rejects.toThrow('holds a ratings.csv that was not made here');
    expect(await readFile(mine, 'utf8')).toBe('user,item,rating\nann,a,4\n');
  });

  it('films keep what their file says of them, under numbers, and the set is one that --data can name', async () => {
    const { dataset, numberOf } = await made(
      'id;title;year;genres;language;poster;url;available\nB-1;Heat;1995;Crime|Drama;en;https://x.example/p.jpg;https://x.example/1;no\n7;Alien;;;;;;\n',
      'user,item,rating\nann,B-1,4.5\nbob,7,3\n',
    );
    expect(numberOf.get('7')).toBe(7);
    expect(dataset.movies.get(7)).toMatchObject({ title: 'Alien', year: null, genres: [] });
    expect(dataset.movies.get(numberOf.get('B-1')!)).toEqual({
      movieId: numberOf.get('B-1'),
      title: 'Heat',
      year: 1995,
      genres: ['Crime', 'Drama'],
      own: {
        id: 'B-1',
        language: 'en',
        poster: 'https://x.example/p.jpg',
        url: 'https://x.example/1',
        available: false,
      },
    });
    expect(rowsOf(dataset.ratings).map(([, movieId, stars]) => [movieId, stars])).toEqual([
      [numberOf.get('B-1'), 4.5],
      [7, 3],
    ]);
  });

  it('JSON lines and CSV, gzipped or not, make the same set', async () => {
    const [first, second] = [
      await made(csvOf(SHOP.books), csvOf(SHOP.events), { scale: '0-10' }),
      await made(jsonLinesOf(SHOP.books), jsonLinesOf(SHOP.events), { scale: '0-10' }),
    ];
    expect(second.dataset.sha256).toBe(first.dataset.sha256);
    expect(second.dataset.movies).toEqual(first.dataset.movies);
    const packed = await temporaryFolder();
    await importOwn({
      films: await writeTemporary('books.csv.gz', csvOf(SHOP.books)),
      events: await writeTemporary('events', gzipSync(csvOf(SHOP.events))),
      scale: '0-10',
      to: packed,
    });
    expect((await loadDataset(packed)).sha256).toBe(first.dataset.sha256);
  });

  it('every id keeps its number when the files are in another order, have grown, or lost a film that came back', async () => {
    const { folder, numberOf, dataset } = await made(csvOf(SHOP.books), csvOf(SHOP.events), { scale: '0-10' });
    const reversed = [csvOf(SHOP.books.toReversed()), csvOf(SHOP.events.toReversed())] as const;
    const again = await made(...reversed, { to: folder, scale: '0-10' });
    expect(again.dataset.sha256).toBe(dataset.sha256);
    await made(csvOf(SHOP.books.slice(10)), csvOf(SHOP.events), { to: folder, scale: '0-10' });
    const grown = bookShop({ books: 60, readers: 40, ratings: 12 });
    const { numberOf: later } = await made(csvOf(grown.books), csvOf(grown.events), { to: folder, scale: '0-10' });
    expect(later.size).toBe(60);
    for (const [id, movieId] of numberOf) expect(later.get(id)).toBe(movieId);
    // In another folder too: an id alone says its number, unless two ids want the same one.
    const elsewhere = await made(...reversed, { scale: '0-10' });
    expect(elsewhere.dataset.sha256).toBe(dataset.sha256);
  });

  it('a film that got its number elsewhere keeps it', async () => {
    const to = await temporaryFolder();
    const films = await writeTemporary('films.csv', FILMS);
    const events = await writeTemporary('events.csv', 'user,item,rating\nann,a,5\n');
    await importOwn({ films, events, to, numbered: [['b', 1234]] });
    expect((await loadDataset(to)).movies.get(1234)?.own?.id).toBe('b');
    await importOwn({ films, events, to });
    expect((await loadDataset(to)).movies.get(1234)?.own?.id).toBe('b');
    expect(await readFile(join(to, 'film-numbers.jsonl'), 'utf8')).toContain('{"movieId":1234,"id":"b"}');
  });

  it('two ids never share a number, whoever came first', async () => {
    const ids = ['12', ...Array.from({ length: 300 }, (_, n) => `film ${n}`)];
    const { numberOf } = await made(
      `id,title\n${ids.map((id) => `${id},Title of ${id}\n`).join('')}`,
      'user,item,rating\nann,12,5\n',
    );
    expect(new Set(numberOf.values()).size).toBe(ids.length);
  });
});

describe('--scale', () => {
  const one = (rating: number | string) => `user,item,rating\nann,a,${rating}\n`;

  it.each([
    ['0-10', 0, 0.5],
    ['0-10', 7, 3.5],
    ['1-10', 9, 4.5],
    ['0-100', 84, 4],
    ['1-5', 3.7, 3.5],
    ['thumbs', 'up', 5],
    ['thumbs', 'down', 1],
    [undefined, 2.5, 2.5],
  ])('on the scale %s a rating of %s is %s stars', async (scale, rating, stars) => {
    expect(await starsOf(one(rating), scale)).toEqual({ a: stars });
  });

  it.each([
    ['0-10', 11],
    ['1-5', 0],
    ['thumbs', 'sideways'],
    [undefined, 7],
  ])('on the scale %s a rating of %s is refused with its line and a word about scales', async (scale, rating) => {
    const error = await errorOf(starsOf(one(rating), scale));
    expect(error).toMatchObject({ code: 'bad-row', details: { line: 2 } });
    expect(error.fix).toContain('--scale 0-10');
  });

  it('a scale that is not known is refused by name', async () => {
    expect(await errorOf(starsOf(one(3), '0-7'))).toMatchObject({ code: 'bad-flag' });
  });

  it('what a scale means for all figures is said', async () => {
    const { notes } = await made(FILMS, one(8), { scale: '0-10' });
    expect(notes).toEqual([expect.stringMatching(/one of which is 2 of your points$/)]);
  });
});

describe('events', () => {
  it('liked, watched and skipped are stars around 3, added up for each film, and a rating outweighs them', async () => {
    const events = [
      'user,item,event,weight,rating,time',
      'ann,a,liked,,,10',
      'ann,a,skipped,,,20',
      'ann,b,watched,,,30',
      'ann,c,watched,4,,40',
      'bob,a,skipped,9,,50',
      'bob,b,watched,,,60',
      'bob,b,rating,,1.5,70',
      'bob,b,liked,,,80',
    ];
    const { dataset, notes } = await made(FILMS, `${events.join('\n')}\n`);
    expect(rowsOf(dataset.ratings).map(([, , stars, time]) => [stars, time])).toEqual([
      [4, 20],
      [3.5, 30],
      [5, 40],
      [0.5, 50],
      [1.5, 70],
    ]);
    expect(notes.join()).toContain('2 liked, 3 watched, 2 skipped');
  });

  it('where nobody rates or likes, what was watched is liked, so that there is something to learn', async () => {
    expect(await starsOf('user,item,event\nann,a,watched\nann,b,skipped\n')).toEqual({ a: 4, b: 2 });
  });

  it('a file without a header is read as MovieLens writes it', async () => {
    expect(await starsOf('ann\ta\t4\t10\n'.replace('ann', '1'))).toEqual({ a: 4 });
  });

  it('a file without a row is refused', async () => {
    expect(await errorOf(starsOf('user,item,rating\n'))).toMatchObject({ code: 'bad-data', fix: expect.any(String) });
  });

  it.each([
    ['an unknown event', 'ann,a,bought,\n', 'liked, watched, skipped'],
    ['no user', ',a,liked,\n', 'column user'],
    ['a weight that is none', 'ann,a,liked,-1\n', 'weight'],
  ])('%s is refused with its line', async (_, row, expected) => {
    const error = await errorOf(starsOf(`user,item,event,weight\nann,b,liked,1\n${row}`));
    expect(error).toMatchObject({ code: 'bad-row', details: { line: 3 } });
    expect(error.message).toContain(expected);
  });
});

describe('a film file', () => {
  it.each([
    ['without a title', 'id,name of it\n1,Heat\n', 'an id of at most 200 characters and a title'],
    ['that is neither yes nor no', 'id,title,available\n1,Heat,perhaps\n', 'yes or no'],
    ['that is no JSON', '{"id": "1"\n', 'a JSON object on one line'],
  ])('%s is refused', async (_, films, expected) => {
    const error = await errorOf(made(films, 'user,item,rating\nann,1,5\n'));
    expect(error.code).toBe('bad-row');
    expect(error.message).toContain(expected);
  });

  it('with more than 100 tags keeps those that most films have, and says so', async () => {
    const rows = Array.from({ length: 150 }, (_, n) => `${n},Title,common|tag ${n}\n`).join('');
    const { dataset, notes } = await made(`id,title,tags\n${rows}`, 'user,item,rating\nann,1,5\n');
    const genres = new Set([...dataset.movies.values()].flatMap(({ genres }) => genres));
    expect(genres.size).toBe(100);
    expect(genres.has('common')).toBe(true);
    expect(notes.join()).toContain('51 genres or tags are left out');
  });

  it('an address that is none is left out, and that is said', async () => {
    const { dataset, notes } = await made('id,title,url\n1,Heat,javascript:alert(1)\n', 'user,item,rating\nann,1,5\n');
    expect(dataset.movies.get(1)?.own).toEqual({ id: '1' });
    expect(notes.join()).toContain('1 films have a poster or an address');
  });
});

describe('two files that disagree', () => {
  it('films of the events that the film file lacks are counted, with one of them', async () => {
    const { notes } = await made(FILMS, 'user,item,rating\nann,a,4\nann,A,3\nbob,zz,2\n');
    expect(notes).toEqual([
      expect.stringMatching(/2 of 3 films are not in .*shop, such as "A": they are left out of the training$/),
    ]);
  });

  it('are refused where no film of the events is in the film file, as with ids that pandas made decimals of', async () => {
    const films = 'id,title\n1,Alpha\n2,Beta\n';
    const error = await errorOf(made(films, 'user,item,rating\nann,1.0,4\nann,2.0,3\n'));
    expect(error).toMatchObject({ code: 'bad-data', fix: 'Write ids the same way in both files.' });
    expect(error.message).toMatch(/no film is in .*: got ids like "1.0", expected ids like "1"$/);
  });
});

describe('a film file', () => {
  const EVENTS = 'user,item,rating\nann,a,4\n';
  const filmsOf = async (films: string) => {
    const { dataset, notes } = await made(films, EVENTS);
    const shown = Array.from(dataset.movies.values(), ({ title, year, genres }) => [title, year, ...genres]);
    return { shown, notes };
  };

  it.each<[string, string]>([
    ['a year behind the title, where it has no column', 'id,title,genres\na,Heat (1995),Crime|Drama\n'],
    ['genres as a list of JSON', 'id,title,year,genres\na,Heat,1995,"[""Crime"", ""Drama""]"\n'],
    ['genres as a list of Python', `id,title,year,genres\na,Heat,1995,"['Crime', 'Drama']"\n`],
    ['Excel’s first line', 'sep=;\nid;title;year;genres\na;Heat;1995;Crime|Drama\n'],
    ['empty lines of Excel', 'id,title,year,genres\na,Heat,1995,Crime|Drama\n,,,\n\n,,,\n'],
  ])('may have %s', async (_, films) => {
    expect((await filmsOf(films)).shown).toEqual([['Heat', 1995, 'Crime', 'Drama']]);
  });

  it('keeps ids of JSON that are too large for a number apart', async () => {
    const films = '{"id":12345678901234567890,"title":"A"}\n{"id":12345678901234567891,"title":"B"}\n';
    const { numberOf } = await made(films, 'user,item,rating\nann,12345678901234567891,4\n');
    expect([...numberOf.keys()]).toEqual(['12345678901234567890', '12345678901234567891']);
  });

  it('with a title that lacks its quotes is read, and that is said', async () => {
    const { notes } = await filmsOf('id,title,year\na,Heat,1995\nb,Me, Myself and Irene,2000\n');
    expect(notes).toEqual([expect.stringContaining('1 of the lines: more fields than there are columns')]);
  });

  it.each([
    ['nothing', '', 'got no film, expected at least one'],
    ['columns alone', 'id,title\n', 'got no film, expected at least one'],
    ['a JSON array', '[{"id":"a","title":"Heat"}]', 'got a JSON array, expected JSON lines'],
    ['a JSON array over several lines', '[\n {"id":"a"}\n]', 'got a JSON array, expected JSON lines'],
    ['a title that is an object', '{"id":"a","title":{"en":"Heat"}}\n', 'and a title'],
  ])('of %s is refused', async (_, films, message) => {
    const error = await errorOf(made(films, EVENTS));
    expect(error.message).toContain(message);
    expect(error.fix).toBeTruthy();
  });
});

describe('an event file without a header', () => {
  it('is refused with the names of the columns', async () => {
    const error = await errorOf(made(FILMS, 'ann,a,4\nbob,b,3\n'));
    expect(error).toMatchObject({ code: 'bad-row', fix: expect.stringContaining('user, item, rating') });
  });
});
