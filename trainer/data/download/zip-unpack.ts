import { createReadStream, createWriteStream } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { damagedZip, readAt, type ZipEntry } from './zip.ts';

// The format: PKWARE's APPNOTE.TXT, section 4.3.7 (local header).
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

/**
 * Unpacks one entry into a file and checks its size and CRC-32.
 *
 * @throws MarqueeError `bad-data` when the entry is damaged or packed by another method than deflate.
 */
export async function unpack(
  zipPath: string,
  entry: ZipEntry,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { name, method, packedBytes } = entry;
  if (method !== STORED && method !== DEFLATED) {
    throw damagedZip(zipPath, `${name}: got packing method ${method}, expected 0 (stored) or 8 (deflated)`);
  }
  const start = await dataStart(zipPath, entry);
  let crc = 0;
  let bytes = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc);
      bytes += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  if (packedBytes === 0) {
    await writeFile(target, '');
  } else {
    const out = createWriteStream(target);
    const packed = createReadStream(zipPath, { start, end: start + packedBytes - 1 });
    const stages = method === DEFLATED ? [packed, createInflateRaw(), check, out] : [packed, check, out];
    await pipeline(stages).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code?.startsWith('Z_')
        ? damagedZip(zipPath, `${name}: cannot be unpacked (${cause.message})`)
        : cause;
    });
  }
  if (bytes !== entry.bytes || crc !== entry.crc) {
    throw damagedZip(zipPath, `${name}: got ${bytes} bytes with CRC ${crc}, expected ${entry.bytes} with ${entry.crc}`);
  }
}

/** The local header repeats the name and has an extra field of its own length: only it tells where the data begin. */
async function dataStart(path: string, { name, headerAt }: ZipEntry): Promise<number> {
  const file = await open(path);
  try {
    const header = await readAt(file, headerAt, headerAt + LOCAL_HEADER_BYTES);
    if (header.length < LOCAL_HEADER_BYTES || header.readUInt32LE(0) !== LOCAL_HEADER) {
      throw damagedZip(path, `${name}: got no file header at byte ${headerAt}, expected one`);
    }
    return headerAt + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
}
