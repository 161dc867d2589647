import type { Schema } from '@uwdata/flechette';
import { MarqueeError } from '../errors.ts';
import { lastNotAbove } from '../math/row-index.ts';
import {
  blocksVector,
  bufferOwners,
  closeFile,
  footerOf,
  HEAD,
  type RangeReader,
  readFooter,
  recordBatchBlocks,
  tailLength,
  viewOf,
} from './arrow-file.ts';
import { tableOf } from './arrow-metadata.ts';
import { decodeInt32, encodeInt32 } from './base64.ts';
import { checksumOf } from './checksum.ts';
import { fileEntry, type Manifest } from './manifest.ts';
import { FILES, FIRST_USER_IDS } from './schema.ts';
import {
  ascends,
  damaged,
  intact,
  readBatch,
  requireSame,
  type StoredUser,
  type UsersIndex,
  userIn,
} from './user-batch.ts';

/** What the manifest says of users.arrow besides its hash: base64 of the checksums of the footer and of each batch. */
export function usersChecksums(file: Uint8Array): string {
  const footer = footerOf(file);
  const batches = recordBatchBlocks(footer).map(({ offset, length }) => file.subarray(offset, offset + length));
  return encodeInt32(Int32Array.from([footer, ...batches], checksumOf));
}

/** The same of a file that is read batch by batch. */
export async function checksumsIn(read: RangeReader, bytes: number): Promise<string> {
  const footer = await readFooter(read, bytes, FILES.users);
  const checksums = [checksumOf(footer)];
  for (const { offset, length } of recordBatchBlocks(footer)) checksums.push(checksumOf(await read(offset, length)));
  return encodeInt32(Int32Array.from(checksums));
}

/**
 * Reads the footer of users.arrow, once for each version: one or two range reads, whatever the number of users. Throws
 * `bad-artifact` when the file is not an Arrow file, lacks its index, or has vectors of other dimensions.
 */
export async function openUsers(read: RangeReader, manifest: Manifest): Promise<UsersIndex> {
  const { bytes, checksums } = fileEntry(manifest, FILES.users);
  const footer = await readFooter(read, bytes, FILES.users);
  return intact(() => {
    if (checksums === undefined) return indexIn(footer, bytes, manifest);
    const [ofFooter, ...ofBatches] = decodeInt32(checksums);
    requireSame(footer, ofFooter, 'its footer');
    return { ...indexIn(footer, bytes, manifest), checksums: Int32Array.from(ofBatches) };
  });
}

function indexIn(footer: Uint8Array, bytes: number, manifest: Manifest): UsersIndex {
  const blocks = recordBatchBlocks(footer);
  if (blocks.some(({ offset, length }) => offset < 0 || length < 0 || offset + length > bytes)) {
    throw damaged('a batch lies outside of the file');
  }
  const schema = readSchema(footer);
  requireWidth(schema, 'factors', manifest.factors);
  requireWidth(schema, 'relevance', manifest.relevanceFactors);
  const firstUserIds = decodeInt32(schema.metadata?.get(FIRST_USER_IDS) ?? '');
  if (firstUserIds.length !== blocks.length) {
    throw new MarqueeError(
      'bad-artifact',
      `users.arrow: got ${firstUserIds.length} ${FIRST_USER_IDS}, expected ${blocks.length}`,
    );
  }
  if (!ascends(firstUserIds)) throw damaged(`${FIRST_USER_IDS} do not ascend`);
  const { factors: factorCount, relevanceFactors: relevanceCount } = manifest;
  return { factorCount, relevanceCount, owners: bufferOwners(schema), firstUserIds, blocks };
}

/** Reads the schema from the footer: apache-arrow writes no schema message at the start of the file. */
function readSchema(footer: Uint8Array): Schema {
  const file = new Uint8Array(HEAD + tailLength(footer));
  const ownFooter = closeFile(file, footer);
  const blocks = blocksVector(ownFooter);
  if (blocks > 0) viewOf(ownFooter).setUint32(blocks, 0, true);
  try {
    return tableOf(file).schema;
  } catch (cause) {
    throw new MarqueeError('bad-artifact', 'the footer of users.arrow could not be read', { cause });
  }
}

function requireWidth({ fields }: Schema, name: string, width: number): void {
  const type = fields.find((field) => field.name === name)?.type as { stride?: number } | undefined;
  if (type?.stride === width) return;
  throw new MarqueeError(
    'bad-artifact',
    `users.arrow, ${name}: got vectors of ${type?.stride ?? 0}, expected ${width}`,
  );
}

/** Reads the user's record batch, in one range read. Null when the model has no such user. */
export async function readUser(read: RangeReader, index: UsersIndex, userId: number): Promise<StoredUser | null> {
  const at = batchOf(index, userId);
  return at < 0 ? null : userIn(await readBatch(read, index, at), userId);
}

/** Every user of a users.arrow, held whole or read batch by batch, ascending by id: for batch jobs and tests. */
export async function* readAllUsers(file: Uint8Array | RangeReader, manifest: Manifest): AsyncGenerator<StoredUser> {
  const read = typeof file === 'function' ? file : rangesOf(file);
  const index = await openUsers(read, manifest);
  for (let at = 0; at < index.blocks.length; at++) {
    const batch = await readBatch(read, index, at);
    for (let row = 0; row < batch.userIds.length; row++) yield batch.user(row);
  }
}

/** A range reader over bytes in memory. */
export function rangesOf(file: Uint8Array): RangeReader {
  return async (offset, length) => {
    const start = offset < 0 ? file.length + offset : offset;
    return file.subarray(start, start + length);
  };
}

/** Index of the only batch that can hold the user, −1 when their id is below every other. */
export function batchOf({ firstUserIds }: UsersIndex, userId: number): number {
  return lastNotAbove(firstUserIds, userId);
}
