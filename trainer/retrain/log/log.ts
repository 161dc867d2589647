import { MarqueeError } from '../../../shared/errors.ts';
import { ALL_LOGS, partitionKey, partitionRange, readWatermark } from '../../../shared/ratings/log-partitions.ts';
import { type LogRow, lastSeq, readLog } from '../../../shared/ratings/tables/rating-log.ts';
import { type Bucket, listObjects } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { BadRowList, ERASED } from './bad-rows.ts';
import { decodePartition, encodePartition } from './partition.ts';

/** Rows of one partition, and of one answer of D1. */
const PAGE = 50_000;

/**
 * Copies the rows of D1's log beyond the newest partition into new partitions, `ratings/log/<from>-<to>.arrow`. One put
 * makes a partition, so that it appears whole or not at all. The names alone say how far the log was read, so that the next
 * run continues where a killed one stopped. Rows that are no ratings are left out.
 *
 * @param bad takes the names of the rows that are left out
 * @param mark called before the first rows are copied
 * @param shard number of the database
 * @returns the watermark: the highest seq in the bucket, 0 when there is none
 * @throws `bad-data` when D1's log ends before the partitions do, because they were made from another log
 */
export async function pullLog(
  bucket: Bucket,
  db: Database,
  page = PAGE,
  bad = new BadRowList(),
  mark: () => Promise<unknown> = async () => undefined,
  shard = 0,
): Promise<number> {
  let watermark = await readWatermark(bucket, shard);
  const end = await lastSeq(db); // what comes later is the next run's
  if (end < watermark) {
    throw new MarqueeError('bad-data', `D1's rating log ends at ${end}, but R2 has it up to ${watermark}`, {
      fix: 'The database was restored or replaced: npm run heal',
    });
  }
  if (watermark < end) await mark();
  while (watermark < end) {
    const rows = await readLog(db, watermark, end, page);
    if (rows.length === 0) break; // the last numbers were given out to writes that failed
    const to = rows[rows.length - 1].seq;
    const sound = bad.sound(rows);
    if (sound.at(-1)?.seq !== to) sound.push({ ...ERASED, seq: to });
    // A partition of this name has the same rows: it is not overwritten.
    const key = partitionKey(watermark + 1, to, shard);
    await bucket.put(key, encodePartition(sound), { onlyIf: { etagDoesNotMatch: '*' } });
    watermark = to;
  }
  return watermark;
}

/** A partition and its rows, ascending by seq. */
interface Partition {
  readonly key: string;
  readonly rows: LogRow[];
}

/** Gives the rows of a partition that cannot be read. */
type Replace = (key: string, bytes: Uint8Array<ArrayBuffer>, why: string) => Promise<LogRow[]>;

/**
 * The bucket's partitions, those of each database ascending by seq.
 *
 * @param replace what to do about damaged ones; without it they are refused
 * @param prefix of one database's (`logPrefix`)
 * @throws `bad-artifact` when one is damaged, or deleted meanwhile
 */
export async function readPartitions(bucket: Bucket, replace?: Replace, prefix = ALL_LOGS): Promise<Partition[]> {
  const partitions: Partition[] = [];
  for (const { key } of await listObjects(bucket, prefix)) {
    if (!partitionRange(key)) continue;
    const object = await bucket.get(key);
    if (!object) throw new MarqueeError('bad-artifact', `${key} was deleted while it was read`);
    const bytes = new Uint8Array(await object.arrayBuffer());
    partitions.push({ key, rows: await rowsOf(key, bytes, replace) });
  }
  return partitions;
}

async function rowsOf(key: string, bytes: Uint8Array<ArrayBuffer>, replace?: Replace): Promise<LogRow[]> {
  try {
    return decodePartition(key, bytes);
  } catch (error) {
    if (!replace || !(error instanceof MarqueeError)) throw error;
    return replace(key, bytes, error.message);
  }
}
