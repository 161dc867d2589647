import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MarqueeError } from '../../shared/errors.ts';
import { type CacheOptions, cachedDataset } from './download/cache.ts';
import { type DatasetFiles, findFiles, kindOf } from './movielens/find.ts';
import type { OnNote } from './movielens/ratings.ts';

/** The data set that is in the repository. */
export const EMBEDDED_DATASET = 'ml-latest-small-2016';

/** Names that `--data` understands besides paths. */
export const KNOWN_DATASETS: readonly string[] = [
  EMBEDDED_DATASET,
  'ml-latest-small',
  'ml-100k',
  'ml-1m',
  'ml-10m',
  'ml-20m',
  'ml-25m',
  'ml-32m',
];

export interface ResolveOptions extends CacheOptions {
  /** Folder that may hold known data sets, each in a folder of its name; default `../shared/data` beside the project. */
  readonly sharedFolder?: string;
  readonly onNote?: OnNote;
}

/** Where a data set is on this disk. */
export interface DatasetLocation {
  /** The known name, or the base name of the folder or file. */
  readonly name: string;
  /** The folder or file. */
  readonly path: string;
}

/**
 * Finds what `--data` names. A known name is looked for in the repository, then in the shared folder, then in the cache, and
 * downloaded into the cache. It takes precedence over a folder of that name; write `./ml-1m` for the folder.
 *
 * @throws MarqueeError `unknown-dataset` for neither a known name nor a path; `download-failed`; `bad-data`.
 */
export async function locateDataset(spec: string, options: ResolveOptions = {}): Promise<DatasetLocation> {
  if (KNOWN_DATASETS.includes(spec)) {
    return { name: spec, path: await locateKnown(spec, options) };
  }
  if ((await kindOf(spec)) === null) {
    throw new MarqueeError('unknown-dataset', `"${spec}" is neither a file, a folder nor a known data set`, {
      fix: `Name a path, or one of ${KNOWN_DATASETS.join(', ')}.`,
      details: { spec, known: KNOWN_DATASETS },
    });
  }
  return { name: basename(resolve(spec)), path: spec };
}

/**
 * The rating and movie files of what `--data` names.
 *
 * @throws MarqueeError as `locateDataset`, and `bad-data` when a folder has no rating file.
 */
export async function resolveDataset(
  spec: string,
  options: ResolveOptions = {},
): Promise<DatasetLocation & DatasetFiles> {
  const location = await locateDataset(spec, options);
  return { ...location, ...(await findFiles(location.path)) };
}

async function locateKnown(name: string, options: ResolveOptions): Promise<string> {
  if (name === EMBEDDED_DATASET) {
    return fileURLToPath(new URL(EMBEDDED_DATASET, import.meta.url));
  }
  const shared = options.sharedFolder ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
  if ((await kindOf(join(shared, name))) === 'folder') {
    return join(shared, name);
  }
  return cachedDataset(name, options);
}
