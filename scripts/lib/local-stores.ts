import { constants } from 'node:fs';
import { access, glob, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MarqueeError } from '../../shared/errors.ts';

/** The SQLite files of local R2 and D1. */
function databasesIn(state: string) {
  return glob(join(state, 'v3/{r2,d1}/*/*.sqlite'));
}

/** Makes the folder of local R2 and D1. Throws `store-unavailable` where this user cannot write to it. */
export async function requireWritable(state: string): Promise<void> {
  try {
    await mkdir(join(state, 'v3'), { recursive: true });
    for (const path of [state, join(state, 'v3')]) await access(path, constants.W_OK);
    for await (const file of databasesIn(state)) await access(file, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new MarqueeError('store-unavailable', `R2 and D1 cannot be kept in ${state}: ${(cause as Error).message}`, {
      fix: 'Give this user the right to write there, or name another folder: MARQUEE_STATE=FOLDER.',
      cause,
    });
  }
}

/**
 * Looks for damaged files of local R2 and D1, of which the runtime says no more than "internal error". Reads all of them.
 *
 * @returns an error that names the first, null where none is damaged
 */
export async function damageIn(state: string): Promise<MarqueeError | null> {
  for await (const file of databasesIn(state)) {
    const why = flawOf(file);
    if (why) return damaged(file, why);
  }
  return null;
}

function flawOf(file: string): string | null {
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
      return found === 'ok' ? null : found.replace(/\s+/g, ' ');
    } finally {
      database.close();
    }
  } catch (error) {
    return (error as Error).message;
  }
}

function damaged(file: string, why: string): MarqueeError {
  const isRatings = file.includes(join('v3', 'd1'));
  return new MarqueeError('store-unavailable', `${file} is damaged: ${why}`, {
    fix: isRatings
      ? 'End the server, put a copy of the file in its place or move it and its -wal and -shm away, then run:\n' +
        'npm run heal. It takes from R2 what the retrains have copied there.'
      : 'End the server and put a copy of the folder v3/r2 in its place; or move that folder away and publish a model:\n' +
        'D1 holds every rating that counts.',
  });
}
