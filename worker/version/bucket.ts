import type { RangeReader } from '../../shared/artifact/arrow-file.ts';
import { type FileEntry, hexOf } from '../../shared/artifact/manifest.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { withDeadline } from '../ratings/deadline.ts';

/** Bytes to read from a stream at a time. */
const CHUNK = 1 << 20;
/** Milliseconds that R2 may take to begin an answer, and to bring the bytes of one that is read at once. */
const FIRST_WORD = 10_000;
const WHOLE = 30_000;

/** Waits for R2's answer. Throws `store-unavailable` when R2 fails, or takes longer than `milliseconds`. */
export async function answerOfR2<T>(answer: Promise<T>, milliseconds = FIRST_WORD): Promise<T> {
  try {
    return await withDeadline(answer, milliseconds, 'R2');
  } catch (cause) {
    if (cause instanceof MarqueeError) throw cause;
    throw new MarqueeError('store-unavailable', `R2 did not answer: ${String(cause)}`, { fix: 'Try again.', cause });
  }
}

/** Gets an object. Throws `bad-artifact` when it does not exist, `store-unavailable`. */
export async function need(bucket: R2Bucket, key: string, options: R2GetOptions = {}): Promise<R2ObjectBody> {
  const object = await answerOfR2(bucket.get(key, options));
  if (object !== null) return object;
  throw missing(key);
}

/** Checks an object without reading it, and returns whether R2 knows its hash. Throws `bad-artifact`. */
export async function verifyUnread(bucket: R2Bucket, key: string, entry: FileEntry): Promise<boolean> {
  const object = await answerOfR2(bucket.head(key));
  if (object === null) throw missing(key);
  return checkWhole(object, entry);
}

function missing(key: string): MarqueeError {
  return new MarqueeError('bad-artifact', `${key} does not exist`, { fix: 'Publish the version again, or roll back.' });
}

/** Reads ranges of an object. `check` gets R2's metadata of the whole object with each of them. */
export function rangeReader(bucket: R2Bucket, key: string, check?: (object: R2Object) => void): RangeReader {
  return async (offset, length) => {
    const object = await need(bucket, key, { range: offset < 0 ? { suffix: -offset } : { offset, length } });
    check?.(object);
    return bytesOf(object, key);
  };
}

/** The bytes of an object or of its range. Throws `bad-artifact` when they are not all there; `store-unavailable`. */
export async function bytesOf(object: R2ObjectBody, key: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await withDeadline(whole(object.arrayBuffer(), key), WHOLE, 'R2'));
}

async function whole<T>(bytes: Promise<T>, name: string): Promise<T> {
  try {
    return await bytes;
  } catch (cause) {
    throw new MarqueeError('bad-artifact', `${name} cannot be read: its bytes are not all there`, { cause });
  }
}

/** Returns what `use` returns. When `use` throws, cancels the object's body. */
export async function orCancel<T>({ body }: R2ObjectBody, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    await body.cancel();
    throw error;
  }
}

/**
 * Passes an object to `take` piece by piece, and hashes it on the way: what R2 recorded at the upload says nothing about
 * the bytes that a disk gives now. A range is not hashed. Throws `bad-artifact`, and what `take` throws; for a damaged
 * object the wrong hash is thrown rather than that.
 */
export async function readThrough(
  object: R2ObjectBody,
  entry: FileEntry,
  take: (bytes: Uint8Array) => void | Promise<void>,
  isRange = false,
): Promise<void> {
  let flaw: unknown;
  const attempt = async (bytes: Uint8Array) => {
    try {
      if (flaw === undefined) await take(bytes);
    } catch (error) {
      flaw = error;
    }
  };
  await orCancel(object, () => checkWhole(object, entry));
  if (isRange) await whole(inPieces(object.body, attempt), entry.name);
  else checkHash(await whole(hashing(object.body, attempt), entry.name), entry);
  if (flaw !== undefined) throw flaw;
}

/**
 * Returns the SHA-256 of a stream, in hex, and passes every piece to `take`. A piece is valid until `take` resolves.
 */
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

/** Passes every piece of a stream to `take`. A piece is valid until `take` resolves. */
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
 * Checks a file without reading it, by R2's metadata: its size, and its hash where the upload recorded one. R2 compared
 * that hash with the bytes then. Throws `bad-artifact`.
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
