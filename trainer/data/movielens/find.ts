import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MarqueeError } from '../../../shared/errors.ts';

/** Names of rating files, the preferred first. */
export const RATING_FILES: readonly string[] = ['ratings.csv', 'ratings.dat', 'u.data', 'rating.csv'];
export const MOVIE_FILES: readonly string[] = ['films.jsonl', 'movies.csv', 'movies.dat', 'u.item', 'movie.csv'];

/** The files of one data set. */
export interface DatasetFiles {
  readonly ratings: string;
  /** Null where there is no movie file beside the ratings. */
  readonly movies: string | null;
}

/**
 * The rating file of a folder, or the file that `path` names, and the movie file beside it. A plain file is preferred to the
 * same one gzipped.
 *
 * @throws MarqueeError `not-found` when nothing is there, `bad-data` when the folder has no rating file.
 */
export async function findFiles(path: string): Promise<DatasetFiles> {
  const kind = await kindOf(path);
  if (kind === null) {
    throw new MarqueeError('not-found', `${path}: no such file or folder`, {
      fix: 'Name a file in a MovieLens layout, or a folder that holds one.',
      details: { path },
    });
  }
  const folder = kind === 'folder' ? path : dirname(path);
  const ratings = kind === 'folder' ? await findIn(folder, RATING_FILES) : path;
  return { ratings, movies: await firstOf(folder, MOVIE_FILES) };
}

/**
 * The first of these files, plain or gzipped, in a folder.
 *
 * @throws MarqueeError `bad-data`, which lists the names.
 */
export async function findIn(folder: string, names: readonly string[]): Promise<string> {
  const found = await firstOf(folder, names);
  if (found === null) {
    throw new MarqueeError('bad-data', `${folder}: no rating file, looked for ${names.join(', ')} (plain or .gz)`, {
      fix: 'Name a folder that holds one, or the rating file itself.',
      details: { folder, lookedFor: names },
    });
  }
  return found;
}

export async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) {
    return null;
  }
  return found.isDirectory() ? 'folder' : 'file';
}

/** The first of these files, plain or gzipped, in a folder; null where there is none. */
export async function firstOf(folder: string, names: readonly string[]): Promise<string | null> {
  const [found] = await allOf(folder, names);
  return found === undefined ? null : join(folder, found);
}

/** The rating files beside the one that is read, by another name: who wrote them may have meant them. */
export async function otherRatingFiles(read: string): Promise<string[]> {
  const plain = (name: string) => name.toLowerCase().replace(/\.gz$/, '');
  if (!RATING_FILES.includes(plain(basename(read)))) return [];
  return (await allOf(dirname(read), RATING_FILES)).filter((name) => plain(name) !== plain(basename(read)));
}

/** All of these files that a folder has, the preferred first; capitals do not count where the very name is not there. */
async function allOf(folder: string, names: readonly string[]): Promise<string[]> {
  const present = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => [name, `${name}.gz`])
    .flatMap((name) => present.find((one) => one === name) ?? present.find((one) => one.toLowerCase() === name) ?? []);
}
