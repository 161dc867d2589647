import { statfs } from 'node:fs/promises';
import { MarqueeError } from '../../shared/errors.ts';
import type { Bucket, PutOptions } from '../../shared/storage/bucket.ts';

/** How long a write may take. */
export interface Patience {
  readonly milliseconds: number;
  /** Adds to them by the size of what is written. */
  readonly bytesPerSecond: number;
}

/** Tens of times what a write takes on a busy disk. */
export const LOCAL: Patience = { milliseconds: 30_000, bytesPerSecond: 2 ** 20 };
/** For slow lines. */
export const REMOTE: Patience = { milliseconds: 60_000, bytesPerSecond: 1e5 };

/** Bytes that R2 and D1 need on this machine besides what is written. */
const MARGIN = 2 ** 20;

/**
 * A bucket whose writes end: with an answer, or with `store-unavailable` when that takes too long. R2 on this machine
 * never answers a write for which the disk has no room.
 */
export class BoundedBucket implements Bucket {
  readonly #bucket: Bucket;
  readonly #patience: Patience;
  readonly #folder: string | null;

  /** MARQUEE_WORKER_MEMORY, megabytes, in place of what Cloudflare gives a Worker. */
  get workerBytes(): number | undefined {
    const text = process.env.MARQUEE_WORKER_MEMORY;
    if (!text) return undefined;
    const megabytes = Number(text);
    if (megabytes > 0) return megabytes * 2 ** 20;
    throw new MarqueeError('bad-flag', `MARQUEE_WORKER_MEMORY: got ${text}, expected a number of megabytes`);
  }

  /** @param folder where the bucket is kept on this machine; null for one that is elsewhere */
  constructor(bucket: Bucket, patience: Patience, folder: string | null) {
    this.#bucket = bucket;
    this.#patience = patience;
    this.#folder = folder;
  }

  get(key: string) {
    return this.#bucket.get(key);
  }

  list(options: Parameters<Bucket['list']>[0]) {
    return this.#bucket.list(options);
  }

  async put(key: string, value: Uint8Array | string, options?: PutOptions) {
    await this.requireRoom(value.length);
    return this.#inTime(this.#bucket.put(key, value, options), `did not store ${key}`, value.length);
  }

  delete(keys: string[]) {
    return this.#inTime(this.#bucket.delete(keys), `did not delete ${keys[0]}`);
  }

  async requireRoom(bytes: number): Promise<void> {
    if (this.#folder === null) return;
    const { bavail, bsize } = await statfs(this.#folder);
    const free = bavail * bsize;
    if (free >= bytes + MARGIN) return;
    throw new MarqueeError(
      'store-unavailable',
      `${this.#folder} has ${megabytes(free)} free, ${megabytes(bytes + MARGIN)} are needed`,
      {
        fix: 'Make room on that disk, then run it again. What was in service still is.',
      },
    );
  }

  async #inTime<T>(answer: Promise<T>, failure: string, bytes = 0): Promise<T> {
    const { milliseconds, bytesPerSecond } = this.#patience;
    const seconds = Math.ceil(milliseconds / 1000 + bytes / bytesPerSecond);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const fix = this.#folder === null ? 'Try again.' : `See that the disk of ${this.#folder} is not full.`;
      late.reject(new MarqueeError('store-unavailable', `R2 ${failure} within ${seconds} s`, { fix }));
    }, 1000 * seconds);
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
