import type { FileHandle } from 'node:fs/promises';
import type { RangeReader } from '../../shared/artifact/arrow-file.ts';

/** Reads parts of an open file of `bytes` bytes, each into memory of its own, as Arrow's columns need it. */
export function fileRanges(file: FileHandle, bytes: number): RangeReader {
  return async (offset, length) => {
    const start = offset < 0 ? bytes + offset : offset;
    const part = new Uint8Array(Math.max(0, Math.min(length, bytes - start)));
    for (let at = 0; at < part.length; ) {
      const { bytesRead } = await file.read(part, at, part.length - at, start + at);
      if (bytesRead === 0) return part.subarray(0, at);
      at += bytesRead;
    }
    return part;
  };
}
