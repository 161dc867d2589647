import { MarqueeError } from '../errors.ts';
import { binarySearch } from '../math/row-index.ts';
import { fromHalfStars } from '../ratings/rating.ts';
import { type ArrowBlock, batchBuffers, type RangeReader } from './arrow-file.ts';
import { checksumOf } from './checksum.ts';
import { FILES } from './schema.ts';

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

interface NumbersOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
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

export function requireSame(bytes: Uint8Array, expected: number, name: string): void {
  const got = checksumOf(bytes);
  if (got !== expected) throw damaged(`${name} has the checksum ${got}, expected ${expected}`);
}

export function ascends(values: Int32Array): boolean {
  return values.every((value, i) => i === 0 || value > values[i - 1]);
}

/** Runs a decoder. Throws `bad-artifact` where bytes lead it out of bounds. */
export function intact<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof MarqueeError) throw cause;
    throw damaged('it could not be decoded', cause);
  }
}

export function damaged(why: string, cause?: unknown): MarqueeError {
  return new MarqueeError('bad-artifact', `${FILES.users}: ${why}`, {
    fix: 'Publish the version again, or roll back.',
    cause,
  });
}
