import { sha256Hex } from '../../../shared/artifact/manifest.ts';
import { logPrefix, partitionRange } from '../../../shared/ratings/log-partitions.ts';
import { everyShard } from '../../../shared/ratings/shards.ts';
import { deletedPeople } from '../../../shared/ratings/tables/person.ts';
import { type LogRow, readLog } from '../../../shared/ratings/tables/rating-log.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { type BadRowList, ERASED } from './bad-rows.ts';
import { encodePartition } from './partition.ts';

/** Where R2 keeps partitions that could not be read. */
const UNREADABLE_PREFIX = 'ratings/unreadable/';

/** A partition that could not be read, and what came in its place. */
export interface SetAside {
  /** Of the partition in its place. */
  readonly key: string;
  /** Key of the bytes that could not be read. */
  readonly keptAs: string;
  readonly why: string;
  /** Numbers of the log that the partition stood for. */
  readonly seqs: number;
  /** How many of them D1 still has: they were copied again. */
  readonly copied: number;
}

/**
 * Keeps a damaged partition's bytes under another key, and writes the partition again from the rows that D1 still has. D1
 * knows deleted people from another table, so they do not come back. Where it breaks off, the next run does it again.
 *
 * @throws `store-unavailable`
 */
export async function setPartitionAside(
  { bucket, db, bad }: { readonly bucket: Bucket; readonly db: Database; readonly bad: BadRowList },
  key: string,
  bytes: Uint8Array<ArrayBuffer>,
  why: string,
): Promise<{ readonly rows: LogRow[]; readonly setAside: SetAside }> {
  const digest = (await sha256Hex(bytes)).slice(0, 8);
  const { shard, from, to } = partitionRange(key)!;
  const name = key.slice(logPrefix(shard).length, -'.arrow'.length);
  const keptAs = `${UNREADABLE_PREFIX}${shard === 0 ? '' : `${shard}/`}${name}-${digest}.arrow`;
  await bucket.put(keptAs, bytes);
  const seqs = to - from + 1;
  const source = everyShard(db)[shard];
  const held = source ? await readLog(source, from - 1, to, seqs) : [];
  const gone = await deletedPeople(db);
  const rows: LogRow[] = [
    ...bad.sound(held),
    ...[ERASED.userId, ...gone].map((userId) => ({ ...ERASED, userId, seq: to })),
  ];
  await bucket.put(key, encodePartition(rows));
  return { rows, setAside: { key, keptAs, why, seqs, copied: held.length } };
}

/** Says what happened to a partition, what is lost by it, and how to bring it back. */
export function setAsideText({ key, keptAs, why, seqs, copied }: SetAside): string {
  const missing = seqs - copied;
  return [
    `${key} cannot be read (${why}). It is kept as ${keptAs}.`,
    `D1 still has ${copied} of its ${seqs} rows; they were copied again.`,
    missing === 0
      ? 'Nothing is lost.'
      : `D1 no longer has ${missing}: it keeps every rating that holds, but not those that a later one replaced or that ` +
        'were deleted. If the database was exchanged since, ratings that held are among them.',
    `To bring it back, put a whole copy of it at ${key}. Delete ${keptAs} once nobody needs it: it may hold ratings of ` +
      'people who were deleted.',
  ].join(' ');
}
