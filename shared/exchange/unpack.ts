import { Gunzip, Unzip, UnzipInflate } from 'fflate';
import { MarqueeError } from '../errors.ts';

/** A file, and its name where it was in a ZIP or came with one; '' elsewhere. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Files of Letterboxd's ZIP and of MovieLens', and the folder that they stand in. */
const READ = /^(.*\/)?(ratings\.(?:csv|dat)|diary\.csv|watched\.csv|watchlist\.csv|likes\/films\.csv)$/;
/** Letterboxd's folders of what was deleted there, and what macOS adds to a ZIP. */
const ASIDE = /(^|\/)(deleted|orphaned|__MACOSX)\//;
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
  inPieces(bytes, new Gunzip((chunk, final) => file.add(chunk, final)));
  return file.whole();
}

function unzip(bytes: Uint8Array, most: number): NamedFile[] {
  const names: string[] = [];
  const [budget, known, tables] = [new Budget(most), new Map<string, Unpacked>(), new Map<string, Unpacked>()];
  const stream = new Unzip((entry) => {
    const { name } = entry;
    names.push(name);
    if (ASIDE.test(name) || !/\.(csv|dat)$/.test(name)) return;
    const isKnown = READ.test(name);
    if (!isKnown && tables.size > 0) return; // one table alone is read
    const file = new Unpacked(budget);
    (isKnown ? known : tables).set(name, file);
    entry.ondata = (error, chunk, final) => {
      if (error) throw error;
      file.add(chunk, final);
    };
    entry.start();
  });
  stream.register(UnzipInflate);
  inPieces(bytes, stream);
  const isOneTable = names.filter((name) => /\.(csv|dat)$/.test(name) && !ASIDE.test(name)).length === 1;
  const found = known.size > 0 ? outermost(known) : isOneTable ? tables : new Map<string, Unpacked>();
  if (found.size > 0) return Array.from(found, ([name, file]) => ({ name, bytes: file.whole() }));
  const holds = names.join(', ').slice(0, 80) || 'nothing';
  throw new MarqueeError('bad-data', `the ZIP holds no ratings.csv, but ${holds}`, {
    fix: 'Send ratings.csv of the export, or the ZIP that holds it.',
  });
}

/** The files of the folder that is the fewest folders deep, named without it. */
function outermost(files: ReadonlyMap<string, Unpacked>): Map<string, Unpacked> {
  const parts = Array.from(files, ([path, file]) => {
    const [, folder = '', name] = READ.exec(path)!;
    return { folder, name, file, depth: folder.split('/').length };
  });
  const [{ folder }] = parts.toSorted((a, b) => a.depth - b.depth);
  return new Map(parts.filter((part) => part.folder === folder).map(({ name, file }) => [name, file]));
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
