import { openUsers, rangesOf, readUser } from '../../shared/artifact/users-file.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { dropLetters } from '../../shared/ratings/dead-letters.ts';
import { EVERY_MOVIE } from '../../shared/ratings/rating.ts';
import type { LogRow } from '../../shared/ratings/tables/rating-log.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { type Artifact, openArtifact } from '../artifact/artifact.ts';
import { publishedArtifact } from '../artifact/publish.ts';
import { readPartitions } from './log.ts';
import { encodePartition } from './partition.ts';

/** What a night knows of people's ratings. */
export interface People {
  /** The log without those who were deleted, ascending by seq. */
  readonly log: LogRow[];
  readonly deleted: ReadonlySet<number>;
}

/** In place of somebody's row: nobody, every movie. The seq stays, by which a partition is known to be whole. */
const ERASED = { userId: -1, movieId: EVERY_MOVIE, halfStars: null, timestamp: 0 } as const;

/**
 * Reads the log's partitions, and writes those anew that hold ratings of people who were deleted since; their dead letters
 * go, too. Each partition is replaced by one put, and who was deleted stays in the log: a run that breaks off leaves the
 * rest to the next one.
 *
 * @throws `bad-artifact` when a partition is damaged
 */
export async function forgetDeleted(bucket: Bucket): Promise<People> {
  const partitions = await readPartitions(bucket);
  const rows = partitions.flatMap((partition) => partition.rows);
  const deleted = new Set(rows.filter(({ movieId }) => movieId === EVERY_MOVIE).map(({ userId }) => userId));
  const isTheirs = ({ userId, movieId }: LogRow) => movieId !== EVERY_MOVIE && deleted.has(userId);
  for (const { key, rows } of partitions) {
    if (!rows.some(isTheirs)) continue;
    const erased = rows.map((row) => (isTheirs(row) ? { ...ERASED, seq: row.seq } : row));
    await bucket.put(key, encodePartition(erased));
  }
  await dropLetters(bucket, deleted);
  return { log: rows.filter(({ userId }) => !deleted.has(userId)), deleted };
}

/** How many of these people an artifact holds a row of. */
export async function countHeld(artifact: Artifact, people: ReadonlySet<number>): Promise<number> {
  if (people.size === 0) return 0;
  const { users, manifest } = openArtifact(artifact);
  const read = rangesOf(users);
  const index = await openUsers(read, manifest);
  let held = 0;
  for (const userId of people) if (await readUser(read, index, userId)) held++;
  return held;
}

/** Whether a published version holds one of these people, as far as anybody can tell: one that cannot be read may. */
export async function mayHold(bucket: Bucket, version: string, people: ReadonlySet<number>): Promise<boolean> {
  if (people.size === 0) return false;
  try {
    return (await countHeld(await publishedArtifact(bucket, version), people)) > 0;
  } catch (error) {
    if (error instanceof MarqueeError && error.code === 'bad-artifact') return true;
    throw error;
  }
}
