import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBindings } from '../../../scripts/lib/bindings.ts';
import { migrate } from '../../../scripts/lib/migrations.ts';
import { MarqueeError } from '../../../shared/errors.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';

interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly uploaded: Date;
}

/** A bucket in memory, with R2's etags and conditions. */
export class MemoryBucket implements Bucket {
  readonly objects: Map<string, Stored>;

  constructor(objects: ReadonlyMap<string, Stored> = new Map()) {
    this.objects = new Map(objects);
  }

  copy(): MemoryBucket {
    return new MemoryBucket(this.objects);
  }

  keys(prefix = ''): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  text(key: string): string {
    return new TextDecoder().decode(this.objects.get(key)!.bytes);
  }

  async get(key: string) {
    const stored = this.objects.get(key);
    if (!stored) return null;
    return {
      etag: etagOf(stored),
      text: async () => new TextDecoder().decode(stored.bytes),
      arrayBuffer: async () => stored.bytes.slice().buffer,
    };
  }

  async put(
    key: string,
    value: Uint8Array | string,
    { onlyIf, sha256 }: { onlyIf?: { etagMatches?: string; etagDoesNotMatch?: string }; sha256?: string } = {},
  ) {
    const before = this.objects.get(key);
    if (onlyIf?.etagMatches !== undefined && (!before || etagOf(before) !== onlyIf.etagMatches)) return null;
    if (onlyIf?.etagDoesNotMatch === '*' && before) return null;
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : new Uint8Array(value);
    if (sha256 && createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error('SHA-256 mismatch');
    const stored = { bytes, uploaded: new Date() };
    this.objects.set(key, stored);
    return { etag: etagOf(stored) };
  }

  async delete(keys: string[]) {
    for (const key of keys) this.objects.delete(key);
  }

  async list({ prefix, delimiter }: { prefix: string; delimiter?: string }) {
    const objects = this.keys(prefix).map((key) => ({ key, uploaded: this.objects.get(key)!.uploaded }));
    if (!delimiter) return { objects, delimitedPrefixes: [], truncated: false };
    const folders = objects.map(({ key }) => key.slice(0, key.indexOf(delimiter, prefix.length) + 1));
    return { objects: [], delimitedPrefixes: [...new Set(folders)].filter(Boolean), truncated: false };
  }
}

function etagOf({ bytes }: Stored): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** Why a process that was killed does nothing more. No code takes it for what a store says. */
export class Killed extends MarqueeError {
  constructor() {
    super('internal', 'killed');
  }
}

/**
 * The bucket as a process sees it that is killed at its nth operation, counted from 1: before the bucket did it, or
 * after it did but before the process knew. Nothing that the process does then reaches the bucket.
 */
export function dying(bucket: Bucket, nth: number, when: 'before' | 'after'): Bucket & { count: number } {
  const operate = async <T>(operation: () => Promise<T>): Promise<T> => {
    guarded.count++;
    if (guarded.count > nth || (guarded.count === nth && when === 'before')) throw new Killed();
    const result = await operation();
    if (guarded.count === nth) throw new Killed();
    return result;
  };
  const guarded: Bucket & { count: number } = {
    count: 0,
    get: (key) => operate(() => bucket.get(key)),
    put: (key, value, options) => operate(() => bucket.put(key, value, options)),
    list: (options) => operate(() => bucket.list(options)),
    delete: (keys) => operate(() => bucket.delete(keys)),
  };
  return guarded;
}

/** A local D1 with the Worker's tables, in a folder of its own. */
export async function openDatabase(): Promise<{ db: Database; close: () => Promise<void> }> {
  const state = await mkdtemp(join(tmpdir(), 'marquee-retrain-'));
  const { bindings, close } = await openBindings(false, state);
  await migrate(bindings.DB);
  return {
    db: bindings.DB,
    close: async () => {
      await close();
      await rm(state, { recursive: true, force: true });
    },
  };
}

/** Leaves nobody and no rating in a database, as it was before the first. */
export async function deleteRatings(db: Database): Promise<void> {
  const statements = [
    "DELETE FROM sqlite_sequence WHERE name = 'rating_log'",
    'DELETE FROM rating_log',
    'DELETE FROM rating',
    'DELETE FROM person',
  ];
  await db.batch(statements.map((sql) => db.prepare(sql)));
}
