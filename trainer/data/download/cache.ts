import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { Entry } from 'yauzl';
import { MarqueeError } from '../../../shared/errors.ts';
import { findFiles, kindOf, RATING_FILES } from '../movielens/find.ts';
import { readMovies } from '../movielens/movies.ts';
import { readRatings } from '../movielens/ratings.ts';
import { md5Beside, md5OfFile, publishedMd5 } from './checksum.ts';
import { download, type Fetch } from './download.ts';
import type { OnProgress } from './progress.ts';
import { damagedZip, ZipArchive } from './zip.ts';

const GROUPLENS = 'https://files.grouplens.org/datasets/movielens/';

/** The files of an archive that are unpacked: those that Marquee reads, and the licence. Tags would be a gigabyte. */
const WANTED =
  /^(ratings\.(csv|dat)|movies\.(csv|dat)|links\.csv|u\.(data|item|genre)|u[1-5ab]\.(base|test)|readme.*)$/i;

/** Where downloads come from and go to. */
export interface CacheOptions {
  /** Default `globalThis.fetch`. */
  readonly fetch?: Fetch;
  /** The folder of the archives, with a slash at its end; default GroupLens'. */
  readonly baseUrl?: string;
  /** Default `$XDG_CACHE_HOME/marquee`, else `~/.cache/marquee`. */
  readonly cacheFolder?: string;
  readonly onProgress?: OnProgress;
}

export function defaultCacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'marquee');
}

/**
 * The folder of a known data set in the cache: as it is, else unpacked from a `<name>.zip` that somebody put there, else
 * downloaded. Archives are checked against the MD5 beside them (in the folder or on the server) and against their own
 * CRC-32s. An archive put there by hand may lack an MD5. The folder appears whole or not at all.
 *
 * @throws MarqueeError `download-failed`; `bad-data` when the archive is damaged.
 */
export async function cachedDataset(name: string, options: CacheOptions = {}): Promise<string> {
  const { fetch = globalThis.fetch, baseUrl = GROUPLENS, onProgress = () => {} } = options;
  const cacheFolder = options.cacheFolder ?? defaultCacheFolder();
  const folder = join(cacheFolder, name);
  if ((await kindOf(folder)) === 'folder') {
    return folder;
  }
  const url = new URL(`${name}.zip`, baseUrl).href;
  const zip = `${folder}.zip`;
  if ((await kindOf(zip)) === 'file') {
    const expected = (await md5Beside(zip)) ?? (await publishedMd5(url, fetch).catch(() => null));
    await checkMd5(zip, expected, `${zip} does not match its MD5`, 'Delete it and fetch it again.');
    return unpackInto(folder, zip, onProgress);
  }
  const part = `${zip}.part`;
  const expected = await attempt(url, zip, async () => {
    await mkdir(cacheFolder, { recursive: true });
    const md5 = await publishedMd5(url, fetch);
    await download(url, part, fetch, onProgress);
    return md5;
  });
  try {
    await checkMd5(part, expected, `${url} came with a wrong MD5 and was deleted`, 'Run the command again.');
    await unpackInto(folder, part, onProgress);
  } catch (error) {
    if (error instanceof MarqueeError) {
      await rm(part); // its content is wrong: no download can resume from it
    }
    throw error;
  }
  await rm(part);
  return folder;
}

async function attempt<T>(url: string, zip: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new MarqueeError('download-failed', `could not download ${url} to ${zip}: ${reasonOf(cause)}`, {
      fix: `Run the command again, or fetch ${url} elsewhere and put it at ${zip} (it is checked there).`,
      details: { url, zip },
      cause,
    });
  }
}

/** `fetch` says only "fetch failed"; its cause has the reason. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message || cause.name})` : message;
}

async function checkMd5(path: string, expected: string | null, what: string, fix: string): Promise<void> {
  const got = expected === null ? null : await md5OfFile(path);
  if (got !== expected) {
    throw new MarqueeError('download-failed', `${what}: got ${got}, expected ${expected}`, {
      fix,
      details: { file: path, got, expected },
    });
  }
}

/** Unpacks what Marquee reads into a folder that appears whole and readable or not at all. */
async function unpackInto(folder: string, zip: string, onProgress: OnProgress): Promise<string> {
  const unfinished = `${folder}.${process.pid}.unpacking`;
  const archive = await ZipArchive.open(zip);
  try {
    await unpackWanted(archive, zip, unfinished, (doneBytes, totalBytes) =>
      onProgress({ phase: 'unpack', file: basename(folder), doneBytes, totalBytes }),
    );
    await requireReadable(unfinished, zip);
    await rename(unfinished, folder).catch(async (error) => {
      // Another process was faster: its folder has the same files.
      if ((await kindOf(folder)) !== 'folder') {
        throw error;
      }
    });
    return folder;
  } finally {
    archive.close();
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** A set that cannot be read must not stay in the cache, where every later run would find it. */
async function requireReadable(folder: string, zip: string): Promise<void> {
  try {
    const { ratings, movies } = await findFiles(folder);
    await readRatings(ratings);
    if (movies !== null) await readMovies(movies);
  } catch (error) {
    if (!(error instanceof MarqueeError)) throw error;
    throw damagedZip(zip, `its files cannot be read: ${error.message.replaceAll(join(folder, '/'), '')}`);
  }
}

async function unpackWanted(
  archive: ZipArchive,
  zip: string,
  target: string,
  onBytes: (done: number, total: number) => void,
): Promise<void> {
  const entries = archive.entries.filter(({ fileName }) => WANTED.test(basename(fileName)));
  if (!entries.some(({ fileName }) => RATING_FILES.includes(basename(fileName)))) {
    throw damagedZip(zip, `got no rating file, expected one of ${RATING_FILES.join(', ')}`);
  }
  requireOneEach(entries, zip);
  const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  let done = 0;
  await mkdir(target, { recursive: true });
  for (const entry of entries) {
    // Only the base name: an entry cannot reach outside the folder.
    await archive.unpack(entry, join(target, basename(entry.fileName)), (bytes) => {
      done += bytes;
      onBytes(done, total);
    });
  }
}

/** Two files of one name in an archive would be one in the folder. */
function requireOneEach(entries: readonly Entry[], zip: string): void {
  const paths = entries.map(({ fileName }) => fileName).filter((path) => !/^readme/i.test(basename(path)));
  const twice = paths.find((path, n) => paths.findIndex((other) => basename(other) === basename(path)) < n);
  if (twice === undefined) return;
  const all = paths.filter((path) => basename(path) === basename(twice));
  throw new MarqueeError('bad-data', `${zip}: got ${all.join(' and ')}, expected one ${basename(twice)}`, {
    fix: 'Leave the one that is meant in the archive, or unpack it and name its folder with --data.',
    details: { file: zip, paths: all },
  });
}
