import { TextDecoder } from 'node:util';
import { MarqueeError } from '../../../shared/errors.ts';
import { decodeText, utf16Of } from '../../../shared/exchange/decode-text.ts';
import { quote } from './bad-row.ts';
import { readContent } from './content.ts';

const LONGEST_LINE = 1 << 20; // bytes; a file without a line end for longer is no rating file
const LARGEST_TEXT = 1 << 27; // bytes, thirty times the largest movie file of MovieLens
const LF = 10;
const CR = 13;

/** How a file is cut into blocks of lines. */
export interface LineOptions {
  /** Bytes read at a time, 1 MiB by default. */
  readonly chunkBytes?: number;
  /** Lines of the blocks before, to name the line that is too long. */
  readonly linesBefore: () => number;
}

/**
 * Blocks of whole lines with their line ends, which the last line may lack. UTF-16 comes as UTF-8; other encodings agree
 * with ASCII, which is all that ratings need. Lines that end in CR alone come with LF.
 */
export async function* readLineBlocks(
  path: string,
  { chunkBytes, linesBefore }: LineOptions,
): AsyncGenerator<Uint8Array> {
  let carry: Uint8Array = new Uint8Array(0); // the start of a line whose end is not read yet
  for await (const chunk of endedByLf(asciiLike(readContent(path, chunkBytes)))) {
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > 0) {
      const lines = chunk.subarray(0, end);
      yield carry.length === 0 ? lines : Buffer.concat([carry, lines]);
      carry = Uint8Array.from(chunk.subarray(end));
    } else {
      carry = Buffer.concat([carry, chunk]);
    }
    if (carry.length > LONGEST_LINE) throw tooLong(path, linesBefore() + 1, carry);
  }
  if (carry.length > 0) {
    yield carry;
  }
}

/** The whole file as text: without byte order mark, its lines ended by LF. */
export async function readText(path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readContent(path)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST_TEXT) throw tooLarge(path);
  }
  return decodeText(Buffer.concat(chunks)).replace(/\r\n?/g, '\n');
}

async function* asciiLike(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | null | undefined;
  for await (const chunk of chunks) {
    if (decoder === undefined) {
      const wide = utf16Of(chunk);
      decoder = wide && new TextDecoder(wide);
    }
    yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
  }
}

/** The first line end decides: where it is a CR alone, every line end becomes LF. */
async function* endedByLf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let endsInCr: boolean | null = null;
  let afterCr = false;
  for await (const chunk of chunks) {
    endsInCr ??= firstEndIsCr(chunk);
    if (endsInCr) {
      const copy = chunk.filter((byte, n) => byte !== LF || (n > 0 ? chunk[n - 1] : afterCr ? CR : LF) !== CR);
      afterCr = chunk.length > 0 ? chunk[chunk.length - 1] === CR : afterCr;
      yield copy.map((byte) => (byte === CR ? LF : byte));
    } else {
      yield chunk;
    }
  }
}

/** Null where the chunk has no line end. A CR that ends the chunk counts as one alone: CRLF becomes LF, too. */
function firstEndIsCr(chunk: Uint8Array): boolean | null {
  const lf = chunk.indexOf(LF);
  const cr = (lf < 0 ? chunk : chunk.subarray(0, lf)).indexOf(CR);
  if (cr < 0) return lf < 0 ? null : false;
  return cr + 1 !== lf;
}

function tooLong(file: string, line: number, start: Uint8Array): MarqueeError {
  const shown = quote(Buffer.from(start.subarray(0, 200)).toString());
  return new MarqueeError(
    'bad-data',
    `${file}:${line}: got a line of more than ${LONGEST_LINE} bytes, which begins ${shown}, expected short rows`,
    { fix: 'Name a rating file in a MovieLens layout, or mend the line.', details: { file, line } },
  );
}

function tooLarge(file: string): MarqueeError {
  const bound = `${LARGEST_TEXT >> 20} MiB`;
  return new MarqueeError('bad-data', `${file}: got more than ${bound} of text, expected a movie file`, {
    fix: `Name a file of movieId, title and genres that has at most ${bound} when unpacked.`,
    details: { file, bytes: LARGEST_TEXT },
  });
}
