import { Gunzip, Inflate } from 'fflate';
import { MarqueeError, short } from '../errors.ts';
import { crc32 } from '../math/crc32.ts';
import { notATable } from './other-kinds.ts';
import { contentsOf, type ZipEntry } from './zip-contents.ts';

/** A file, and its name where it was in a ZIP or came with one; '' elsewhere. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Files of Letterboxd's ZIP and of MovieLens', and the folder that they stand in. */
const READ = /^(.*\/)?(ratings\.(?:csv|dat)|diary\.csv|watched\.csv|watchlist\.csv|likes\/films\.csv)$/i;
const TABLE = /\.(csv|dat)$/i;
/** Letterboxd's folders of what was deleted there, and what macOS adds to a ZIP. */
const ASIDE = /(^|\/)((deleted|orphaned|__MACOSX)\/|\._)/;
/** Bytes that are unpacked at once. They grow a thousandfold at most, so what is too large is noticed in time. */
const PIECE = 1 << 14;

/** The bytes of a file, unpacked where its first bytes say that it is gzip. Throws `too-large`, `bad-data`. */
export function unpack(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): Uint8Array {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacking(() => gunzip(bytes, new Budget(most))) : bytes;
}

/**
 * The files to read of an export: the file itself, gzipped or not, or of a ZIP those that have a known name, in the
 * outermost folder that has any. A ZIP of one table gives that, whatever its name.
 *
 * @param most bytes of all of them together, unpacked
 * @throws `too-large`; `bad-data` when the file is damaged, or a ZIP without a file to read
 */
export function unpackFiles(file: NamedFile, most = Number.POSITIVE_INFINITY): NamedFile[] {
  const bytes = unpack(file.bytes, most);
  return isZip(bytes) ? unpacking(() => unzip(bytes, most)) : [{ name: file.name, bytes }];
}

function unpacking<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof MarqueeError) throw cause;
    throw new MarqueeError('bad-data', `the packed file is damaged: ${(cause as Error).message}`, {
      fix: 'Fetch it again, or unpack it and send ratings.csv.',
      cause,
    });
  }
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] <= 8 && bytes[3] === bytes[2] + 1;
}

function gunzip(bytes: Uint8Array, budget: Budget): Uint8Array {
  const file = new Unpacked(budget);
  let members = 1;
  const stream = new Gunzip((chunk, final) => file.add(chunk, final));
  stream.onmember = () => members++;
  inPieces(bytes, stream);
  // The sum at the end is the last member's.
  const crc = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  return members === 1 ? file.checked(crc) : file.whole();
}

function unzip(bytes: Uint8Array, most: number): NamedFile[] {
  const entries = contentsOf(bytes);
  const names = entries.map(({ name }) => name);
  if (names.includes('[Content_Types].xml')) throw notATable('an Excel workbook or another office document');
  const tables = entries.filter(({ name }) => TABLE.test(name) && !ASIDE.test(name));
  const isKnown = tables.some((entry) => folderOf(entry) !== undefined);
  const found = isKnown ? outermost(tables) : tables.length === 1 ? tables : [];
  const budget = new Budget(most);
  if (found.length > 0) {
    const byName = new Map(found.map((entry) => [nameIn(entry), entry])); // of two with one name the last counts
    return Array.from(byName, ([name, entry]) => ({ name, bytes: unpackEntry(entry, budget) }));
  }
  const holds = names.join(', ').slice(0, 80) || 'nothing';
  throw new MarqueeError('bad-data', `the ZIP holds no ratings.csv, but ${holds}`, {
    fix: 'Send ratings.csv of the export, or the ZIP that holds it.',
  });
}

/** The files with a known name in the folder that is the fewest folders deep. */
function outermost(tables: readonly ZipEntry[]): ZipEntry[] {
  const folders = tables.flatMap((entry) => folderOf(entry) ?? []);
  const [folder] = folders.toSorted((a, b) => a.split('/').length - b.split('/').length);
  return tables.filter((entry) => folderOf(entry) === folder);
}

/** The folder of a file with a known name; undefined for other files. */
function folderOf({ name }: ZipEntry): string | undefined {
  const known = READ.exec(name);
  return known ? (known[1] ?? '') : undefined;
}

/** The name of a known file without its folder, in small letters. */
function nameIn({ name }: ZipEntry): string {
  return READ.exec(name)?.[2].toLowerCase() ?? name;
}

function unpackEntry({ name, isLocked, method, crc, packed }: ZipEntry, budget: Budget): Uint8Array {
  if (isLocked) {
    throw new MarqueeError('bad-data', `${short(name)} in the ZIP is locked with a password`, {
      fix: 'Unpack it, and send ratings.csv or a ZIP without a password.',
    });
  }
  if (method !== 0 && method !== 8) throw new Error(`${short(name)} is packed in a way that only few programs read`);
  const file = new Unpacked(budget);
  if (method === 0) file.add(packed, true);
  else inPieces(packed, new Inflate((chunk, final) => file.add(chunk, final)));
  return file.checked(crc);
}

function inPieces(bytes: Uint8Array, stream: { push(piece: Uint8Array, final: boolean): void }): void {
  for (let at = 0; at < bytes.length; at += PIECE) {
    stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
  }
}

/** The bytes that all files of a ZIP may have together. */
class Budget {
  readonly #most: number;
  #spent = 0;

  constructor(most: number) {
    this.#most = most;
  }

  spend(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent <= this.#most) return;
    throw new MarqueeError('too-large', `unpacked, the file is larger than ${this.#most} bytes`, {
      fix: 'Unpack it and send it in parts, each with the header line.',
    });
  }
}

/** Collects a file as it is unpacked. */
class Unpacked {
  readonly #budget: Budget;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #final = false;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  add(chunk: Uint8Array, final: boolean): void {
    this.#budget.spend(chunk.length);
    this.#length += chunk.length;
    this.#final ||= final;
    this.#chunks.push(chunk);
  }

  /** Its bytes, where their CRC-32 is this. */
  checked(crc: number): Uint8Array {
    const bytes = this.whole();
    if (crc32(bytes) !== crc) throw new Error('its content is not what was packed (CRC-32)');
    return bytes;
  }

  whole(): Uint8Array {
    if (!this.#final) throw new Error('it ends too early');
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
