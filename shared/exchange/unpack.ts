import { Gunzip, Unzip, UnzipInflate } from 'fflate';
import { MarqueeError } from '../errors.ts';

const RATINGS_FILE = /(^|\/)ratings\.(csv|dat)$/;
/** Bytes that are unpacked at once. They grow a thousandfold at most, so what is too large is noticed in time. */
const PIECE = 1 << 14;

/**
 * The bytes of a file of ratings, unpacked where its first bytes say that it is gzip, a ZIP or a gzipped ZIP. Of a ZIP,
 * ratings.csv counts, and of several the one in the outermost folder.
 *
 * @param most bytes of the unpacked file
 * @throws `too-large`; `bad-data` when the file is damaged, or a ZIP without ratings.csv
 */
export function unpack(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): Uint8Array {
  const packing = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip : isZip(bytes) ? unzip : null;
  if (packing === null) return bytes;
  try {
    return packing(bytes, most);
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

function gunzip(bytes: Uint8Array, most: number): Uint8Array {
  const file = new Unpacked(most);
  const stream = new Gunzip((chunk, final) => file.add(chunk, final));
  inPieces(bytes, stream);
  const whole = file.whole();
  return isZip(whole) ? unzip(whole, most) : whole;
}

function unzip(bytes: Uint8Array, most: number): Uint8Array {
  const names: string[] = [];
  const found = new Map<string, Unpacked>();
  const stream = new Unzip((entry) => {
    names.push(entry.name);
    if (!RATINGS_FILE.test(entry.name)) return;
    const file = new Unpacked(most);
    found.set(entry.name, file);
    entry.ondata = (error, chunk, final) => {
      if (error) throw error;
      file.add(chunk, final);
    };
    entry.start();
  });
  stream.register(UnzipInflate);
  inPieces(bytes, stream);
  const depth = (name: string) => name.split('/').length;
  const [outermost] = [...found.keys()].sort((a, b) => depth(a) - depth(b));
  const file = found.get(outermost);
  if (file) return file.whole();
  throw new MarqueeError(
    'bad-data',
    `the ZIP holds no ratings.csv, but ${names.join(', ').slice(0, 80) || 'nothing'}`,
    {
      fix: 'Send ratings.csv of the export, or the ZIP that holds it.',
    },
  );
}

function inPieces(bytes: Uint8Array, stream: { push(piece: Uint8Array, final: boolean): void }): void {
  for (let at = 0; at < bytes.length; at += PIECE) {
    stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
  }
}

/** Collects a file as it is unpacked. */
class Unpacked {
  readonly #most: number;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #final = false;

  constructor(most: number) {
    this.#most = most;
  }

  add(chunk: Uint8Array, final: boolean): void {
    this.#length += chunk.length;
    this.#final ||= final;
    if (this.#length > this.#most) {
      throw new MarqueeError('too-large', `unpacked, the file is larger than ${this.#most} bytes`, {
        fix: 'Unpack it and send it in parts, each with the header line.',
      });
    }
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
