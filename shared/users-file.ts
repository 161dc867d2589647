import { tableFromIPC } from '@uwdata/flechette';
import { binarySearch } from './decode.ts';
import { MarqueeError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { fromHalfStars } from './rating.ts';
import { FIRST_USER_IDS } from './schema.ts';

/** Reads `length` bytes of users.arrow from `offset`; a negative offset counts from the end, as R2's suffix does. */
export type RangeReader = (offset: number, length: number) => Promise<Uint8Array>;

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
  /** The schema message: prefixed to a batch it makes a complete Arrow stream. */
  readonly schema: Uint8Array;
  readonly firstUserIds: Int32Array; // (B)
  readonly offsets: Float64Array; // (B), bytes
  readonly lengths: Int32Array; // (B), bytes
}

const MAGIC = 'ARROW1';
const HEAD = 8; // magic and padding before the schema message
const TAIL = 10; // footer length and magic
const FIRST_READ = 1 << 16;

/**
 * Reads the footer of users.arrow: once per version. Two or three range reads, whatever the number of users.
 * Throws `bad-artifact` when the file is not an Arrow file or lacks its index.
 */
export async function openUsers(read: RangeReader, manifest: Manifest): Promise<UsersIndex> {
  const bytes = manifest.files.find((file) => file.name === 'users.arrow')?.bytes ?? 0;
  let tail = await read(-Math.min(FIRST_READ, bytes), Math.min(FIRST_READ, bytes));
  const magic = new TextDecoder().decode(tail.subarray(-MAGIC.length));
  if (tail.length < TAIL || magic !== MAGIC) throw new MarqueeError('bad-artifact', 'users.arrow is not an Arrow file');
  const footerLength = view(tail).getInt32(tail.length - TAIL, true);
  if (footerLength + TAIL > tail.length) tail = await read(-(footerLength + TAIL), footerLength + TAIL);
  const footer = tail.subarray(tail.length - TAIL - footerLength, tail.length - TAIL);
  const { offsets, lengths } = recordBatchBlocks(footer);
  const end = offsets.length > 0 ? offsets[0] : bytes - TAIL - footerLength;
  const schema = await read(HEAD, end - HEAD);
  const base64 = tableFromIPC(schema).schema.metadata?.get(FIRST_USER_IDS);
  const firstUserIds = decodeInt32(base64 ?? '');
  if (base64 === undefined || firstUserIds.length !== offsets.length) {
    throw new MarqueeError(
      'bad-artifact',
      `users.arrow: got ${firstUserIds.length} ${FIRST_USER_IDS}, expected ${offsets.length}`,
    );
  }
  return { schema, firstUserIds, offsets, lengths };
}

/** One range read: the user's record batch. Null when the model has no such user. */
export async function readUser(read: RangeReader, index: UsersIndex, userId: number): Promise<StoredUser | null> {
  const at = batchOf(index.firstUserIds, userId);
  if (at < 0) return null;
  const batch = decodeBatch(index.schema, await read(index.offsets[at], index.lengths[at]));
  const row = binarySearch(batch.userIds, userId);
  return row < 0 ? null : batch.user(row);
}

/** Every user of a users.arrow held whole in memory, ascending by id: for batch jobs and tests. */
export async function* readAllUsers(file: Uint8Array, manifest: Manifest): AsyncGenerator<StoredUser> {
  const read = rangesOf(file);
  const index = await openUsers(read, manifest);
  for (let at = 0; at < index.offsets.length; at++) {
    const batch = decodeBatch(index.schema, await read(index.offsets[at], index.lengths[at]));
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

/** Index of the last batch whose first user is not above `userId`, −1 when there is none. */
function batchOf(firstUserIds: Int32Array, userId: number): number {
  let low = 0;
  let high = firstUserIds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (firstUserIds[middle] <= userId) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Schema message + record batch message = an Arrow stream of one batch; each must start on 8 bytes. */
function decodeBatch(schema: Uint8Array, message: Uint8Array): { userIds: Int32Array; user(row: number): StoredUser } {
  const aligned = message.byteOffset % 8 === 0 ? message : message.slice();
  const table = tableFromIPC([schema, aligned]);
  const at = (name: string, row: number) => table.getChild(name).at(row);
  return {
    userIds: table.getChild('userId').toArray() as Int32Array,
    user: (row) => ({
      userId: at('userId', row),
      bias: at('bias', row),
      factors: at('factors', row),
      relevance: at('relevance', row),
      movieIds: at('rated', row),
      stars: Float32Array.from(at('ratings', row) as Uint8Array, fromHalfStars),
    }),
  };
}

/**
 * Offsets and lengths of the record batches from the footer, a flatbuffer (Arrow's File.fbs):
 *   table Footer { version, schema, dictionaries, recordBatches: [Block], custom_metadata }
 *   struct Block { offset: int64; metaDataLength: int32; (4 bytes padding) bodyLength: int64 }
 */
function recordBatchBlocks(footer: Uint8Array): { offsets: Float64Array; lengths: Int32Array } {
  const data = view(footer);
  const root = data.getUint32(0, true);
  const vtable = root - data.getInt32(root, true);
  const slot = 4 + 2 * 3; // recordBatches is field 3
  const field = slot < data.getUint16(vtable, true) ? data.getUint16(vtable + slot, true) : 0;
  if (field === 0) return { offsets: new Float64Array(0), lengths: new Int32Array(0) };
  const vector = root + field + data.getUint32(root + field, true);
  const count = data.getUint32(vector, true);
  const offsets = new Float64Array(count);
  const lengths = new Int32Array(count);
  for (let b = 0; b < count; b++) {
    const block = vector + 4 + 24 * b;
    offsets[b] = Number(data.getBigInt64(block, true));
    lengths[b] = data.getInt32(block + 8, true) + Number(data.getBigInt64(block + 16, true));
  }
  return { offsets, lengths };
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
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
