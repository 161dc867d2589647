import type { RangeReader } from '../../shared/artifact/arrow-file.ts';
import { type FileEntry, hexOf } from '../../shared/artifact/manifest.ts';
import { MarqueeError } from '../../shared/errors.ts';

/** Bytes of a stream that are read at a time. */
const CHUNK = 1 << 20;

/** An object that must be there. Throws `bad-artifact`. */
export async function need(bucket: R2Bucket, key: string, options: R2GetOptions = {}): Promise<R2ObjectBody> {
  const object = await bucket.get(key, options);
  if (object !== null) return object;
  throw missing(key);
}

/** Checks an object without reading it, and returns whether R2 knows its hash. Throws `bad-artifact`. */
export async function verifyUnread(bucket: R2Bucket, key: string, entry: FileEntry): Promise<boolean> {
  const object = await bucket.head(key);
  if (object === null) throw missing(key);
  return checkWhole(object, entry);
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

/** What `use` comes to; where it throws, nobody reads the object's body any more. */
export async function orCancel<T>({ body }: R2ObjectBody, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    await body.cancel();
    throw error;
  }
}

/**
 * Hands `take` an object piece by piece, by the hash that R2 recorded of it, else hashed on the way. Throws `bad-artifact`,
 * and what `take` throws: of an object that is damaged its hash comes first.
 */
export async function readThrough(
  object: R2ObjectBody,
  entry: FileEntry,
  take: (bytes: Uint8Array) => void | Promise<void>,
): Promise<void> {
  let flaw: unknown;
  const attempt = async (bytes: Uint8Array) => {
    try {
      if (flaw === undefined) await take(bytes);
    } catch (error) {
      flaw = error;
    }
  };
  const known = await orCancel(object, () => checkWhole(object, entry));
  if (known) await inPieces(object.body, attempt);
  else checkHash(await hashing(object.body, attempt), entry);
  if (flaw !== undefined) throw flaw;
}

/** SHA-256 of a stream, in hex; `take` is given every piece, which is good until it is done with it. */
async function hashing(body: ReadableStream, take: (bytes: Uint8Array) => Promise<void>): Promise<string> {
  const digest = new crypto.DigestStream('SHA-256');
  const hash = digest.getWriter();
  await inPieces(body, async (bytes) => {
    await hash.write(bytes);
    await take(bytes);
  });
  await hash.close();
  return hexOf(await digest.digest);
}

/** Hands `take` every piece of a stream, which is good until it is done with it. */
async function inPieces(body: ReadableStream, take: (bytes: Uint8Array) => void | Promise<void>): Promise<void> {
  const reader = body.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(CHUNK);
  for (;;) {
    const { done, value } = await reader.readAtLeast(CHUNK, new Uint8Array(buffer));
    if (value !== undefined && value.length > 0) await take(value);
    if (done || value === undefined) break;
    buffer = value.buffer as ArrayBuffer;
  }
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
