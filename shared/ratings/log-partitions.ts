import { type Listing, listObjects } from '../storage/bucket.ts';

/** Where R2 keeps the rating log: partitions that the nightly retrain copies out of D1, named by the seqs they hold. */
export const LOG_PREFIX = 'ratings/log/';

const NAME = new RegExp(`^${LOG_PREFIX}(\\d+)-(\\d+)\\.arrow$`);
const DIGITS = 12;

/** Key of the partition that holds the log from `from` to `to`, both inclusive. Keys sort by seq. */
export function partitionKey(from: number, to: number): string {
  const digits = (seq: number) => String(seq).padStart(DIGITS, '0');
  return `${LOG_PREFIX}${digits(from)}-${digits(to)}.arrow`;
}

/** The range of seq that a key names, null for a key that is no partition's. */
export function partitionRange(key: string): { from: number; to: number } | null {
  const match = NAME.exec(key);
  return match && { from: Number(match[1]), to: Number(match[2]) };
}

/** The highest seq in the bucket, 0 when there is none: up to here R2 has the log. */
export async function readWatermark(bucket: Listing): Promise<number> {
  const objects = await listObjects(bucket, LOG_PREFIX);
  return objects.reduce((watermark, { key }) => Math.max(watermark, partitionRange(key)?.to ?? 0), 0);
}
