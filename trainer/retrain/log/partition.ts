import { Int32, makeVector, Table, tableToIPC, Uint8, vectorFromArray } from 'apache-arrow';
import { tableOf } from '../../../shared/artifact/arrow-metadata.ts';
import { MarqueeError } from '../../../shared/errors.ts';
import { partitionRange } from '../../../shared/ratings/log-partitions.ts';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';

/** userId int32 · movieId int32 · halfStars uint8? · timestamp, receivedAt int64 (seconds) · seq int64; one record batch. */
export function encodePartition(rows: readonly LogRow[]): Uint8Array<ArrayBuffer> {
  const table = new Table({
    userId: vectorFromArray(
      rows.map(({ userId }) => userId),
      new Int32(),
    ),
    movieId: vectorFromArray(
      rows.map(({ movieId }) => movieId),
      new Int32(),
    ),
    halfStars: vectorFromArray(
      rows.map(({ halfStars }) => halfStars),
      new Uint8(),
    ),
    timestamp: makeVector(BigInt64Array.from(rows, ({ timestamp }) => BigInt(timestamp))),
    receivedAt: makeVector(BigInt64Array.from(rows, ({ receivedAt, timestamp }) => BigInt(receivedAt ?? timestamp))),
    seq: makeVector(BigInt64Array.from(rows, ({ seq }) => BigInt(seq))),
  });
  return new Uint8Array(tableToIPC(table, 'file'));
}

/**
 * The rows of a partition, ascending by seq.
 *
 * @throws `bad-artifact` when the bytes are not what the key says
 */
export function decodePartition(key: string, bytes: Uint8Array): LogRow[] {
  const range = partitionRange(key);
  let rows: LogRow[];
  try {
    rows = tableOf(bytes).toArray() as LogRow[];
    rows = rows.map(({ seq, userId, movieId, halfStars, timestamp, receivedAt = timestamp }) => ({
      seq: Number(seq),
      userId,
      movieId,
      halfStars,
      timestamp: Number(timestamp),
      receivedAt: Number(receivedAt),
    }));
  } catch (cause) {
    throw new MarqueeError('bad-artifact', `${key} is not a partition of the rating log`, { cause });
  }
  const [first, last] = [rows.at(0)?.seq, rows.at(-1)?.seq];
  // An empty buffer reads as a table without rows; the missing seq reveals it.
  if (!range || first === undefined || first < range.from || last !== range.to) {
    throw new MarqueeError('bad-artifact', `${key}: got seq ${first} to ${last}`, {
      fix: 'npm run retrain keeps it aside, and copies what D1 still has of it again.',
    });
  }
  return rows;
}
