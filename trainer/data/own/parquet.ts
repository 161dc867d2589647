import { open } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { MarqueeError } from '../../../shared/errors.ts';

const MAGIC = 'PAR1';
/** Rows that are read at a time. */
const ROWS = 1 << 16;

/** What Node unpacks; Snappy, and none, hyparquet itself. */
const COMPRESSORS = {
  GZIP: (bytes: Uint8Array) => gunzipSync(bytes),
  BROTLI: (bytes: Uint8Array) => brotliDecompressSync(bytes),
  ZSTD: (bytes: Uint8Array) => zstdDecompressSync(bytes),
};

/** Times as text that `TimeReader` reads: seconds since 1970. */
const PARSERS = {
  timestampFromMilliseconds: (millis: bigint) => String(Number(millis) / 1e3),
  timestampFromMicroseconds: (micros: bigint) => String(Number(micros) / 1e6),
  timestampFromNanoseconds: (nanos: bigint) => String(Number(nanos) / 1e9),
  dateFromDays: (days: number) => String(days * 86_400),
};

/** Whether a file begins as Parquet does; false where there is none, which reading it says. */
export async function isParquet(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (file === null) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    return bytesRead === MAGIC.length && buffer.toString('latin1') === MAGIC;
  } catch {
    return false; // a folder
  } finally {
    await file.close();
  }
}

/** The rows of a Parquet file, by column name. Throws MarqueeError `bad-data`. */
export async function* parquetRows(path: string): AsyncGenerator<Record<string, unknown>> {
  // Loaded here, since most catalogues are text.
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const count = Number(metadata.num_rows);
    const options = { file, metadata, compressors: COMPRESSORS, parsers: PARSERS };
    for (let rowStart = 0; rowStart < count; rowStart += ROWS) {
      yield* await parquetReadObjects({ ...options, rowStart, rowEnd: Math.min(count, rowStart + ROWS) });
    }
  } catch (cause) {
    throw new MarqueeError('bad-data', `${path}: cannot be read as Parquet: ${(cause as Error).message}`, {
      fix: 'Write it again, or export it as CSV or JSON lines.',
      details: { file: path },
      cause,
    });
  }
}
