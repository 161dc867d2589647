import { openUsers, rangesOf, readUser } from '../../../shared/artifact/users-file.ts';
import { MarqueeError } from '../../../shared/errors.ts';
import { dropLetters } from '../../../shared/ratings/dead-letters.ts';
import { EVERY_MOVIE } from '../../../shared/ratings/rating.ts';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { type Artifact, openArtifact } from '../../artifact/artifact.ts';
import { publishedArtifact } from '../../artifact/versions.ts';
import { type BadRowList, ERASED } from './bad-rows.ts';
import { readPartitions } from './log.ts';
import { encodePartition } from './partition.ts';
import { type SetAside, setPartitionAside } from './set-aside.ts';

/** The log of a night, and who was deleted. */
export interface RememberedLog {
  /** Without the rows of deleted people and without bad rows, ascending by seq. */
  readonly log: LogRow[];
  /** Ids of all deleted people. */
  readonly deleted: ReadonlySet<number>;
  /** Partitions that could not be read. */
  readonly setAside: readonly SetAside[];
}

/**
 * Reads the log's partitions, rewrites those that hold ratings of deleted people, and drops these people's dead letters.
 * Each partition is replaced by one put, and the log still says who was deleted, so the next run finishes what a killed one
 * left. A damaged partition is set aside, and written again from D1.
 *
 * @param bad takes the names of rows that are no ratings
 */
export async function forgetDeleted(bucket: Bucket, db: Database, bad: BadRowList): Promise<RememberedLog> {
  const setAside: SetAside[] = [];
  const partitions = await readPartitions(bucket, async (key, bytes, why) => {
    const made = await setPartitionAside({ bucket, db, bad }, key, bytes, why);
    setAside.push(made.setAside);
    return made.rows;
  });
  const rows = partitions.flatMap((partition) => partition.rows);
  const deleted = new Set(rows.filter(({ movieId }) => movieId === EVERY_MOVIE).map(({ userId }) => userId));
  const isTheirs = ({ userId, movieId }: LogRow) => movieId !== EVERY_MOVIE && deleted.has(userId);
  for (const { key, rows } of partitions) {
    if (!rows.some(isTheirs)) continue;
    const erased = rows.map((row) => (isTheirs(row) ? { ...ERASED, seq: row.seq } : row));
    await bucket.put(key, encodePartition(erased));
  }
  await dropLetters(bucket, deleted);
  return { log: bad.sound(rows.filter(({ userId }) => !deleted.has(userId))), deleted, setAside };
}

/** How many of these people an artifact stores. */
export async function countStored(artifact: Artifact, people: ReadonlySet<number>): Promise<number> {
  if (people.size === 0) return 0;
  const { users, manifest } = openArtifact(artifact);
  const read = rangesOf(users);
  const index = await openUsers(read, manifest);
  let stored = 0;
  for (const userId of people) if (await readUser(read, index, userId)) stored++;
  return stored;
}

/** Whether a published version may store one of these people: true also for a version that cannot be read. */
export async function mayHold(bucket: Bucket, version: string, people: ReadonlySet<number>): Promise<boolean> {
  if (people.size === 0) return false;
  try {
    return (await countStored(await publishedArtifact(bucket, version), people)) > 0;
  } catch (error) {
    if (error instanceof MarqueeError && error.code === 'bad-artifact') return true;
    throw error;
  }
}
