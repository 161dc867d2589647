import type { RangeReader } from '../../shared/artifact/arrow-file.ts';
import { fileEntry, type Manifest } from '../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import {
  readBatch,
  type StoredUser,
  type UserBatch,
  type UsersIndex,
  userIn,
} from '../../shared/artifact/user-batch.ts';
import { batchOf, openUsers } from '../../shared/artifact/users-file.ts';
import { Lru } from '../lru.ts';
import { Patience, withDeadline } from '../ratings/deadline.ts';
import { checkWhole, rangeReader } from './bucket.ts';

/** Bytes of users.arrow to keep in memory for each version. */
const KEPT_BYTES = 2 * 2 ** 20;
/** Milliseconds that R2 may take. After that, lists are made without the model's user. */
const LONGEST_READ = 2000;

/**
 * The users of a version, in R2. One range read fetches a batch of users. The batches used last are kept, since users
 * send several requests in a row. That is safe: a version's users never change, and newer ratings come from D1 with
 * every request.
 */
export class StoredUsers {
  readonly #manifest: Manifest;
  readonly #index: UsersIndex;
  readonly #kept: Lru<number, UserBatch>; // by batch
  readonly #patience = new Patience(LONGEST_READ);

  private constructor(manifest: Manifest, index: UsersIndex, mostBytes: number) {
    this.#manifest = manifest;
    this.#index = index;
    this.#kept = new Lru(mostBytes, ({ bytes }) => bytes);
  }

  /**
   * Reads the footer, once for each version. The same range read brings R2's metadata of the whole file. Throws
   * `bad-artifact` when size, hash or dimensions differ from the manifest.
   *
   * @param mostBytes of batches to keep
   */
  static async open(bucket: R2Bucket, manifest: Manifest, mostBytes = KEPT_BYTES): Promise<StoredUsers> {
    return new StoredUsers(manifest, await openUsers(readerOf(bucket, manifest), manifest), mostBytes);
  }

  /**
   * The user's row of the model, null when training never saw them. Takes at most one range read. Throws
   * `store-unavailable`, `bad-artifact`.
   */
  async find(bucket: R2Bucket, userId: number): Promise<StoredUser | null> {
    const at = batchOf(this.#index, userId);
    if (at < 0) return null;
    // Keep the batch, never its promise: the request that awaits it may be cancelled, and would fail the others.
    let batch = this.#kept.get(at);
    if (!batch) {
      batch = await this.#inTime(readBatch(readerOf(bucket, this.#manifest), this.#index, at));
      this.#kept.set(at, batch);
    }
    return userIn(batch, userId);
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    let heard = false;
    const hear = () => {
      heard = true;
      this.#patience.heard();
    };
    answer.then(hear, hear); // also one that comes too late for this request
    try {
      return await withDeadline(answer, this.#patience.milliseconds, 'R2');
    } finally {
      if (!heard) this.#patience.missed();
    }
  }
}

function readerOf(bucket: R2Bucket, manifest: Manifest): RangeReader {
  const entry = fileEntry(manifest, FILES.users);
  return rangeReader(bucket, artifactKey(manifest.version, FILES.users), (object) => checkWhole(object, entry));
}
