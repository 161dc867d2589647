import * as z from 'zod';
import { MarqueeError } from '../errors.ts';
import type { Bucket } from '../storage/bucket.ts';

/**
 * The list of movies that an operator hides. Publishing copies it into current.json, which is all that the Worker reads;
 * here it outlives a damaged or missing current.json.
 */
const HIDDEN_KEY = 'hidden.json';

const hiddenSchema = z.object({ movieIds: z.array(z.int().min(0)) });

/** Ids of the hidden movies, ascending. Throws `bad-artifact`. */
export async function readHidden(bucket: Bucket): Promise<{ movieIds: number[]; etag: string | null }> {
  const object = await bucket.get(HIDDEN_KEY);
  if (!object) return { movieIds: [], etag: null };
  try {
    return { movieIds: hiddenSchema.parse(JSON.parse(await object.text())).movieIds, etag: object.etag };
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
 * Changes the list, and returns it.
 *
 * @throws `bad-artifact` when the list cannot be read; `publish-conflict` when somebody else changed it at the same moment
 */
export async function changeHidden(bucket: Bucket, { hide, show, anew = false }: HiddenChange): Promise<number[]> {
  if (anew) await bucket.delete([HIDDEN_KEY]);
  const { movieIds: before, etag } = await readHidden(bucket);
  const shown = new Set(show);
  const movieIds = [...new Set([...before, ...hide])].filter((movieId) => !shown.has(movieId)).sort((a, b) => a - b);
  const onlyIf = etag === null ? { etagDoesNotMatch: '*' } : { etagMatches: etag };
  if (await bucket.put(HIDDEN_KEY, JSON.stringify({ movieIds }), { onlyIf })) return movieIds;
  throw new MarqueeError('publish-conflict', `somebody else changed ${HIDDEN_KEY} at the same moment`, {
    fix: 'Run it again.',
  });
}
