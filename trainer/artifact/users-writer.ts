import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { AsyncByteQueue, RecordBatchFileWriter } from 'apache-arrow';
import type { FileEntry } from '../../shared/artifact/manifest.ts';
import { FILES, USER_BATCH } from '../../shared/artifact/schema.ts';
import { checksumsIn } from '../../shared/artifact/users-file.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { UserColumns } from './columns.ts';
import { userBatch, usersMetadata } from './encode/users.ts';
import { fileRanges } from './file-ranges.ts';

/** Bytes that are gathered before they are written. */
const BLOCK = 1 << 20;

/** What the Arrow writer has written and nobody has taken yet. */
class Written extends AsyncByteQueue<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  bytes = 0;

  override write(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
  }

  take(): Uint8Array[] {
    this.bytes = 0;
    return this.#chunks.splice(0);
  }
}

/** Writes users.arrow a batch at a time: the bytes of `encodeUsers`, whatever the number of users. */
export class UsersWriter {
  readonly #file: FileHandle;
  readonly #metadata: Map<string, string>;
  readonly #users: number;
  readonly #written = new Written();
  readonly #writer = new RecordBatchFileWriter();
  readonly #hash = createHash('sha256');
  #rows = 0;
  #bytes = 0;

  /** @param userIds all of them, ascending */
  static async open(path: string, userIds: Int32Array): Promise<UsersWriter> {
    return new UsersWriter(await open(path, 'w+'), userIds);
  }

  private constructor(file: FileHandle, userIds: Int32Array) {
    this.#file = file;
    this.#metadata = usersMetadata(userIds);
    this.#users = userIds.length;
    this.#writer.reset(this.#written);
  }

  /** The next users, ascending by id: whole batches, but for the last call. */
  async write(columns: UserColumns): Promise<void> {
    const U = columns.userIds.length;
    for (let from = 0; from < U; from += USER_BATCH) {
      this.#writer.write(userBatch(columns, from, Math.min(U, from + USER_BATCH), this.#metadata));
      if (this.#written.bytes >= BLOCK) await this.#flush();
    }
    this.#rows += U;
  }

  /** Ends the file. Returns its line of the manifest. */
  async close(): Promise<FileEntry> {
    this.#writer.finish();
    await this.#flush();
    if (this.#rows !== this.#users) {
      await this.#file.close();
      throw new MarqueeError('internal', `users.arrow: got ${this.#rows} users, expected ${this.#users}`);
    }
    const checksums = await checksumsIn(fileRanges(this.#file, this.#bytes), this.#bytes);
    await this.#file.close();
    return { name: FILES.users, bytes: this.#bytes, sha256: this.#hash.digest('hex'), rows: this.#rows, checksums };
  }

  async #flush(): Promise<void> {
    const block = Buffer.concat(this.#written.take());
    this.#hash.update(block);
    this.#bytes += block.length;
    for (let at = 0; at < block.length; ) at += (await this.#file.write(block, at)).bytesWritten;
  }
}
