import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BoundedBucket } from '../../../scripts/lib/bounded-bucket.ts';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { readArtifact } from '../../../trainer/artifact/artifact.ts';
import { publish } from '../../../trainer/artifact/publish.ts';
import { MemoryBucket } from '../../trainer/retrain/stores.ts';

const PATIENCE = { milliseconds: 30_000, bytesPerSecond: 1000 };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A bucket on a full disk: it never answers a write. */
function silentBucket(): Bucket {
  const never = () => new Promise<never>(() => undefined);
  const memory = new MemoryBucket();
  return {
    put: never,
    delete: never,
    get: (key) => memory.get(key),
    list: (options) => memory.list(options),
  };
}

it('a write that is never answered fails with the key and a way out', async () => {
  const bucket = new BoundedBucket(silentBucket(), PATIENCE, null);
  const put = expect(bucket.put('models/a', new Uint8Array(5000))).rejects.toMatchObject({
    code: 'store-unavailable',
    message: 'R2 did not store models/a within 35 s',
  });
  const remove = expect(bucket.delete(['models/b'])).rejects.toMatchObject({
    message: 'R2 did not delete models/b within 30 s',
  });
  await vi.runAllTimersAsync();
  await Promise.all([put, remove]);
});

it('a write that is answered in time gives its answer and leaves no timer', async () => {
  const bucket = new BoundedBucket(new MemoryBucket(), PATIENCE, null);
  expect(await bucket.put('models/a', 'text')).toMatchObject({ etag: expect.any(String) });
  expect(vi.getTimerCount()).toBe(0);
});

it('publishing without room on the disk fails before anything is written', async () => {
  const memory = new MemoryBucket();
  const bucket = new BoundedBucket(memory, PATIENCE, '/');
  await expect(bucket.requireRoom(0)).resolves.toBeUndefined();
  await expect(bucket.requireRoom(2 ** 60)).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringMatching(/^\/ has [\d.]+ MB free, [\d.]+ MB are needed$/),
    fix: expect.stringContaining('Make room'),
  });
  bucket.requireRoom = () => Promise.reject(new Error('no room'));
  const artifact = await readArtifact('test/fixtures/artifact');
  await expect(publish(bucket, artifact)).rejects.toThrow('no room');
  expect(memory.keys()).toEqual([]);
  expect(await memory.get(CURRENT_KEY)).toBeNull();
});
