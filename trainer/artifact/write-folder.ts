import { constants } from 'node:fs';
import { access, cp, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { writeWhole } from './write-whole.ts';

/**
 * Lets `write` fill an artifact folder, which appears whole or not at all. An artifact that stands there is replaced; other
 * files beside it stay.
 *
 * @returns what `write` returns
 * @throws `bad-data` where something else stands there
 */
export async function writeFolder<T>(path: string, write: (partial: string) => Promise<T>): Promise<T> {
  const folder = resolve(path); // "." has no name of its own
  await requireArtifactPlace(path);
  return writeWhole(folder, async (partial) => {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    const written = await write(partial);
    for (const name of await othersIn(folder)) {
      await cp(join(folder, name), join(partial, name), { recursive: true, force: false });
    }
    await rm(folder, { recursive: true, force: true });
    return written;
  });
}

/**
 * Whether an artifact can be written there: asked before a training, which may take long. Throws `bad-data` where there is a
 * file, or a folder with files of somebody.
 */
export async function requireArtifactPlace(folder: string): Promise<void> {
  const parent = dirname(resolve(folder));
  await mkdir(parent, { recursive: true });
  await access(parent, constants.W_OK);
  const names = await namesIn(folder);
  if (names.length === 0 || names.includes(FILES.manifest)) return;
  throw new MarqueeError('bad-data', `${folder} holds ${names[0]}, and no artifact`, {
    fix: 'Name a new folder, or one that npm run train wrote: nothing was changed.',
    details: { folder },
  });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTDIR') throw error;
    throw new MarqueeError('bad-data', `${folder} is a file, expected a folder`, {
      fix: 'Name a new folder: nothing was changed.',
      details: { folder },
    });
  }
}

/** Files and folders that are none of an artifact's. */
async function othersIn(folder: string): Promise<string[]> {
  const own = new Set<string>(Object.values(FILES));
  return (await namesIn(folder)).filter((name) => !own.has(name));
}
