import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MarqueeError } from '../../../shared/errors.ts';

const CHUNK_BYTES = 1 << 20;
const MIN_GUNZIP_CHUNK = 64; // zlib's own lower bound
const HEAD_BYTES = 16;
const GZIP = '\x1f\x8b';

/** What is no text, by its first bytes. */
const OTHER_FORMATS: Readonly<Record<string, string>> = {
  'PK\x03\x04': 'a zip archive',
  [GZIP]: 'a gzip file within a gzip file',
  BZh: 'a bzip2 file',
  '\xfd7zXZ': 'an xz file',
  '\x28\xb5\x2f\xfd': 'a Zstandard file',
  '7z\xbc\xaf': 'a 7-Zip archive',
  PAR1: 'a Parquet file',
  'SQLite format 3': 'an SQLite database',
};

/**
 * The file's content in chunks, gunzipped where its first bytes (not its name) are gzip's. The first chunk has at least 16
 * bytes where the content has them.
 *
 * @throws MarqueeError `not-found` when there is no such file; `bad-data` when it is none that can be read to an end,
 *   cannot be read or unpacked, or is in a format that is no text.
 */
export async function* readContent(path: string, chunkBytes = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
  try {
    await requireFile(path);
    const gzipped = await isGzip(path);
    const raw = createReadStream(path, { highWaterMark: chunkBytes });
    if (gzipped) {
      const gunzip = createGunzip({ chunkSize: Math.max(MIN_GUNZIP_CHUNK, chunkBytes) });
      // An empty callback, because reading `gunzip` reports the failure already.
      pipeline(raw, gunzip, () => {});
      yield* checked(path, gunzip);
    } else {
      yield* checked(path, raw);
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Opening a pipe would wait for a writer, and a device never ends. */
async function requireFile(path: string): Promise<void> {
  const found = await stat(path);
  if (found.isFile()) return;
  const kind = found.isDirectory() ? 'a folder' : found.isFIFO() ? 'a pipe' : 'a device or socket';
  throw new MarqueeError('bad-data', `${path}: got ${kind}, expected a file`, {
    fix: found.isDirectory() ? 'Name the file in it.' : 'Write what it gives into a file, and name that.',
    details: { file: path, kind },
  });
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    return bytesRead === GZIP.length && buffer.toString('latin1') === GZIP;
  } finally {
    await file.close();
  }
}

/** The chunks, once the first bytes are known to begin no other format. */
async function* checked(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length >= HEAD_BYTES) {
      requireText(path, head);
      yield head;
      head = null;
    }
  }
  if (head !== null && head.length > 0) {
    requireText(path, head);
    yield head;
  }
}

function requireText(path: string, head: Buffer): void {
  const start = head.toString('latin1', 0, HEAD_BYTES);
  const format = Object.keys(OTHER_FORMATS).find((bytes) => start.startsWith(bytes));
  if (format === undefined) return;
  throw new MarqueeError('bad-data', `${path}: got ${OTHER_FORMATS[format]}, expected text, plain or gzipped once`, {
    fix: 'Unpack it, or export it as CSV, and name the file that comes of it.',
    details: { file: path },
  });
}

function unreadable(path: string, cause: unknown): MarqueeError {
  if (cause instanceof MarqueeError) {
    return cause;
  }
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new MarqueeError('not-found', `${path}: no such file`, { details: { file: path }, cause });
  }
  return new MarqueeError('bad-data', `${path}: cannot be read (${message})`, {
    fix: code?.startsWith('Z_') ? 'The gzip file is damaged: fetch it again.' : 'Check the path and its permissions.',
    details: { file: path },
    cause,
  });
}
