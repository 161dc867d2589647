import { createPerson } from '../../../shared/ratings/tables/person.ts';
import { putBackRatings } from '../../../shared/ratings/tables/rating.ts';
import { type LogRow, type LostRow, putBackLog } from '../../../shared/ratings/tables/rating-log.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { answerOf, type Database } from '../../../shared/storage/database.ts';
import { readPartitions } from '../log/log.ts';
import { encodePartition } from '../log/partition.ts';
import type { Plan } from './plan-heal.ts';

/** Ratings a statement. */
const BATCH = 1000;

/** Gives people whose id is somebody else's in D1 a new one, in R2's partitions too. */
export async function giveNewIds(bucket: Bucket, db: Database, plan: Plan): Promise<Map<number, number>> {
  const newIds = new Map<number, number>();
  // A new row says that they came when they did: so a heal that breaks off here does not rename them again.
  for (const { userId, createdAt } of plan.renamed) newIds.set(userId, await createPerson(db, createdAt));
  if (newIds.size === 0) return newIds;
  for (const { key, rows } of await readPartitions(bucket)) {
    if (rows.some(({ userId }) => newIds.has(userId))) await bucket.put(key, encodePartition(renamed(rows, newIds)));
  }
  return newIds;
}

/** Rows with these people's new ids. */
export function renamed(rows: readonly LogRow[], newIds: ReadonlyMap<number, number>): LogRow[] {
  return rows.map((row) => ({ ...row, userId: newIds.get(row.userId) ?? row.userId }));
}

/** Puts ratings that only R2 has back into D1's log and table, where the table has none that is newer. */
export async function putBack(db: Database, lost: readonly LogRow[]): Promise<void> {
  for (let at = 0; at < lost.length; at += BATCH) {
    const text = JSON.stringify(lost.slice(at, at + BATCH).map(lostRow));
    await answerOf(db.batch([putBackLog(db, text), putBackRatings(db, text)]));
  }
}

/** Makes ratings that D1 lacks current, where it has none that is newer; R2 has them in another database's log. */
export async function putBackCurrent(db: Database, rows: readonly LogRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += BATCH) {
    await answerOf(putBackRatings(db, JSON.stringify(rows.slice(at, at + BATCH).map(lostRow))).run());
  }
}

function lostRow({ seq, userId, movieId, halfStars, timestamp, receivedAt = timestamp }: LogRow): LostRow {
  return [seq, userId, movieId, halfStars, timestamp, receivedAt];
}
