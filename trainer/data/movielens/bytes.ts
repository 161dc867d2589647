import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MarqueeError } from '../../../shared/errors.ts';

const CHUNK_BYTES = 1 << 20;
const LONGEST_LINE = 1 << 20; // bytes; a file without a line end for longer is no rating file
const MIN_GUNZIP_CHUNK = 64; // zlib's own lower bound
const LF = 10;

/**
 * The file's bytes in chunks, gunzipped where its content (not its name) is gzip.
 *
 * @throws MarqueeError `not-found` when there is no such file, `bad-data` when it cannot be read or unpacked.
 */
export async function* readChunks(path: string, chunkBytes = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
  try {
    const gzipped = await isGzip(path);
    const raw = createReadStream(path, { highWaterMark: chunkBytes });
    if (gzipped) {
      const gunzip = createGunzip({ chunkSize: Math.max(MIN_GUNZIP_CHUNK, chunkBytes) });
      // An empty callback, because reading `gunzip` reports the failure already.
      pipeline(raw, gunzip, () => {});
      yield* gunzip;
    } else {
      yield* raw;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Blocks of whole lines with their line ends, which the last line may lack. */
export async function* readLineBlocks(path: string, chunkBytes = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
  let carry: Uint8Array = new Uint8Array(0); // the start of a line whose end is not read yet
  for await (const chunk of readChunks(path, chunkBytes)) {
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > 0) {
      const lines = chunk.subarray(0, end);
      yield carry.length === 0 ? lines : Buffer.concat([carry, lines]);
      carry = Uint8Array.from(chunk.subarray(end));
    } else {
      carry = Buffer.concat([carry, chunk]);
    }
    if (carry.length > LONGEST_LINE) {
      throw new MarqueeError(
        'bad-data',
        `${path}: got a line of more than ${LONGEST_LINE} bytes, expected short rows`,
        {
          fix: 'Name a rating file in a MovieLens layout.',
          details: { file: path },
        },
      );
    }
  }
  if (carry.length > 0) {
    yield carry;
  }
}

/** The whole file as text without byte order mark: UTF-8 where that is valid, else latin-1 (ML-100K, ML-1M). */
export async function readText(path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(path)) {
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
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
