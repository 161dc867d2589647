import { constants, type Stats } from 'node:fs';
import { access, chmod, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';
import { partialOf, writeWhole } from '../../trainer/artifact/write-whole.ts';

/**
 * Throws where a file that a flag names cannot be written: asked before anything is done that would be in vain, or that the
 * file should report.
 *
 * @param inputs files that the command reads: none of them is written over
 */
export async function requireOut(path: string, inputs: readonly (string | undefined)[] = []): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there === null)
    await access(dirname(path), constants.W_OK).catch((error) => throwNaming(dirname(path), path, error));
  if (there?.isDirectory())
    throw new MarqueeError('bad-data', `${path} is a folder, expected a file`, { fix: 'Name a file in it.' });
  if (there?.isFile()) for (const input of inputs) await requireOther(path, there, input);
}

/**
 * Lets `write` fill a file that a flag names. What it held before stays until the new content is whole, so that a full disk or
 * Ctrl-C takes nothing. What is no file, as /dev/stdout, is written to directly.
 */
export async function writeOut(path: string, write: (path: string) => Promise<void>): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there === null) return writeWhole(path, write).catch((error) => throwNaming(partialOf(path), path, error));
  if (!there.isFile()) return write(path);
  await writeWhole(await realpath(path), async (partial) => {
    await write(partial);
    await chmod(partial, there.mode);
  });
}

/** Errors name the file that was asked for. */
function throwNaming(other: string, path: string, error: Error): never {
  error.message = error.message.replaceAll(`'${other}'`, `'${path}'`);
  throw error;
}

async function requireOther(path: string, { ino, dev }: Stats, input: string | undefined): Promise<void> {
  const read = input === undefined ? null : await stat(input).catch(() => null);
  if (read === null || read.ino !== ino || read.dev !== dev) return;
  throw new MarqueeError('bad-data', `${path} is the file that is read, and would be written over`, {
    fix: 'Name another file to write.',
  });
}
