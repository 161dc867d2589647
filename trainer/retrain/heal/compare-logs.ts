import { logPrefix, readWatermark } from '../../../shared/ratings/log-partitions.ts';
import { EVERY_MOVIE } from '../../../shared/ratings/rating.ts';
import { type LogRow, lastSeq, readLog } from '../../../shared/ratings/tables/rating-log.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { readPartitions } from '../log/log.ts';

/** Rows of one answer of D1. */
const PAGE = 50_000;

/** The log as R2 has it and as D1 has it. */
export interface ComparedLogs {
  /** The last seq in R2. */
  readonly watermark: number;
  /** The last seq that D1 gave out. */
  readonly end: number;
  /** Rows of R2, ascending by seq, without those that were erased. */
  readonly copied: readonly LogRow[];
  /** Rows of D1, ascending by seq. */
  readonly held: readonly LogRow[];
  /** Seqs under which both have the same row. */
  readonly shared: ReadonlySet<number>;
  /** Up to here D1 agrees with R2: its rows behind it were written after a restore. */
  readonly last: number;
}

/** Reads both logs whole and compares them seq by seq. Throws `bad-artifact`, `store-unavailable`. */
export async function compareLogs(bucket: Bucket, db: Database, shard = 0): Promise<ComparedLogs> {
  const watermark = await readWatermark(bucket, shard);
  const end = await lastSeq(db);
  const partitions = await readPartitions(bucket, undefined, logPrefix(shard));
  const copied = partitions.flatMap(({ rows }) => rows).filter(({ userId }) => userId >= 0);
  const held = await readWholeLog(db, end);
  return { watermark, end, copied, held, ...agreement(copied, held, Math.min(end, watermark)) };
}

/** Whether D1's log goes on where R2's ends: nothing that R2 has is missing there, and no seq was given out twice. */
export function goesOn({ end, watermark, last }: ComparedLogs): boolean {
  return end >= watermark && last >= watermark;
}

async function readWholeLog(db: Database, end: number): Promise<LogRow[]> {
  const rows: LogRow[] = [];
  for (let after = 0; after < end; after = rows.at(-1)!.seq) {
    const page = await readLog(db, after, end, PAGE);
    if (page.length === 0) break;
    rows.push(...page);
  }
  return rows;
}

/**
 * Up to which seq the logs agree. D1 may lack rows of R2, because the log was trimmed. R2 may lack rows that D1 has, because
 * a deleted person's were erased, or were gone when it was copied; but not behind the last row that both have.
 */
function agreement(
  copied: readonly LogRow[],
  held: readonly LogRow[],
  until: number,
): Pick<ComparedLogs, 'shared' | 'last'> {
  const twins = new Map(copied.map((row) => [row.seq, row]));
  const deleted = new Set(copied.filter(({ movieId }) => movieId === EVERY_MOVIE).map(({ userId }) => userId));
  const shared = new Set<number>();
  let [other, lastShared] = [Number.POSITIVE_INFINITY, 0];
  const single: number[] = [];
  for (const row of held) {
    if (row.seq > until) break;
    const twin = twins.get(row.seq);
    if (twin && isSame(row, twin)) {
      shared.add(row.seq);
      lastShared = row.seq;
    } else if (twin) other = Math.min(other, row.seq);
    else if (row.movieId === EVERY_MOVIE || !deleted.has(row.userId)) single.push(row.seq);
  }
  const unknown = single.find((seq) => seq > lastShared) ?? Number.POSITIVE_INFINITY;
  return { shared, last: Math.min(until, other - 1, unknown - 1) };
}

function isSame(a: LogRow, b: LogRow): boolean {
  return a.userId === b.userId && a.movieId === b.movieId && a.halfStars === b.halfStars && a.timestamp === b.timestamp;
}
