import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultCacheFolder } from '../../../../trainer/data/download/cache.ts';
import type { Progress } from '../../../../trainer/data/download/progress.ts';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { errorOf, rowsOf, temporaryFolder } from '../files.ts';
import { md5Line, serve, serveArchive, zipOf } from './archive.ts';

const ROWS = Array.from({ length: 400 }, (_, n) => [n % 20, Math.floor(n / 20), (n % 9) / 2 + 0.5, 7 * n] as const);
const FILES = {
  'ml-1m/': '',
  'ml-1m/ratings.dat': ROWS.map((row) => `${row.join('::')}\n`).join(''),
  'ml-1m/movies.dat': '2::Heat (1995)::Crime\n',
  'ml-1m/README': 'Conditions\n',
  'ml-1m/genome-scores.csv': 'a large file that nobody reads',
};
const ZIP = zipOf(FILES);

describe('a known data set that is not on the disk', () => {
  let cacheFolder: string;
  let sharedFolder: string;
  let seen: Progress[];

  beforeEach(async () => {
    cacheFolder = join(await temporaryFolder(), 'marquee');
    sharedFolder = await temporaryFolder();
    seen = [];
  });

  const load = (baseUrl: string, more: object = {}) =>
    loadDataset('ml-1m', {
      baseUrl,
      cacheFolder,
      sharedFolder,
      onProgress: (progress) => seen.push(progress),
      ...more,
    });

  it('is downloaded, checked, unpacked, and found in the cache the next time', async () => {
    const { baseUrl, requests } = await serveArchive(ZIP);
    const { name, ratings, movies } = await load(baseUrl);
    expect(name).toBe('ml-1m');
    expect(rowsOf(ratings)).toEqual(ROWS);
    expect(movies.get(2)?.title).toBe('Heat');
    expect(await readdir(cacheFolder)).toEqual(['ml-1m']);
    expect((await readdir(join(cacheFolder, 'ml-1m'))).sort()).toEqual(['README', 'movies.dat', 'ratings.dat']);
    expect(requests).toEqual(['/ml-1m.zip.md5 -', '/ml-1m.zip -']);
    await load(baseUrl);
    expect(requests.length).toBe(2);
  });

  it('reports its progress in bytes', async () => {
    await load((await serveArchive(ZIP)).baseUrl);
    const downloads = seen.filter(({ phase }) => phase === 'download');
    const unpackings = seen.filter(({ phase }) => phase === 'unpack');
    expect(downloads.at(0)).toEqual({ phase: 'download', file: 'ml-1m.zip', doneBytes: 0, totalBytes: ZIP.length });
    expect(downloads.at(-1)?.doneBytes).toBe(ZIP.length);
    expect(unpackings.at(-1)?.doneBytes).toBe(unpackings.at(-1)?.totalBytes);
  });

  it('resumes after a cut connection as long as each connection brings bytes', async () => {
    const { baseUrl, requests } = await serveArchive(ZIP, { cutAfter: [500, 200] });
    expect(rowsOf((await load(baseUrl)).ratings)).toEqual(ROWS);
    expect(requests).toEqual(['/ml-1m.zip.md5 -', '/ml-1m.zip -', '/ml-1m.zip bytes=500-', '/ml-1m.zip bytes=700-']);
  });

  it('keeps the bytes that arrived when a connection brings none, and resumes in the next run', async () => {
    const { baseUrl, requests } = await serveArchive(ZIP, { cutAfter: [500, 0] });
    const error = await errorOf(load(baseUrl));
    expect(error.code).toBe('download-failed');
    expect(error.message).toContain(`could not download ${baseUrl}ml-1m.zip to ${join(cacheFolder, 'ml-1m.zip')}: `);
    expect(await readFile(join(cacheFolder, 'ml-1m.zip.part'))).toEqual(ZIP.subarray(0, 500));
    expect(rowsOf((await load(baseUrl)).ratings)).toEqual(ROWS);
    expect(requests.at(-1)).toBe('/ml-1m.zip bytes=500-');
  });

  it('starts again when the server does not support ranges', async () => {
    const { baseUrl } = await serveArchive(ZIP, { cutAfter: [500], ranges: false });
    expect(rowsOf((await load(baseUrl)).ratings)).toEqual(ROWS);
  });

  describe('with a part file from an earlier run', () => {
    const part = async (bytes: Uint8Array) => {
      await mkdir(cacheFolder, { recursive: true });
      await writeFile(join(cacheFolder, 'ml-1m.zip.part'), bytes);
    };

    it('downloads nothing when the part file is complete', async () => {
      const { baseUrl, requests } = await serveArchive(ZIP);
      await part(ZIP);
      expect(rowsOf((await load(baseUrl)).ratings)).toEqual(ROWS);
      expect(requests.at(-1)).toBe(`/ml-1m.zip bytes=${ZIP.length}-`);
    });

    it('starts again when the part file is longer than the archive', async () => {
      const { baseUrl, requests } = await serveArchive(ZIP);
      await part(Buffer.concat([ZIP, ZIP]));
      expect(rowsOf((await load(baseUrl)).ratings)).toEqual(ROWS);
      expect(requests.at(-1)).toBe('/ml-1m.zip -');
    });

    it('deletes a part file that begins another file, and says so', async () => {
      const { baseUrl } = await serveArchive(ZIP);
      await part(Buffer.alloc(300));
      const error = await errorOf(load(baseUrl));
      expect(error.code).toBe('download-failed');
      expect(error.message).toContain(`${baseUrl}ml-1m.zip came with a wrong MD5 and was deleted: got `);
      expect(await readdir(cacheFolder)).toEqual([]);
      expect(rowsOf((await load(baseUrl)).ratings)).toEqual(ROWS);
    });
  });

  it('is refused when the checksum does not match, and the part file is deleted', async () => {
    const { baseUrl } = await serveArchive(ZIP, { md5: `${'0'.repeat(32)}  ml-1m.zip\n` });
    const error = await errorOf(load(baseUrl));
    expect(error.code).toBe('download-failed');
    expect(error.message).toMatch(/came with a wrong MD5 and was deleted: got [0-9a-f]{32}, expected 0{32}$/);
    expect(error.fix).toBe('Run the command again.');
    expect(await readdir(cacheFolder)).toEqual([]);
  });

  it('is accepted without a checksum when none is published', async () => {
    const { baseUrl } = await serveArchive(ZIP, { md5: null });
    expect(rowsOf((await load(baseUrl)).ratings)).toEqual(ROWS);
  });

  it('does not keep a damaged archive, so that the next run starts again', async () => {
    const { baseUrl } = await serveArchive(damaged(), { md5: null });
    const error = await errorOf(load(baseUrl));
    expect(error.code).toBe('bad-data');
    expect(await readdir(cacheFolder)).toEqual([]);
  });

  it('names the HTTP status when the server has no such archive', async () => {
    const baseUrl = await serve((_, response) => response.writeHead(404, 'Not Found').end());
    const error = await errorOf(load(baseUrl));
    expect(error.code).toBe('download-failed');
    expect(error.message).toContain('the server answered 404 Not Found');
  });

  describe('without a network', () => {
    const fetch = vi.fn(async () => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND files.grouplens.org') });
    });

    it('names the address, the reason, and where to put the file', async () => {
      const error = await errorOf(loadDataset('ml-1m', { fetch, cacheFolder, sharedFolder, onProgress: () => {} }));
      const url = 'https://files.grouplens.org/datasets/movielens/ml-1m.zip';
      const zip = join(cacheFolder, 'ml-1m.zip');
      expect(error.code).toBe('download-failed');
      expect(error.message).toBe(
        `could not download ${url} to ${zip}: fetch failed (getaddrinfo ENOTFOUND files.grouplens.org)`,
      );
      expect(error.fix).toContain(`fetch ${url} elsewhere and put it at ${zip}`);
    });

    const byHand = async (name: string, content: string | Uint8Array) => {
      await mkdir(cacheFolder, { recursive: true });
      await writeFile(join(cacheFolder, name), content);
    };

    it('uses an archive that was put there by hand, and leaves it there', async () => {
      await byHand('ml-1m.zip', ZIP);
      expect(rowsOf((await load('http://127.0.0.1/', { fetch })).ratings)).toEqual(ROWS);
      expect((await readdir(cacheFolder)).sort()).toEqual(['ml-1m', 'ml-1m.zip']);
    });

    it('unpacks an archive whose sizes and offsets are in ZIP64 fields', async () => {
      await byHand('ml-1m.zip', zipOf(FILES, true));
      expect(rowsOf((await load('http://127.0.0.1/', { fetch })).ratings)).toEqual(ROWS);
    });

    it('refuses a file whose bytes do not have the CRC-32 of the archive', async () => {
      await byHand('ml-1m.zip', damaged());
      const error = await errorOf(load('http://127.0.0.1/', { fetch }));
      expect(error.message).toMatch(/ml-1m\/ratings\.dat: got CRC \d+, expected \d+$/);
    });

    it('refuses an archive whose packed bytes cannot be inflated', async () => {
      const bytes = Buffer.from(ZIP);
      bytes.fill(0xff, bytes.indexOf('movies.datextra') + 15, bytes.indexOf('movies.datextra') + 25);
      await byHand('ml-1m.zip', bytes);
      const error = await errorOf(load('http://127.0.0.1/', { fetch }));
      expect(error.code).toBe('bad-data');
      expect(error.message).toContain('ml-1m/movies.dat: cannot be unpacked');
      expect(await readdir(cacheFolder)).toEqual(['ml-1m.zip']);
    });

    it('checks the archive against the MD5 beside it', async () => {
      await byHand('ml-1m.zip', ZIP);
      await byHand('ml-1m.zip.md5', md5Line(Buffer.from('another'), 'ml-1m.zip'));
      const error = await errorOf(load('http://127.0.0.1/', { fetch }));
      expect(error.code).toBe('download-failed');
      expect(error.message).toContain(`${join(cacheFolder, 'ml-1m.zip')} does not match its MD5: got `);
      expect(await readdir(cacheFolder)).toContain('ml-1m.zip');
    });

    it.each([
      ['cut off', ZIP.subarray(0, ZIP.length - 30), 'got no table of contents'],
      ['empty', Buffer.alloc(0), 'got no table of contents'],
      [
        'without ratings',
        zipOf({ 'x/movies.csv': 'movieId,title\n' }),
        'got no rating file, expected one of ratings.csv',
      ],
      ['damaged', damaged(), 'ml-1m/ratings.dat: '],
      [
        'with two rating files of one name',
        zipOf({ 'a/ratings.csv': 'userId,movieId,rating\n1,2,3\n', 'b/ratings.csv': '1,2,3,4\n' }),
        'got a/ratings.csv and b/ratings.csv, expected one ratings.csv',
      ],
      [
        'with ratings that cannot be read',
        zipOf({ 'a/ratings.csv': 'userId,movieId,rating\n1,2,3\n1,x,3\n', 'a/README': 'One', 'b/README': 'Two' }),
        'its files cannot be read: ratings.csv:3: got "1,x,3", expected a movieId',
      ],
      [
        'with movies that cannot be read',
        zipOf({ 'ratings.csv': '1,2,3\n', 'movies.csv': 'id,name\n' }),
        'its files cannot be read: movies.csv:1: got "id,name"',
      ],
    ])('refuses an archive that is %s, and unpacks nothing of it', async (_, bytes, message) => {
      await byHand('ml-1m.zip', bytes);
      const error = await errorOf(load('http://127.0.0.1/', { fetch }));
      expect(error.code).toBe('bad-data');
      expect(error.message).toContain(message);
      expect(await readdir(cacheFolder)).toEqual(['ml-1m.zip']);
    });
  });
});

describe('the cache folder', () => {
  it('follows XDG_CACHE_HOME', () => {
    vi.stubEnv('XDG_CACHE_HOME', '/caches');
    expect(defaultCacheFolder()).toBe('/caches/marquee');
    vi.stubEnv('XDG_CACHE_HOME', '');
    expect(defaultCacheFolder()).toMatch(/\.cache\/marquee$/);
    vi.unstubAllEnvs();
  });
});

/** The archive with one bit of its ratings turned over. */
function damaged(): Buffer {
  const bytes = Buffer.from(ZIP);
  bytes[bytes.indexOf('ratings.dat') + 100] ^= 1;
  return bytes;
}
