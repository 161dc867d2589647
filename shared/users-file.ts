import { type Schema, tableFromIPC } from '@uwdata/flechette';
import {
  type Block,
  blocksVector,
  closeFile,
  HEAD,
  type RangeReader,
  readFooter,
  recordBatchBlocks,
  tailLength,
  viewOf,
} from './arrow-file.ts';

import { binarySearch } from './decode.ts';
import { MarqueeError } from './errors.ts';
import { fileEntry, type Manifest } from './manifest.ts';
import { fromHalfStars } from './rating.ts';
import { FILES, FIRST_USER_IDS } from './schema.ts';

/** What the model stores of a user. */
export interface StoredUser {
  readonly userId: number;
  readonly bias: number;
  readonly factors: Float32Array; // (K)
  readonly relevance: Float32Array; // (E)
  /** Training ratings, oldest first: movie ids and stars. */
  readonly movieIds: Int32Array; // (n)
  readonly stars: Float32Array; // (n)
}

/** Byte ranges of users.arrow's record batches, and which users each one holds. */
export interface UsersIndex {
  /** The file's footer: behind a single batch it makes a complete Arrow file. */
  readonly footer: Uint8Array;
  readonly firstUserIds: Int32Array; // (B)
  readonly blocks: readonly Block[]; // (B)
}

/**
 * Reads the footer of users.arrow: once per version. One or two range reads, whatever the number of users.
 * Throws `bad-artifact` when the file is not an Arrow file, lacks its index, or has vectors of other dimensions.
 */
export async function openUsers(read: RangeReader, manifest: Manifest): Promise<UsersIndex> {
  const { bytes } = fileEntry(manifest, FILES.users);
  const footer = await readFooter(read, bytes, FILES.users);
  const blocks = recordBatchBlocks(footer);
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
  return { footer, firstUserIds, blocks };
}

function readSchema(footer: Uint8Array): Schema {
  try {
    return tableFromIPC(fileOfOne(footer, null)).schema;
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

/** One range read: the user's record batch. Null when the model has no such user. */
export async function readUser(read: RangeReader, index: UsersIndex, userId: number): Promise<StoredUser | null> {
  const at = batchOf(index, userId);
  return at < 0 ? null : userIn(await readBatch(read, index, at), userId);
}

/** Every user of a users.arrow held whole in memory, ascending by id: for batch jobs and tests. */
export async function* readAllUsers(file: Uint8Array, manifest: Manifest): AsyncGenerator<StoredUser> {
  const read = rangesOf(file);
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

/** Index of the batch that holds the user if the model knows them, −1 when they come before the first. */
export function batchOf({ firstUserIds }: UsersIndex, userId: number): number {
  let low = 0;
  let high = firstUserIds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (firstUserIds[middle] <= userId) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Some users, ascending by id. */
export interface UserBatch {
  readonly userIds: Int32Array;
  /** Bytes in memory. */
  readonly bytes: number;
  user(row: number): StoredUser;
}

/** The user of a batch, null when it has no such user. */
export function userIn(batch: UserBatch, userId: number): StoredUser | null {
  const row = binarySearch(batch.userIds, userId);
  return row < 0 ? null : batch.user(row);
}

/** One range read: a record batch. Throws `bad-artifact` when it is cut short. */
export async function readBatch(read: RangeReader, { footer, blocks }: UsersIndex, at: number): Promise<UserBatch> {
  const block = blocks[at];
  const message = await read(block.offset, block.length);
  if (message.length !== block.length) {
    throw new MarqueeError('bad-artifact', `users.arrow: got ${message.length} bytes, expected ${block.length}`);
  }
  const table = tableFromIPC(fileOfOne(footer, { message, metadataLength: block.metadataLength }));
  const value = (name: string, row: number) => table.getChild(name).at(row);
  return {
    userIds: table.getChild('userId').toArray() as Int32Array,
    bytes: message.length + footer.length,
    user: (row) => ({
      userId: value('userId', row),
      bias: value('bias', row),
      factors: value('factors', row),
      relevance: value('relevance', row),
      movieIds: value('rated', row),
      stars: new Float32Array(value('ratings', row) as Uint8Array).map(fromHalfStars),
    }),
  };
}

/**
 * An Arrow file of one record batch, or none: the file's own footer, its list of blocks cut to what is there. The
 * schema stands in the footer alone: apache-arrow writes no schema message in front.
 */
function fileOfOne(footer: Uint8Array, batch: { message: Uint8Array; metadataLength: number } | null): Uint8Array {
  const length = batch?.message.length ?? 0;
  const file = new Uint8Array(HEAD + length + tailLength(footer));
  if (batch) file.set(batch.message, HEAD);
  const own = closeFile(file, footer);
  const data = viewOf(own);
  const blocks = blocksVector(own);
  if (blocks > 0) data.setUint32(blocks, batch ? 1 : 0, true);
  if (batch) {
    const block = blocks + 4;
    data.setBigInt64(block, BigInt(HEAD), true);
    data.setInt32(block + 8, batch.metadataLength, true);
    data.setBigInt64(block + 16, BigInt(length - batch.metadataLength), true);
  }
  return file;
}

/** base64 of int32 little-endian values, and back. */
export function encodeInt32(values: Int32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function decodeInt32(base64: string): Int32Array {
  const binary = atob(base64);
  return new Int32Array(Uint8Array.from(binary, (char) => char.charCodeAt(0)).buffer);
}
