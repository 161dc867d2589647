import type { FileEntry } from '../../shared/artifact/manifest.ts';
import { USER_BATCH } from '../../shared/artifact/schema.ts';
import type { UserColumns } from '../artifact/columns.ts';
import { UsersWriter } from '../artifact/users-writer.ts';
import { offsetsOf } from '../math/sparse.ts';
import type { Imported, ImportedVectors } from './contract.ts';
import type { UserSorter } from './user-sorter.ts';

/** Users that are put into columns at a time: whole batches. */
const BLOCK = 16 * USER_BATCH;

/** Writes users.arrow from all sorted users. Returns its line of the manifest. @param userIds all of them, ascending */
export async function writeUsers(
  path: string,
  userIds: Int32Array,
  sorter: UserSorter,
  userOf: Imported['userOf'],
): Promise<FileEntry> {
  const writer = await UsersWriter.open(path, userIds);
  let block: ImportedVectors[] = [];
  for (const user of sorter.sorted()) {
    block.push(userOf(user));
    if (block.length < BLOCK) continue;
    await writer.write(columnsOf(block));
    block = [];
  }
  if (block.length > 0) await writer.write(columnsOf(block));
  return writer.close();
}

function columnsOf(users: readonly ImportedVectors[]): UserColumns {
  const ratedOffsets = offsetsOf(users.map(({ movieIds }) => movieIds.length));
  const N = ratedOffsets[users.length];
  const columns = {
    userIds: Int32Array.from(users, ({ userId }) => userId),
    biases: Float32Array.from(users, ({ bias }) => bias),
    factors: new Float32Array(users.length * users[0].factors.length),
    relevance: new Float32Array(users.length * users[0].relevance.length),
    ratedOffsets,
    ratedMovieIds: new Int32Array(N),
    ratedHalfStars: new Uint8Array(N),
    ratedTimes: new Uint32Array(N),
  };
  users.forEach(({ factors, relevance, movieIds, halfStars, times }, u) => {
    columns.factors.set(factors, u * factors.length);
    columns.relevance.set(relevance, u * relevance.length);
    columns.ratedMovieIds.set(movieIds, ratedOffsets[u]);
    columns.ratedHalfStars.set(halfStars, ratedOffsets[u]);
    columns.ratedTimes.set(times, ratedOffsets[u]);
  });
  return columns;
}
