import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadDataset, loadPairs, loadRatings, loadSplitPair } from '../../../trainer/data/index.ts';
import { resolveDataset } from '../../../trainer/data/locate.ts';
import { errorOf, rowsOf, temporaryFolder, writeTemporary } from './files.ts';

const SHARED = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

describe('the embedded data set', () => {
  it('the embedded data set has 100,004 ratings by 671 users of 9,066 movies, each with its title', async () => {
    const { name, ratings, movies, sha256 } = await loadDataset('ml-latest-small-2016');
    expect(name).toBe('ml-latest-small-2016');
    expect(ratings.count).toBe(100_004);
    expect(new Set(ratings.userIds).size).toBe(671);
    expect(new Set(ratings.movieIds).size).toBe(9_066);
    expect(movies.size).toBe(9_066);
    expect([...ratings.movieIds].every((movieId) => movies.has(movieId))).toBe(true);
    expect(rowsOf(ratings)[0]).toEqual([1, 31, 2.5, 1260759144]);
    expect(movies.get(2571)).toEqual({
      movieId: 2571,
      title: 'Matrix, The',
      year: 1999,
      genres: ['Action', 'Sci-Fi', 'Thriller'],
    });
    expect(sha256).toBe('fbc68d2b2f07115b5f1461c0b1467058ffb90bd9d17ac5b52615bb9b43dd9b63');
  });
});

describe('loadDataset', () => {
  it('loadDataset reads the ratings of a folder and the movies beside them', async () => {
    const folder = await temporaryFolder();
    await writeTemporary('ratings.dat', '1::2::3::4\n', folder);
    await writeTemporary('movies.dat', '2::Heat (1995)::Crime\n', folder);
    const { name, ratings, movies } = await loadDataset(folder);
    expect(name).toBe(basename(folder));
    expect(rowsOf(ratings)).toEqual([[1, 2, 3, 4]]);
    expect([...movies.keys()]).toEqual([2]);
  });

  it('loadDataset reads one file of any name, and the movies beside it where there are any', async () => {
    const folder = await temporaryFolder();
    const path = await writeTemporary('mine.txt', '1\t2\t3\t4\n', folder);
    expect((await loadDataset(path)).movies.size).toBe(0);
    await writeTemporary('movies.csv.gz', 'movieId,title,genres\n2,Heat (1995),Crime\n', folder);
    const { name, movies } = await loadDataset(path);
    expect(name).toBe('mine.txt');
    expect(movies.get(2)?.title).toBe('Heat');
  });

  it('loadDataset says which of two rating files it leaves out, and finds a file in capitals', async () => {
    const folder = await temporaryFolder();
    await writeTemporary('Ratings.CSV', 'userId,movieId,rating\n1,1,4\n', folder);
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    expect((await loadDataset(folder, { onNote })).ratings.stars).toEqual(Float32Array.of(4));
    expect(notes.filter((note) => note.includes('beside it'))).toEqual([]);
    await writeTemporary('ratings.dat', '1::1::2::1\n', folder);
    expect((await loadDataset(folder, { onNote })).ratings.stars).toEqual(Float32Array.of(4));
    expect(notes.filter((note) => note.includes('beside it'))).toEqual([
      `${join(folder, 'Ratings.CSV')} is read, and not ratings.dat beside it`,
    ]);
  });

  it('loadDataset prefers the plain file to a gzipped one beside it', async () => {
    const folder = await temporaryFolder();
    await writeTemporary('u.data.gz', '9\t9\t5\t9\n', folder);
    expect(rowsOf((await loadDataset(folder)).ratings)).toEqual([[9, 9, 5, 9]]);
    await writeTemporary('u.data', '1\t2\t3\t4\n', folder);
    expect(rowsOf((await loadDataset(folder)).ratings)).toEqual([[1, 2, 3, 4]]);
  });

  it('loadDataset says what it looked for in a folder without ratings', async () => {
    const folder = await temporaryFolder();
    const error = await errorOf(loadDataset(folder));
    expect(error.code).toBe('bad-data');
    expect(error.message).toBe(
      `${folder}: no rating file, looked for ratings.csv, ratings.dat, u.data, rating.csv (plain or .gz)`,
    );
  });

  it('loadDataset lists the known names for an unknown name that is no path', async () => {
    const error = await errorOf(loadDataset('ml-2m'));
    expect(error.code).toBe('unknown-dataset');
    expect(error.message).toBe('"ml-2m" is neither a file, a folder nor a known data set');
    expect(error.fix).toContain(
      'ml-latest-small-2016, ml-latest-small, ml-100k, ml-1m, ml-10m, ml-20m, ml-25m, ml-32m',
    );
  });

  it('loadDataset takes a known set from the shared folder where it is there', async () => {
    const sharedFolder = await temporaryFolder();
    await mkdir(join(sharedFolder, 'ml-32m'));
    const ratings = await writeTemporary('ratings.csv', 'userId,movieId,rating\n1,2,3\n', join(sharedFolder, 'ml-32m'));
    expect(await resolveDataset('ml-32m', { sharedFolder })).toEqual({
      name: 'ml-32m',
      path: join(sharedFolder, 'ml-32m'),
      ratings,
      movies: null,
    });
  });
});

