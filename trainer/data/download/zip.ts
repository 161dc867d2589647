import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { MarqueeError } from '../../../shared/errors.ts';

/** An open zip archive, ZIP64 included. `open` it, and `close` it in the end. */
export class ZipArchive {
  readonly #path: string;
  readonly #zip: ZipFile;
  readonly entries: readonly Entry[];

  constructor(path: string, zip: ZipFile, entries: readonly Entry[]) {
    this.#path = path;
    this.#zip = zip;
    this.entries = entries;
  }

  /** @throws MarqueeError `bad-data` when the file is no complete zip archive */
  static async open(path: string): Promise<ZipArchive> {
    let zip: ZipFile | undefined;
    try {
      zip = await openPromise(path, { lazyEntries: true, autoClose: false });
      const entries: Entry[] = [];
      for await (const entry of zip.eachEntry()) entries.push(entry);
      return new ZipArchive(path, zip, entries);
    } catch (error) {
      zip?.close();
      throw asDamage(path, 'got no table of contents that can be read', error);
    }
  }

  /**
   * Streams one entry into a file and checks its size and CRC-32.
   *
   * @throws MarqueeError `bad-data` when the entry is damaged, or packed by another method than deflate
   */
  async unpack(entry: Entry, target: string, onBytes: (bytes: number) => void): Promise<void> {
    let crc = 0;
    const check = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        crc = crc32(chunk, crc);
        onBytes(chunk.length);
        done(null, chunk);
      },
    });
    try {
      // yauzl checks the size, but leaves the CRC-32 to its callers.
      await pipeline(await this.#zip.openReadStreamPromise(entry), check, createWriteStream(target));
    } catch (error) {
      throw asDamage(this.#path, `${entry.fileName}: cannot be unpacked`, error);
    }
    if (crc !== entry.crc32) {
      throw damagedZip(this.#path, `${entry.fileName}: got CRC ${crc}, expected ${entry.crc32}`);
    }
  }

  close(): void {
    this.#zip.close();
  }
}

/** An error of the archive's content as ours; one of the file system stays what it is. */
function asDamage(path: string, what: string, error: unknown): Error {
  const cause = error as NodeJS.ErrnoException;
  return cause.syscall ? cause : damagedZip(path, `${what} (${cause.message})`);
}

/** The error of an archive that cannot be trusted. */
export function damagedZip(path: string, what: string): MarqueeError {
  return new MarqueeError('bad-data', `${path}: ${what}`, {
    fix: 'The zip file is damaged: delete it and fetch it again.',
    details: { file: path },
  });
}
