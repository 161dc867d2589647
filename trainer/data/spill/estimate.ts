import { open, stat } from 'node:fs/promises';

/** Bytes of a row at least, as MovieLens writes them: "1,31,2.5,1260759144". */
const ROW_BYTES = 20;

/** How much longer gzipped rows are than their file, about. */
const GZIP_RATIO = 4;

/**
 * Bytes that a training in memory takes for each rating at its peak, its users among that: 10 million synthetic ratings of
 * 50,000 users took 1.3 GB (`test/bench/README.md`).
 */
const HELD_BYTES = 100;

/** Bytes that the ratings of these files would take in memory, from the files' sizes alone. */
export async function heldBytes(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(textBytes));
  return (sizes.reduce((sum, size) => sum + size, 0) / ROW_BYTES) * HELD_BYTES;
}

/** 0 for what is no file: reading it says so. */
async function textBytes(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return 0;
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b ? GZIP_RATIO * found.size : found.size;
  } finally {
    await file.close();
  }
}