describe('the digest of a data set', () => {
  const digest = async (name: string, content: string) =>
    (await loadDataset(await writeTemporary(name, content))).sha256;

  it('the digest depends neither on layout nor on order nor on dropped duplicates', async () => {
    const known = await digest('r.csv', 'userId,movieId,rating,timestamp\n1,2,3.5,4\n1,1,3,9\n7,1,0.5,0\n');
    expect(known).toMatch(/^[0-9a-f]{64}$/);
    expect(await digest('r.dat', '7::1::0.5::0\n1::1::3::9\n1::2::3.5::4\n')).toBe(known);
    expect(await digest('u.data.gz', '1\t2\t5\t3\n1\t1\t3\t9\n7\t1\t0.5\t0\n1\t2\t3.5\t4\n')).toBe(known);
  });

  it.each([
    ['a user', '2,2,3.5,4'],
    ['a movie', '1,3,3.5,4'],
    ['a rating', '1,2,3,4'],
    ['a timestamp', '1,2,3.5,5'],
  ])('the digest changes with %s', async (_, row) => {
    expect(await digest('r.csv', `${row}\n`)).not.toBe(await digest('r.csv', '1,2,3.5,4\n'));
  });

  it('the digest is the SHA-256 of 20 little-endian bytes a row', async () => {
    const row = Buffer.alloc(20);
    row.writeInt32LE(1, 0);
    row.writeInt32LE(2, 4);
    row.writeFloatLE(3.5, 8);
    row.writeDoubleLE(4, 12);
    expect(await digest('r.csv', '1,2,3.5,4\n')).toBe(createHash('sha256').update(row).digest('hex'));
  });
});

describe('loadRatings and loadPairs', () => {
  it('loadRatings and loadPairs read a file of any layout', async () => {
    expect(rowsOf(await loadRatings(await writeTemporary('SHOWN.csv', 'userId,movieId,rating\n1,2,3\n')))).toEqual([
      [1, 2, 3, 0],
    ]);
    expect((await loadPairs(await writeTemporary('PAIRS.csv', 'userId,movieId\n1,2\n1,2\n'))).count).toBe(2);
  });

  it('loadRatings and loadPairs name a missing file', async () => {
    const error = await errorOf(loadRatings('/no/such/SHOWN.csv'));
    expect(error.code).toBe('not-found');
    expect(error.message).toBe('/no/such/SHOWN.csv: no such file or folder');
  });
});

describe('loadSplitPair', () => {
  it('loadSplitPair reads the base and the test file of a split', async () => {
    const folder = await temporaryFolder();
    await writeTemporary('u1.base', '1\t2\t3\t4\n', folder);
    await writeTemporary('u1.test.gz', '1\t3\t5\t6\n', folder);
    const { train, test } = await loadSplitPair(folder, 'u1');
    expect(rowsOf(train)).toEqual([[1, 2, 3, 4]]);
    expect(rowsOf(test)).toEqual([[1, 3, 5, 6]]);
  });

  it('loadSplitPair names a missing file', async () => {
    const folder = await temporaryFolder();
    await writeTemporary('u2.base', '1\t2\t3\t4\n', folder);
    const error = await errorOf(loadSplitPair(folder, 'u2'));
    expect(error.code).toBe('bad-data');
    expect(error.message).toContain('looked for u2.test (plain or .gz)');
  });

  it('loadSplitPair refuses an unknown split name', async () => {
    const error = await errorOf(loadSplitPair(await temporaryFolder(), 'u6'));
    expect(error.code).toBe('bad-flag');
    expect(error.message).toBe('got the split "u6", expected u1 to u5, ua or ub');
  });
});

describe('real data', () => {
  it.skipIf(!existsSync(join(SHARED, 'ml-100k')))(
    'ML-100K is read as published (skipped where ../shared lacks it)',
    async () => {
      const { ratings, movies } = await loadDataset('ml-100k');
      const { train, test } = await loadSplitPair('ml-100k', 'u1');
      expect(ratings.count).toBe(100_000);
      expect(movies.size).toBe(1_682);
      expect(movies.get(1)).toEqual({
        movieId: 1,
        title: 'Toy Story',
        year: 1995,
        genres: ['Animation', "Children's", 'Comedy'],
      });
      expect([train.count, test.count]).toEqual([80_000, 20_000]);
    },
  );

  it.skipIf(!existsSync(join(SHARED, 'ml-1m')))(
    'ML-1M is read as published (skipped where ../shared lacks it)',
    async () => {
      const { ratings, movies } = await loadDataset('ml-1m');
      expect(ratings.count).toBe(1_000_209);
      expect(new Set(ratings.userIds).size).toBe(6_040);
      expect(movies.size).toBe(3_883);
      expect(movies.get(73)?.title).toBe('Misérables, Les');
    },
  );
});
