import type { FileEntry } from '../../shared/artifact/manifest.ts';
import { type ErrorCode, MarqueeError } from '../../shared/errors.ts';
import { withDeadline } from '../ratings/deadline.ts';

/** Milliseconds that a file may be on its way. */
const LONGEST = 15 * 60_000;

/** A stream's bytes. Throws `too-large` as soon as there are more than `most`. */
export async function atMost(body: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array<ArrayBuffer>> {
  let size = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, to) {
      size += piece.length;
      if (size > most) to.error(tooLarge(`the manifest has more than ${most} bytes`));
      else to.enqueue(piece);
    },
  });
  return new Uint8Array(await new Response(body.pipeThrough(counted)).arrayBuffer());
}

/** What is to come: a file, or a piece of one, which has no hash. */
type Expected = Pick<FileEntry, 'name' | 'bytes'> & Partial<FileEntry>;

/** Writes all that is to be stored, and closes. */
export type Source = (to: WritableStream, signal: AbortSignal) => Promise<void>;

export function sourceOf(body: ReadableStream): Source {
  return (to, signal) => body.pipeTo(to, { signal });
}

/**
 * Stores a file or a piece on its way through, where there is none yet: memory never holds it, and R2 compares its hash.
 *
 * @returns whether it was stored
 * @throws `bad-body` for another size, `bad-data` for another hash, `store-unavailable`
 */
export async function store(bucket: R2Bucket, key: string, entry: Expected, from: Source): Promise<boolean> {
  const { readable, writable } = new FixedLengthStream(entry.bytes);
  const stop = new AbortController();
  const arrived = from(writable, stop.signal).then(() => null, String);
  const put = bucket.put(key, readable, { sha256: entry.sha256, onlyIf: { etagDoesNotMatch: '*' } });
  try {
    return (await withDeadline(put, LONGEST, 'R2')) !== null;
  } catch (cause) {
    stop.abort();
    throw cause instanceof MarqueeError ? cause : refusal(entry, cause, await arrived);
  }
}

/** @param arriving what went wrong with the body; null: nothing */
function refusal({ name, bytes, sha256 }: Expected, cause: unknown, arriving: string | null): MarqueeError {
  if (arriving !== null || /FixedLengthStream/.test(String(cause))) {
    return wrong('bad-body', `${name}: got another number of bytes, expected ${bytes}`);
  }
  if (/checksum|sha-?256/i.test(String(cause))) return wrong('bad-data', `${name}: expected sha256 ${sha256}`);
  return new MarqueeError('store-unavailable', `R2 did not take ${name}`, { fix: 'Try again.', cause });
}

function wrong(code: ErrorCode, message: string): MarqueeError {
  return new MarqueeError(code, message, {
    fix: 'Nothing was stored of it. Upload the file beside this manifest.json.',
  });
}

const BY_COMMAND = 'npm run publish -- --model FOLDER --remote puts it into service.';

export function tooLarge(message: string, fix = BY_COMMAND): MarqueeError {
  return new MarqueeError('too-large', message, { fix });
}
