import { MarqueeError } from '../../shared/errors.ts';
import { LOG_PREFIX, partitionKey, partitionRange, readWatermark } from '../../shared/ratings/log-partitions.ts';
import type { Database } from '../../shared/ratings/rating-store.ts';
import { decodePartition, encodePartition, type LogRow } from './partition.ts';
import { objectsUnder, type RetrainBucket } from './store.ts';

/** Rows of one partition, and of one answer of D1. */
const PAGE = 50_000;

/**
 * Copies the rows of D1's log beyond the newest partition into new partitions, `ratings/log/<from>-<to>.arrow`. One put
 * makes a partition, so that it appears whole or not at all. The names alone say how far the log was read, so that the next
 * run continues where a killed one stopped.
 *
 * @returns the watermark: the highest seq in the bucket, 0 when there is none
 * @throws `bad-data` when D1's log ends before the partitions do, because they were made from another log
 */
export async function pullLog(bucket: RetrainBucket, db: Database, page = PAGE): Promise<number> {
  let watermark = await readWatermark(bucket);
  const end = await logEnd(db);
  if (end < watermark) {
    throw new MarqueeError('bad-data', `D1's rating log ends at ${end}, but R2 has it up to ${watermark}`, {
      fix: `The database was replaced. Delete ${LOG_PREFIX} from the bucket if its ratings are to be forgotten.`,
    });
  }
  while (watermark < end) {
    const rows = await readPage(db, watermark, end, page);
    if (rows.length === 0) break; // writes that failed used up the last numbers
    const to = rows[rows.length - 1].seq;
    // A partition of this name has the same rows: it is not overwritten.
    await bucket.put(partitionKey(watermark + 1, to), encodePartition(rows), { onlyIf: { etagDoesNotMatch: '*' } });
    watermark = to;
  }
  return watermark;
}

/** A partition and its rows, ascending by seq. */
interface Partition {
  readonly key: string;
  readonly rows: LogRow[];
}

/** The bucket's partitions, ascending by seq. Throws `bad-artifact` when one is damaged. */
export async function readPartitions(bucket: RetrainBucket): Promise<Partition[]> {
  const partitions: Partition[] = [];
  for (const { key } of await objectsUnder(bucket, LOG_PREFIX)) {
    if (!partitionRange(key)) continue;
    const object = await bucket.get(key);
    if (!object) throw new MarqueeError('bad-artifact', `${key} was deleted while it was read`);
    partitions.push({ key, rows: decodePartition(key, new Uint8Array(await object.arrayBuffer())) });
  }
  return partitions;
}

/** The last seq that D1 gave out. Later rows belong to the next run. */
async function logEnd(db: Database): Promise<number> {
  const sql = "SELECT seq FROM sqlite_sequence WHERE name = 'rating_log'";
  const row = await answered(db.prepare(sql).first<{ seq: number }>());
  return row?.seq ?? 0;
}

async function readPage(db: Database, after: number, end: number, page: number): Promise<LogRow[]> {
  const statement = db.prepare(
    `SELECT seq, user_id AS userId, movie_id AS movieId, half_stars AS halfStars, rated_at AS timestamp,
            received_at AS receivedAt
     FROM rating_log WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3`,
  );
  return (await answered(statement.bind(after, end, page).all<LogRow>())).results;
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new MarqueeError('store-unavailable', 'the rating log could not be read', {
      fix: 'On Cloudflare: npx wrangler d1 migrations apply marquee --remote --env production, then try again.',
      cause,
    });
  }
}
