import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where the successor of a file or folder is written: beside it, so that renaming is one step. */
export function partialOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.partial`);
}

/** Lets `write` fill a path that then becomes `path`: the file or folder appears whole or not at all. */
export async function writeWhole(path: string, write: (partial: string) => Promise<void>): Promise<void> {
  const partial = partialOf(path);
  await write(partial);
  await rename(partial, path);
}

/** Lets `fill` write a folder that then becomes `folder`, whole or not at all, and replaces one that was there. */
export async function writeFolder<T>(folder: string, fill: (partial: string) => Promise<T>): Promise<T> {
  const partial = partialOf(folder);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const filled = await fill(partial).catch(async (error) => {
    await rm(partial, { recursive: true, force: true });
    throw error;
  });
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  return filled;
}
