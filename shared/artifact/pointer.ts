import { MarqueeError } from '../errors.ts';
import { type Bucket, getObject } from '../storage/bucket.ts';
import { readHidden } from './hidden-movies.ts';
import { type Current, parseCurrent } from './manifest.ts';
import { CURRENT_KEY } from './schema.ts';

/** current.json as the bucket has it: what it says, or why it cannot be read. */
export type Pointer = { readonly etag: string | null } & (
  | { readonly current: Current; readonly flaw: null }
  | { readonly current: null; readonly flaw: MarqueeError }
);

/** Reads current.json, null where there is none. The etag is null where the bucket lists it but has no bytes of it. */
export async function readPointer(bucket: Bucket): Promise<Pointer | null> {
  const object = await getObject(bucket, CURRENT_KEY);
  if (!object)
    return (await isListed(bucket)) ? { etag: null, current: null, flaw: damaged('its bytes are gone') } : null;
  const { etag } = object;
  try {
    return { etag, current: parseCurrent(await object.text()), flaw: null };
  } catch (error) {
    return { etag, current: null, flaw: damaged((error as Error).message) };
  }
}

/** A pointer that was written. */
export interface Pointed extends Current {
  /** Why the pointer before it could not be read; null where it could. The version in service before is then unknown. */
  readonly replaced: string | null;
}

/**
 * Points current.json at a version, unless it changed since `before` was read. One without bytes has no etag: it is
 * replaced unconditionally.
 *
 * @throws `publish-conflict`
 */
export async function point(
  bucket: Bucket,
  before: Pointer | null,
  version: string,
  manifestSha256: string,
): Promise<Pointed> {
  const earlier = before?.current;
  const previous = !earlier || earlier.version === version ? (earlier?.previous ?? null) : earlier.version;
  const publishedAt = new Date().toISOString();
  const hidden = await hiddenIn(bucket, earlier?.hidden);
  const films = before?.flaw ? true : earlier?.films; // nobody knows: the Worker asks D1
  const { pinned, settings, experiment } = earlier ?? {};
  const kept = { hidden, pinned, films, settings, experiment };
  const current: Current = { version, previous, publishedAt, manifestSha256, ...kept };
  await writePointer(bucket, before, current);
  return { ...current, replaced: before?.flaw?.message ?? null };
}

/** Writes current.json, unless it changed since `before` was read: `publish-conflict`. */
export async function writePointer(bucket: Bucket, before: Pointer | null, current: Current): Promise<void> {
  const written = await bucket.put(CURRENT_KEY, JSON.stringify(current), { onlyIf: condition(before) });
  if (written === null) throw conflict();
}

/** The movies that a new current.json hides; those of the one before where the list itself is damaged. */
async function hiddenIn(bucket: Bucket, otherwise: number[] | undefined): Promise<number[] | undefined> {
  try {
    const { movieIds } = await readHidden(bucket);
    return movieIds.length > 0 ? movieIds : undefined;
  } catch (error) {
    if (error instanceof MarqueeError && error.code === 'bad-artifact') return otherwise;
    throw error;
  }
}

export function conflict(): MarqueeError {
  return new MarqueeError('publish-conflict', 'somebody else published at the same moment', {
    fix: 'Look at `npm run models`, then try again.',
  });
}

function condition(before: Pointer | null) {
  if (before === null) return { etagDoesNotMatch: '*' };
  return before.etag === null ? undefined : { etagMatches: before.etag };
}

async function isListed(bucket: Bucket): Promise<boolean> {
  const { objects } = await bucket.list({ prefix: CURRENT_KEY });
  return objects.some(({ key }) => key === CURRENT_KEY);
}

function damaged(why: string): MarqueeError {
  const message = why.startsWith(CURRENT_KEY) ? why : `${CURRENT_KEY} cannot be read: ${why}`;
  return new MarqueeError('bad-artifact', message, {
    fix: '`npm run models` lists the versions; `npm run rollback -- VERSION` puts one into service.',
  });
}
