import { describe, expect, it } from 'vitest';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { pruneVersions } from '../../../trainer/retrain/prune.ts';
import { dying, Killed, MemoryBucket } from './stores.ts';

const DAY = 24 * 3_600_000;
const versions = Array.from({ length: 6 }, (_, n) => `2026010${n + 1}T000000Z-aaaaaa`);
const [v1, v2, v3, v4, v5, v6] = versions;

/** Six versions in the bucket, these two in service and before. */
async function filled(version: string, previous: string | null): Promise<MemoryBucket> {
  const bucket = new MemoryBucket();
  for (const name of versions) {
    for (const file of [FILES.movies, FILES.users, FILES.manifest, 'retrain.json'])
      await bucket.put(artifactKey(name, file), name);
  }
  await bucket.put(CURRENT_KEY, JSON.stringify({ version, previous, publishedAt: '2026-01-01T00:00:00Z' }));
  return bucket;
}

const left = (bucket: MemoryBucket) => [...new Set(bucket.keys('models/').map((key) => key.split('/')[1]))];

describe('pruneVersions', () => {
  it.each<[string, string, string | null, number, string[]]>([
    ['the newest', v6, v5, 3, [v4, v5, v6]],
    ['all, where there are no more', v6, v5, 9, versions],
    ['the one in service and the one before it, however old', v2, v1, 1, [v1, v2, v6]],
    ['the one in service, where there was none before', v3, null, 2, [v3, v5, v6]],
  ])('keeps %s', async (_, current, previous, keep, expected) => {
    const bucket = await filled(current, previous);
    const deleted = await pruneVersions(bucket, keep, Date.now());
    expect(left(bucket)).toEqual(expected);
    expect(deleted).toEqual(versions.filter((version) => !expected.includes(version)));
    expect(bucket.keys(CURRENT_KEY)).toHaveLength(1);
  });

  it('deletes what a killed publishing left once no publishing can still be running', async () => {
    const bucket = await filled(v6, v5);
    await bucket.put(artifactKey('20260107T000000Z-broken', FILES.movies), 'half');
    expect(await pruneVersions(bucket, 6, Date.now())).toEqual([]);
    expect(await pruneVersions(bucket, 6, Date.now() + DAY + 60_000)).toEqual(['20260107T000000Z-broken']);
    expect(left(bucket)).toEqual(versions);
  });

  it('leaves no version with a manifest but without files when killed at any operation, and finishes later', async () => {
    const watched = dying(await filled(v6, v5), Number.POSITIVE_INFINITY, 'before');
    await pruneVersions(watched, 3, Date.now());
    for (let nth = 1; nth <= watched.count; nth++) {
      for (const when of ['before', 'after'] as const) {
        const bucket = await filled(v6, v5);
        await expect(pruneVersions(dying(bucket, nth, when), 3, Date.now())).rejects.toThrow(Killed);
        for (const version of left(bucket)) {
          const keys = bucket.keys(`models/${version}/`);
          if (keys.includes(artifactKey(version, FILES.manifest))) expect(keys).toHaveLength(4);
        }
        await pruneVersions(bucket, 3, Date.now() + DAY + 60_000);
        expect(left(bucket)).toEqual([v4, v5, v6]);
      }
    }
  });
});
