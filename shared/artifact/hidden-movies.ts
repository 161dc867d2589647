import * as z from 'zod';
import { MarqueeError } from '../errors.ts';
import type { Bucket } from '../storage/bucket.ts';

/** Key of the list of movies that an operator hides, whatever version is in service. */
export const HIDDEN_KEY = 'hidden.json';

const hiddenSchema = z.object({ movieIds: z.array(z.int().min(0)) });

/** Reads hidden.json: ids of movies. Throws `bad-artifact`. */
export function parseHidden(text: string): number[] {
  try {
    return hiddenSchema.parse(JSON.parse(text)).movieIds;
  } catch (cause) {
    throw new MarqueeError('bad-artifact', `${HIDDEN_KEY} is no list of hidden movies`, {
      fix: '`npm run hide -- --anew ID…` writes it anew.',
      cause,
    });
  }
}

/** Movies to hide and to show again. */
export interface HiddenChange {
  readonly hide: readonly number[];
  readonly show: readonly number[];
  /** Begins with an empty list, whatever the bucket holds. */
  readonly anew?: boolean;
}

/**
 * Changes the list of hidden movies, and returns it, ascending. Without a change nothing is written.
 *
 * @throws `bad-artifact` when the list cannot be read; `publish-conflict` when somebody else changed it at the same moment
 */
export async function changeHidden(bucket: Bucket, { hide, show, anew = false }: HiddenChange): Promise<number[]> {
  const object = await bucket.get(HIDDEN_KEY);
  const before = object && !anew ? parseHidden(await object.text()) : [];
  const shown = new Set(show);
  const movieIds = [...new Set([...before, ...hide])].filter((movieId) => !shown.has(movieId)).sort((a, b) => a - b);
  if (!anew && String(movieIds) === String(before)) return movieIds;
  const onlyIf = object ? { etagMatches: object.etag } : { etagDoesNotMatch: '*' };
  if (await bucket.put(HIDDEN_KEY, JSON.stringify({ movieIds }), { onlyIf })) return movieIds;
  throw new MarqueeError('publish-conflict', `somebody else changed ${HIDDEN_KEY} at the same moment`, {
    fix: 'Run it again.',
  });
}
