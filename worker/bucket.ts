import type { RangeReader } from '../shared/arrow-file.ts';
import { MarqueeError } from '../shared/errors.ts';
import type { FileEntry } from '../shared/manifest.ts';

/** An object that must be there. Throws `bad-artifact`. */
export async function need(bucket: R2Bucket, key: string, options: R2GetOptions = {}): Promise<R2ObjectBody> {
  const object = await bucket.get(key, options);
  if (object !== null) return object;
  throw missing(key);
}

/** Checks an object without reading it. Throws `bad-artifact`. */
export async function verifyUnread(bucket: R2Bucket, key: string, entry: FileEntry): Promise<void> {
  const object = await bucket.head(key);
  if (object === null) throw missing(key);
  checkWhole(object, entry);
}

function missing(key: string): MarqueeError {
  return new MarqueeError('bad-artifact', `${key} does not exist`, { fix: 'Publish the version again, or roll back.' });
}

/** Reads parts of an object; `check` sees what R2 knows of the whole with each of them. */
export function rangeReader(bucket: R2Bucket, key: string, check?: (object: R2Object) => void): RangeReader {
  return async (offset, length) => {
    const object = await need(bucket, key, { range: offset < 0 ? { suffix: -offset } : { offset, length } });
    check?.(object);
    return new Uint8Array(await object.arrayBuffer());
  };
}

/** Throws `bad-artifact` with got and expected. */
function checkSize(size: number, { name, bytes }: FileEntry): void {
  if (size === bytes) return;
  throw new MarqueeError('bad-artifact', `${name}: got ${size} bytes, expected ${bytes}`);
}

/**
 * Checks a file without its bytes, by what R2 knows of it: its size, and its hash where the upload recorded one, which R2
 * then held against the bytes. Throws `bad-artifact`.
 *
 * @returns whether there was a hash
 */
export function checkWhole(object: R2Object, entry: FileEntry): boolean {
  checkSize(object.size, entry);
  const hash = object.checksums.toJSON().sha256;
  if (hash !== undefined) checkHash(hash, entry);
  return hash !== undefined;
}

/** Throws `bad-artifact` with got and expected. */
export function checkHash(hash: string, { name, sha256 }: FileEntry): void {
  if (hash === sha256) return;
  throw new MarqueeError('bad-artifact', `${name}: got sha256 ${hash}, expected ${sha256}`);
}
