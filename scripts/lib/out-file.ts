import { chmod, realpath, stat } from 'node:fs/promises';
import { MarqueeError } from '../../shared/errors.ts';
import { partialOf, writeWhole } from '../../trainer/artifact/write-whole.ts';

/**
 * Lets `write` fill a file that a flag names. What it held before stays until the new content is whole, so that a full disk or
 * Ctrl-C takes nothing. What is no file, as /dev/stdout, is written to directly.
 *
 * @param inputs files that the command reads: none of them is written over
 */
export async function writeOut(
  path: string,
  write: (path: string) => Promise<void>,
  inputs: readonly (string | undefined)[] = [],
): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there === null) return writeWhole(path, write).catch((error) => throwNaming(path, error));
  if (!there.isFile()) return write(path);
  for (const input of inputs) await requireOther(path, there.ino, input);
  await writeWhole(await realpath(path), async (partial) => {
    await write(partial);
    await chmod(partial, there.mode);
  });
}

/** Errors name the file that was asked for, and not the one that becomes it. */
function throwNaming(path: string, error: Error): never {
  error.message = error.message.replaceAll(partialOf(path), path);
  throw error;
}

async function requireOther(path: string, ino: number, input: string | undefined): Promise<void> {
  if (input === undefined || (await stat(input)).ino !== ino) return;
  throw new MarqueeError('bad-flag', `${path} is the file that is read, and would be written over`, {
    fix: 'Name another file to write.',
  });
}
