import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';
import { lastNotAbove } from '../../shared/math/row-index.ts';

/** A user as a table of factors says, with their ratings where it has them, oldest first. */
export interface ImportedUser {
  readonly userId: number;
  readonly bias: number;
  readonly factors: Float32Array; // (K)
  readonly movieIds: Int32Array; // (n)
  readonly halfStars: Int32Array; // (n)
  /** Seconds since 1970 as uint32; 0 where not known. */
  readonly times: Int32Array; // (n)
}

/** Users of a file that is sorted in memory at a time. */
const FILE_USERS = 1 << 16;

/** Words of 4 bytes that are kept of each file before they are written. */
const KEPT = 1 << 16;

/**
 * Sorts users by id without holding them: each goes into the file of its range of ids, and a file is sorted when it is
 * read. A record is the words id, bias, K factors, n, then n movie ids, half-stars and times.
 */
export class UserSorter {
  readonly #factors: number; // K
  readonly #firstIds: Int32Array;
  readonly #paths: string[];
  readonly #files: number[];
  readonly #kept: { words: Int32Array; used: number }[];

  /** @param userIds all of them, ascending */
  constructor(folder: string, userIds: Int32Array, factors: number) {
    this.#factors = factors;
    const count = Math.max(1, Math.ceil(userIds.length / FILE_USERS));
    this.#firstIds = Int32Array.from({ length: count }, (_, b) => userIds[b * FILE_USERS]);
    this.#paths = Array.from(this.#firstIds, (_, b) => join(folder, `users-${b}`));
    this.#files = this.#paths.map((path) => openSync(path, 'w'));
    this.#kept = this.#paths.map(() => ({ words: new Int32Array(KEPT), used: 0 }));
  }

  add(user: ImportedUser): void {
    const { userId, bias, factors, movieIds, halfStars, times } = user;
    const n = movieIds.length;
    const size = 3 + this.#factors + 3 * n;
    const file = Math.max(0, lastNotAbove(this.#firstIds, userId));
    const { words, at } = this.#room(file, size);
    const floats = new Float32Array(words.buffer);
    words[at] = userId;
    floats[at + 1] = bias;
    floats.set(factors, at + 2);
    const list = at + 2 + this.#factors;
    words[list] = n;
    words.set(movieIds, list + 1);
    words.set(halfStars, list + 1 + n);
    words.set(times, list + 1 + 2 * n);
  }

  /** All users, ascending by id. Nothing may be added afterwards. */
  *sorted(): Generator<ImportedUser> {
    for (let file = 0; file < this.#files.length; file++) this.#flush(file);
    this.close();
    for (const path of this.#paths) {
      const bytes = readFileSync(path);
      const users = [...this.#usersIn(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)];
      yield* users.sort((a, b) => a.userId - b.userId);
    }
  }

  close(): void {
    for (const file of this.#files.splice(0)) closeSync(file);
  }

  /** Where `size` words of a file may be put. */
  #room(file: number, size: number): { words: Int32Array; at: number } {
    const kept = this.#kept[file];
    if (kept.used + size > kept.words.length) this.#flush(file);
    if (size > kept.words.length) kept.words = new Int32Array(size);
    const at = kept.used;
    kept.used += size;
    return { words: kept.words, at };
  }

  #flush(file: number): void {
    const kept = this.#kept[file];
    const bytes = new Uint8Array(kept.words.buffer, 0, 4 * kept.used);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#files[file], bytes, at);
    kept.used = 0;
  }

  *#usersIn(buffer: ArrayBuffer, offset: number, bytes: number): Generator<ImportedUser> {
    if (offset % 4 !== 0) throw new MarqueeError('internal', 'a file of sorted users was read to an odd place');
    const words = new Int32Array(buffer, offset, bytes / 4);
    const floats = new Float32Array(buffer, offset, bytes / 4);
    for (let at = 0; at < words.length; ) {
      const list = at + 2 + this.#factors;
      const n = words[list];
      const part = (k: number) => words.subarray(list + 1 + k * n, list + 1 + (k + 1) * n);
      yield {
        userId: words[at],
        bias: floats[at + 1],
        factors: floats.subarray(at + 2, list),
        movieIds: part(0),
        halfStars: part(1),
        times: part(2),
      };
      at = list + 1 + 3 * n;
    }
  }
}
