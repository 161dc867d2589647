import { everyShard } from '../../shared/ratings/shards.ts';
import type { Store } from '../../shared/ratings/tables/store.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Database } from '../../shared/storage/database.ts';
import { markPull, soundStore } from './heal/identity.ts';
import type { BadRowList } from './log/bad-rows.ts';
import { pullLog } from './log/log.ts';

/**
 * Copies the log of every database into R2.
 *
 * @returns the first database, and the highest seq of its log in R2
 * @throws `bad-data` when one of them was restored to an earlier time, before anything is copied
 */
export async function pullLogs(
  bucket: Bucket,
  db: Database,
  bad: BadRowList,
): Promise<{ readonly store: Store; readonly watermark: number }> {
  const shards = everyShard(db);
  const stores: Store[] = [];
  for (const [shard, each] of shards.entries()) stores.push(await soundStore(bucket, each, shard));
  const watermarks: number[] = [];
  for (const [shard, each] of shards.entries()) {
    watermarks.push(await pullLog(bucket, each, undefined, bad, () => markPull(bucket, each, shard), shard));
  }
  return { store: stores[0], watermark: watermarks[0] };
}
