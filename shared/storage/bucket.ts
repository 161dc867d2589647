import { type ErrorCode, MarqueeError } from '../errors.ts';

/**
 * The part of an R2 bucket that Marquee uses. Cloudflare's binding satisfies it, in the Worker and under Node, on this
 * machine and remote.
 */
export interface Bucket {
  get(key: string): Promise<StoredBody | null>;
  /** Returns null when `onlyIf` does not hold; nothing is written then. */
  put(key: string, value: Uint8Array | string, options?: PutOptions): Promise<{ readonly etag: string } | null>;
  delete(keys: string[]): Promise<unknown>;
  list(options: ListOptions): Promise<ListPage>;
  /** Throws `store-unavailable` where there is no room for so many bytes. Only a bucket on this machine knows. */
  requireRoom?(bytes: number): Promise<void>;
  /** Bytes of memory of a Worker that serves from here; Cloudflare's where absent (`worker-memory.ts`). */
  readonly workerBytes?: number;
}

export interface StoredBody {
  readonly etag: string;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface PutOptions {
  /** `etagDoesNotMatch: '*'` writes only where there is no object yet. */
  onlyIf?: { etagMatches?: string; etagDoesNotMatch?: string };
  /** In hex. The bucket refuses other bytes, and keeps it among the object's checksums. */
  sha256?: string;
}

export interface StoredObject {
  readonly key: string;
  readonly uploaded: Date;
}

interface ListOptions {
  prefix: string;
  delimiter?: string;
  cursor?: string;
}

/** R2 lists at most 1,000 objects at a time. */
interface ListPage {
  readonly objects: readonly StoredObject[];
  readonly delimitedPrefixes: readonly string[];
  readonly truncated: boolean;
  readonly cursor?: string;
}

/** An object whose reads fail with one clear error. */
export interface ReadableObject {
  readonly etag: string;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
}

/**
 * Gets an object, null where there is none. All that runs under Node reads through here, so that a store's error says
 * which object it concerns.
 *
 * @throws `store-unavailable` when the bucket does not answer; reading throws `bad-artifact` when the object ends early
 */
export async function getObject(bucket: Pick<Bucket, 'get'>, key: string): Promise<ReadableObject | null> {
  const object = await answered(bucket.get(key), 'store-unavailable', `${key} cannot be read: R2 did not answer`);
  if (!object) return null;
  const bytes = async () => {
    const buffer = answered(object.arrayBuffer(), 'bad-artifact', `${key} cannot be read: its bytes are not all there`);
    return new Uint8Array(await buffer);
  };
  return { etag: object.etag, bytes, text: async () => new TextDecoder().decode(await bytes()) };
}

/** A store's answer, or a clear error instead of the store's own. */
async function answered<T>(answer: Promise<T>, code: ErrorCode, message: string): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw cause instanceof MarqueeError ? cause : new MarqueeError(code, message, { cause });
  }
}

/** What of a bucket is needed to list it. */
export type Listing = Pick<Bucket, 'list'>;

/** Every object under a prefix, ascending by key. */
export async function listObjects(bucket: Listing, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const page of pages(bucket, { prefix })) objects.push(...page.objects);
  return objects.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Names of the folders directly under a prefix, ascending, without slashes. */
export async function listFolders(bucket: Listing, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const page of pages(bucket, { prefix, delimiter: '/' })) {
    names.push(...page.delimitedPrefixes.map((folder) => folder.slice(prefix.length, -1)));
  }
  return names.sort();
}

async function* pages(bucket: Listing, options: ListOptions): AsyncGenerator<ListPage> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ ...options, cursor });
    yield page;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
}
