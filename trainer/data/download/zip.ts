import { type FileHandle, open } from 'node:fs/promises';
import { MarqueeError } from '../../../shared/errors.ts';

// The format: PKWARE's APPNOTE.TXT, sections 4.3.12 (central directory) and 4.3.16 (its end).
const CENTRAL_HEADER = 0x02014b50;
const CENTRAL_HEADER_BYTES = 46;
const DIRECTORY_END = 0x06054b50;
const DIRECTORY_END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const ZIP64 = 0xffffffff; // "see the ZIP64 extra field", which nothing of GroupLens' needs

/** One file of a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Size after unpacking. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly method: number;
  readonly crc: number;
  readonly headerAt: number;
}

/**
 * The archive's table of contents (no ZIP64: archives and files under 4 GiB).
 *
 * @throws MarqueeError `bad-data` when the file is no complete zip archive.
 */
export async function listZip(path: string): Promise<ZipEntry[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await readAt(file, Math.max(0, size - DIRECTORY_END_BYTES - LONGEST_COMMENT), size);
    const endAt = lastSignature(tail);
    if (endAt < 0) {
      throw damagedZip(path, 'got no table of contents, expected one at the end of the archive');
    }
    const count = tail.readUInt16LE(endAt + 10);
    const bytes = tail.readUInt32LE(endAt + 12);
    const start = tail.readUInt32LE(endAt + 16);
    if (start === ZIP64 || start + bytes > size) {
      throw damagedZip(path, `got a table of contents at byte ${start}, expected it within ${size} bytes`);
    }
    return readDirectory(path, await readAt(file, start, start + bytes), count);
  } finally {
    await file.close();
  }
}

function readDirectory(path: string, directory: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    if (at + CENTRAL_HEADER_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL_HEADER) {
      throw damagedZip(path, `got ${n} entries in the table of contents, expected ${count}`);
    }
    const nameBytes = directory.readUInt16LE(at + 28);
    const after = at + CENTRAL_HEADER_BYTES;
    entries.push({
      name: directory.toString('utf8', after, after + nameBytes),
      bytes: directory.readUInt32LE(at + 24),
      packedBytes: directory.readUInt32LE(at + 20),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      headerAt: directory.readUInt32LE(at + 42),
    });
    at = after + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

function lastSignature(tail: Buffer): number {
  for (let at = tail.length - DIRECTORY_END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) === DIRECTORY_END) {
      return at;
    }
  }
  return -1;
}

/** The bytes from `start` to `end` (exclusive), fewer at the end of the file. */
export async function readAt(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
  return buffer.subarray(0, bytesRead);
}

/** The error of an archive that cannot be trusted. */
export function damagedZip(path: string, what: string): MarqueeError {
  return new MarqueeError('bad-data', `${path}: ${what}`, {
    fix: 'The zip file is damaged: delete it and fetch it again.',
    details: { file: path },
  });
}
