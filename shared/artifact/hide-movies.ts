import type { Bucket } from '../storage/bucket.ts';
import { changeHidden, type HiddenChange, readHidden } from './hidden-movies.ts';
import { readPointer, writePointer } from './pointer.ts';

/**
 * Hides movies from everybody or shows them again, in the version in service and in every later one. Without a change it
 * only reads.
 *
 * @returns ids of all hidden movies, ascending
 * @throws `bad-artifact` when the list cannot be read; `publish-conflict` when somebody else published or hid meanwhile
 */
export async function hideMovies(bucket: Bucket, change: HiddenChange): Promise<number[]> {
  if (change.hide.length + change.show.length === 0 && !change.anew) return (await readHidden(bucket)).movieIds;
  const hidden = await changeHidden(bucket, change);
  const before = await readPointer(bucket);
  // Where current.json is missing or damaged, the next publishing takes the list in.
  if (before?.current)
    await writePointer(bucket, before, { ...before.current, hidden: hidden.length > 0 ? hidden : undefined });
  return hidden;
}
