import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where the successor of a file or folder is written: beside it, so that renaming is one step. */
export function partialOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.partial`);
}

/** Lets `write` fill a path that then becomes `path`: the file or folder appears whole or not at all, and no part stays. */
export async function writeWhole<T>(path: string, write: (partial: string) => Promise<T>): Promise<T> {
  const partial = partialOf(path);
  try {
    const written = await write(partial);
    await rename(partial, path);
    return written;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
