import { readWatermark } from '../../shared/ratings/log-partitions.ts';
import { deleteSuperseded, firstSeq } from '../../shared/ratings/tables/rating-log.ts';
import type { Listing } from '../../shared/storage/bucket.ts';
import type { Database } from '../../shared/storage/database.ts';

/** Number of seqs of one statement. */
const STEP = 50_000;

/**
 * Trims D1's rating log: deletes the superseded rows that R2 already has. A run that breaks off leaves the rest to the
 * next one.
 *
 * @returns how many rows were deleted
 */
export async function trimLog(db: Database, bucket: Listing): Promise<number> {
  const watermark = await readWatermark(bucket);
  const first = (await firstSeq(db)) ?? watermark + 1;
  let deleted = 0;
  for (let after = first - 1; after < watermark; after += STEP) {
    deleted += await deleteSuperseded(db, after, Math.min(after + STEP, watermark));
  }
  return deleted;
}
