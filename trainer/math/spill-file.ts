import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';

/** Files of one training for numbers that do not fit into memory. */
export class SpillFolder {
  /** The folder. */
  readonly path: string;
  readonly #files: SpillFile[] = [];

  /** @param folder where there is room; by default the system's for what is temporary */
  constructor(folder = tmpdir()) {
    mkdirSync(folder, { recursive: true });
    this.path = folder;
  }

  open(): SpillFile {
    const file = new SpillFile(this.path);
    this.#files.push(file);
    return file;
  }

  /** Closes all files, which frees their room. */
  close(): void {
    for (const file of this.#files) file.close();
  }
}

/**
 * A file for numbers that do not fit into memory. It loses its name as soon as it is open, so that nothing of it is left
 * when the process ends, however it ends. Reads wait: they are sequential, so that the system reads ahead.
 */
export class SpillFile {
  readonly #folder: string;
  readonly #file: number;
  bytes = 0;
  #closed = false;

  constructor(folder: string) {
    const path = join(folder, `spill-${randomUUID()}`);
    this.#folder = folder;
    this.#file = openSync(path, 'wx+');
    unlinkSync(path);
  }

  /** Writes at the end. Returns where the bytes begin. */
  append(numbers: ArrayBufferView): number {
    const bytes = bytesOf(numbers);
    const begin = this.bytes;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, bytes.length - at, begin + at);
    } catch (cause) {
      throw full(this.#folder, begin, cause as NodeJS.ErrnoException);
    }
    this.bytes += bytes.length;
    return begin;
  }

  /** Fills the numbers with what stands from a byte on. */
  read(numbers: ArrayBufferView, position: number): void {
    const bytes = bytesOf(numbers);
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(this.#file, bytes, at, bytes.length - at, position + at);
      if (count === 0) throw new MarqueeError('internal', `a spilled file ends at ${this.bytes}, before ${position}`);
      at += count;
    }
  }

  close(): void {
    if (!this.#closed) closeSync(this.#file);
    this.#closed = true;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function full(folder: string, bytes: number, cause: NodeJS.ErrnoException): Error {
  if (cause.code !== 'ENOSPC' && cause.code !== 'EDQUOT') return cause;
  return new MarqueeError(
    'out-of-memory',
    `${folder}: no room is left after ${Math.ceil(bytes / 2 ** 20)} MB of a file`,
    {
      fix: 'Free room on that disk (about 50 bytes a rating), or name a folder on another one: --spill.',
      details: { folder, bytes },
      cause,
    },
  );
}
