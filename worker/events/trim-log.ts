import { readWatermark } from '../../shared/ratings/log-partitions.ts';
import { continues, readMark } from '../../shared/ratings/store-mark.ts';
import { deleteSuperseded, firstSeq } from '../../shared/ratings/tables/rating-log.ts';
import { readStore } from '../../shared/ratings/tables/store.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Database } from '../../shared/storage/database.ts';

/** Number of seqs of one statement. */
const STEP = 50_000;

/**
 * Trims D1's rating log: deletes the superseded rows that R2 already has. A run that breaks off leaves the rest to the
 * next one. After a restore of D1 nothing is deleted: the same seqs may be other rows in R2 (`npm run heal`).
 *
 * @param shard number of the database
 * @returns how many rows were deleted
 */
export async function trimLog(db: Database, bucket: Pick<Bucket, 'get' | 'list'>, shard = 0): Promise<number> {
  const mark = await readMark(bucket, shard);
  if (mark && !continues(await readStore(db), mark)) {
    console.warn('rating log: D1 was restored or replaced since the last retrain: npm run heal -- --remote');
    return 0;
  }
  const watermark = await readWatermark(bucket, shard);
  const first = (await firstSeq(db)) ?? watermark + 1;
  let deleted = 0;
  for (let after = first - 1; after < watermark; after += STEP) {
    deleted += await deleteSuperseded(db, after, Math.min(after + STEP, watermark));
  }
  return deleted;
}
