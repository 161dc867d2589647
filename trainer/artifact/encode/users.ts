import { Float32, Int32, type RecordBatch, Uint8, Uint32 } from 'apache-arrow';
import { encodeInt32 } from '../../../shared/artifact/base64.ts';
import { FIRST_USER_IDS, USER_BATCH } from '../../../shared/artifact/schema.ts';
import { batchOf, fileOf, lists, numeric, vectors } from '../arrow-data.ts';
import type { UserColumns } from '../columns.ts';

/** users.arrow: a record batch for every USER_BATCH users, and the first id of each in the schema's metadata. */
export function encodeUsers(columns: UserColumns): Uint8Array<ArrayBuffer> {
  const U = columns.userIds.length;
  const metadata = usersMetadata(columns.userIds);
  return fileOf(
    Array.from({ length: Math.ceil(U / USER_BATCH) }, (_, b) => {
      const from = b * USER_BATCH;
      return userBatch(columns, from, Math.min(U, from + USER_BATCH), metadata);
    }),
  );
}

/** The schema's metadata of users.arrow. @param userIds all of them, ascending */
export function usersMetadata(userIds: Int32Array): Map<string, string> {
  const batches = Math.ceil(userIds.length / USER_BATCH);
  const firstUserIds = Int32Array.from({ length: batches }, (_, b) => userIds[b * USER_BATCH]);
  return new Map([[FIRST_USER_IDS, encodeInt32(firstUserIds)]]);
}

/** A record batch of users.arrow: the users [from, to) of the columns. */
export function userBatch(columns: UserColumns, from: number, to: number, metadata: Map<string, string>): RecordBatch {
  const U = columns.userIds.length;
  const [K, E] = [columns.factors.length / U, columns.relevance.length / U];
  const rows = to - from;
  const [first, last] = [columns.ratedOffsets[from], columns.ratedOffsets[to]];
  const offsets = columns.ratedOffsets.slice(from, to + 1).map((offset) => offset - first);
  return batchOf(
    rows,
    {
      userId: numeric(new Int32(), columns.userIds.subarray(from, to)),
      bias: numeric(new Float32(), columns.biases.subarray(from, to)),
      factors: vectors(columns.factors.subarray(from * K, to * K), rows),
      relevance: vectors(columns.relevance.subarray(from * E, to * E), rows),
      rated: lists(offsets, numeric(new Int32(), columns.ratedMovieIds.subarray(first, last))),
      // Copies, because the writer joins neighbours in one memory: with no ratings between them it would lose one.
      ratings: lists(offsets.slice(), numeric(new Uint8(), columns.ratedHalfStars.subarray(first, last))),
      ...(columns.ratedTimes && {
        times: lists(offsets.slice(), numeric(new Uint32(), columns.ratedTimes.subarray(first, last))),
      }),
    },
    metadata,
  );
}
