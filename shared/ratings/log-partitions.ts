import { type Listing, listObjects } from '../storage/bucket.ts';

/**
 * Where R2 keeps the rating logs: partitions that the nightly retrain copies out of D1, named by the seqs they hold. That
 * of `DB` is `ratings/log/…`, that of `DB_1` `ratings/log-1/…`. Where somebody moved from one database to another, their
 * later rows have the higher seqs.
 */
export const ALL_LOGS = 'ratings/log';

const NAME = new RegExp(`^${ALL_LOGS}(?:-(\\d+))?/(\\d+)-(\\d+)\\.arrow$`);
const DIGITS = 12;

/** Prefix of the partitions of the database with this number. */
export function logPrefix(shard: number): string {
  return shard === 0 ? `${ALL_LOGS}/` : `${ALL_LOGS}-${shard}/`;
}

/** Key of the partition that holds the log from `from` to `to`, both inclusive. Keys sort by seq. */
export function partitionKey(from: number, to: number, shard = 0): string {
  const digits = (seq: number) => String(seq).padStart(DIGITS, '0');
  return `${logPrefix(shard)}${digits(from)}-${digits(to)}.arrow`;
}

/** The range of seq that a key names, and the number of its database; null for a key that is no partition's. */
export function partitionRange(key: string): { shard: number; from: number; to: number } | null {
  const match = NAME.exec(key);
  return match && { shard: Number(match[1] ?? 0), from: Number(match[2]), to: Number(match[3]) };
}

/** The highest seq in the bucket, 0 when there is none: up to here R2 has the log of the database with this number. */
export async function readWatermark(bucket: Listing, shard = 0): Promise<number> {
  const objects = await listObjects(bucket, logPrefix(shard));
  return objects.reduce((watermark, { key }) => Math.max(watermark, partitionRange(key)?.to ?? 0), 0);
}
