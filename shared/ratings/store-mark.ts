import * as z from 'zod';
import type { Bucket } from '../storage/bucket.ts';
import type { Store } from './tables/store.ts';

/** Where R2 keeps which database its log is of. */
export const MARK_KEY = 'ratings/store.json';

/** The same of the database with this number. */
function markKey(shard: number): string {
  return shard === 0 ? MARK_KEY : `ratings/store-${shard}.json`;
}

/** Whether R2 keeps there which database a log is of. */
export function isMarkKey(key: string): boolean {
  return /^ratings\/store(-\d+)?\.json$/.test(key);
}

const markSchema = z.object({
  /** `Store.id`. */
  store: z.string(),
  epoch: z.int().min(1),
  /** `Store.pull` when the newest partitions were begun. */
  pull: z.string(),
  /** The last id given to a person by then. */
  lastPerson: z.int().min(0),
  /** First seq of each epoch after the first, ascending: so the seqs in a partition's name tell its epoch. */
  epochs: z.array(z.object({ epoch: z.int().min(2), from: z.int().min(1) })),
});

/** Which database R2's log is of, and how much of its history R2 has seen. */
export type StoreMark = z.infer<typeof markSchema>;

/** The mark, null where there is none that can be read: then only the logs themselves can be compared. */
export async function readMark(bucket: Pick<Bucket, 'get'>, shard = 0): Promise<StoreMark | null> {
  const object = await bucket.get(markKey(shard));
  if (!object) return null;
  try {
    return markSchema.parse(JSON.parse(await object.text()));
  } catch {
    return null;
  }
}

export async function writeMark(bucket: Pick<Bucket, 'put'>, mark: StoreMark, shard = 0): Promise<void> {
  await bucket.put(markKey(shard), `${JSON.stringify(mark)}\n`);
}

/**
 * Whether a database is the one that R2's log is of, and not older than that log. D1 gets each pull's random name first
 * and R2 then, before the rows are put there. So a database that lacks the name which R2 has was restored to a time before
 * R2's newest rows, whatever was written to it since, or it is a copy that went its own way.
 */
export function continues(store: Store, mark: StoreMark): boolean {
  return store.id === mark.store && (store.pull === mark.pull || store.pullBefore === mark.pull);
}
