import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { MarqueeError } from '../../../shared/errors.ts';
import type { Ratings } from '../../../trainer/data/dataset.ts';

/** One rating as a plain row: [userId, movieId, stars, timestamp]. */
export type Row = readonly [number, number, number, number];

/** A temporary folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-datasets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file (gzipped when its name says so) into a temporary folder, or the one given, and returns its path. */
export async function writeTemporary(name: string, content: string | Uint8Array, folder?: string): Promise<string> {
  const path = join(folder ?? (await temporaryFolder()), name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(content) : content);
  return path;
}

export function rowsOf({ count, userIds, movieIds, stars, timestamps }: Ratings): Row[] {
  return Array.from({ length: count }, (_, n) => [userIds[n], movieIds[n], stars[n], timestamps[n]] as const);
}

/** The error that a promise is rejected with; fails when it is none of ours. */
export async function errorOf(promise: Promise<unknown>): Promise<MarqueeError> {
  const error = await promise.then(
    () => new Error('it was fulfilled, expected a MarqueeError'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof MarqueeError)) {
    throw error;
  }
  return error;
}
