import type { Schema } from '@uwdata/flechette';
import { MarqueeError } from '../errors.ts';
import { binarySearch } from '../math/row-index.ts';
import { fromHalfStars } from '../ratings/rating.ts';
import {
  type ArrowBlock,
  batchBuffers,
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
import { checksumOf } from './checksum.ts';
import { fileEntry, type Manifest } from './manifest.ts';
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
  /** Of the same ratings: seconds since 1970, 0 where the model does not know. */
  readonly times: Uint32Array; // (n)
}

/** Byte ranges of users.arrow's record batches, and which users each one holds. */
export interface UsersIndex {
  readonly factorCount: number; // K
  readonly relevanceCount: number; // E
  /** The column of each buffer of a batch. */
  readonly owners: readonly string[];
  readonly firstUserIds: Int32Array; // (B)
  readonly blocks: readonly ArrowBlock[]; // (B)
  /** Of the batches; none where an earlier release wrote the file. */
  readonly checksums?: Int32Array; // (B)
}

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

function requireSame(bytes: Uint8Array, expected: number, name: string): void {
  const got = checksumOf(bytes);
  if (got !== expected) throw damaged(`${name} has the checksum ${got}, expected ${expected}`);
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
  /** Bytes in memory, the stars of all users included. */
  readonly bytes: number;
  /** Returns the same object for a row every time. */
  user(row: number): StoredUser;
}

/** The user of a batch, null when it has no such user. */
export function userIn(batch: UserBatch, userId: number): StoredUser | null {
  const row = binarySearch(batch.userIds, userId);
  return row < 0 ? null : batch.user(row);
}

/**
 * Reads a record batch, in one range read. Its columns are used as they lie, without a copy, since every request of a
 * user comes here. The file's hash says nothing of a range: its checksum does, and its numbers are looked at.
 *
 * @throws `bad-artifact` when it is cut short or is none; `user` throws it when a user's numbers cannot be right
 */
export async function readBatch(read: RangeReader, index: UsersIndex, at: number): Promise<UserBatch> {
  const { offset, length } = index.blocks[at];
  const message = await read(offset, length);
  if (message.length !== length) {
    throw new MarqueeError('bad-artifact', `users.arrow: got ${message.length} bytes, expected ${length}`);
  }
  if (index.checksums) requireSame(message, index.checksums[at], `batch ${at}`);
  const batch = intact(() => batchIn(message, index, at));
  const { userIds } = batch;
  const [least, next] = [index.firstUserIds[at], index.firstUserIds[at + 1] ?? Number.POSITIVE_INFINITY];
  if (userIds[0] !== least || userIds[userIds.length - 1] >= next || !ascends(userIds)) {
    throw damaged(`the ids from user ${least} on are wrong`);
  }
  return batch;
}

function batchIn(message: Uint8Array, index: UsersIndex, at: number): UserBatch {
  const { factorCount: K, relevanceCount: E, owners } = index;
  const { metadataLength } = index.blocks[at];
  const buffers = batchBuffers(message);
  /** The numbers of a column, and padding after them: its last buffer, or another one. */
  const column = <T>(type: NumbersOf<T>, name: string, buffer = owners.lastIndexOf(name)): T => {
    const { offset, length } = buffers.at(buffer);
    return new type(message.buffer, message.byteOffset + metadataLength + offset, length / type.BYTES_PER_ELEMENT);
  };
  const biases = column(Float32Array, 'bias');
  const factors = column(Float32Array, 'factors');
  const relevance = column(Float32Array, 'relevance');
  const ends = column(Int32Array, 'rated', owners.indexOf('rated') + 1); // after its validity
  const movieIds = column(Int32Array, 'rated');
  const halfStars = column(Uint8Array, 'ratings');
  const times = owners.includes('times') ? column(Uint32Array, 'times') : new Uint32Array(movieIds.length);
  const userIds = column(Int32Array, 'userId').subarray(0, buffers.rows);
  const userAt = (row: number): StoredUser => ({
    userId: userIds[row],
    bias: biases[row],
    factors: factors.subarray(row * K, (row + 1) * K),
    relevance: relevance.subarray(row * E, (row + 1) * E),
    movieIds: movieIds.subarray(ends[row], ends[row + 1]),
    stars: new Float32Array(halfStars.subarray(ends[row], ends[row + 1])).map(fromHalfStars),
    times: times.subarray(ends[row], ends[row + 1]),
  });
  const users: StoredUser[] = [];
  return {
    userIds,
    bytes: message.length + Float32Array.BYTES_PER_ELEMENT * halfStars.length,
    user(row) {
      users[row] ??= requireSane(userAt(row));
      return users[row];
    },
  };
}

/** Above any number of a user's vectors. */
const MOST = 1e6;

function requireSane(user: StoredUser): StoredUser {
  const { userId, bias, factors, relevance, movieIds, stars, times } = user;
  const isVector = (values: ArrayLike<number>) => Array.prototype.every.call(values, (x) => Math.abs(x) < MOST);
  const sane =
    movieIds.length === stars.length &&
    movieIds.length === times.length &&
    movieIds.every((movieId) => movieId >= 0) &&
    stars.every((rating) => rating >= fromHalfStars(1) && rating <= fromHalfStars(10)) &&
    [[bias], factors, relevance].every(isVector);
  if (sane) return user;
  throw damaged(`the numbers of user ${userId} cannot be right`);
}

function ascends(values: Int32Array): boolean {
  return values.every((value, i) => i === 0 || value > values[i - 1]);
}

/** Runs a decoder. Throws `bad-artifact` where bytes lead it out of bounds. */
function intact<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof MarqueeError) throw cause;
    throw damaged('it could not be decoded', cause);
  }
}

function damaged(why: string, cause?: unknown): MarqueeError {
  return new MarqueeError('bad-artifact', `${FILES.users}: ${why}`, {
    fix: 'Publish the version again, or roll back.',
    cause,
  });
}

interface NumbersOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
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
