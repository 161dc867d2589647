import { Gunzip, Inflate } from 'fflate';
import { MarqueeError, short } from '../errors.ts';
import { notATable } from './other-kinds.ts';
import { Budget, checked, inPieces, Unpacked } from './unpacked.ts';
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
  const whole = file.whole();
  if (members > 1) return whole; // the sum at the end is the last one's
  return checked(whole, new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true));
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

/** The files with a known name in the folder that is the fewest folders deep. Throws `bad-data` where there are two. */
function outermost(tables: readonly ZipEntry[]): ZipEntry[] {
  const depthOf = (folder: string) => folder.split('/').length;
  const folders = [...new Set(tables.flatMap((entry) => folderOf(entry) ?? []))];
  const [folder, other] = folders.toSorted((a, b) => depthOf(a) - depthOf(b));
  if (other !== undefined && depthOf(other) === depthOf(folder)) throw twoExports(folder, other);
  return tables.filter((entry) => folderOf(entry) === folder);
}

function twoExports(one: string, other: string): MarqueeError {
  return new MarqueeError('bad-data', `the ZIP holds several exports, in ${short(one)} and ${short(other)}`, {
    fix: 'Send the files of one of them, in a ZIP of their own.',
  });
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
  return checked(file.whole(), crc);
}
