import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listening } from './http-server.ts';

interface StoredObject {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly uploaded: number; // milliseconds since the epoch
  readonly sha256: string | undefined;
}

/** One read, as the bucket saw it; times in milliseconds of `performance.now`. */
export interface BucketRead {
  readonly method: 'head' | 'get';
  readonly key: string;
  /** Bytes of the object that went out. */
  readonly bytes: number;
  readonly began: number;
  ended: number;
}

interface Condition {
  readonly etagMatches?: readonly Etag[];
  readonly etagDoesNotMatch?: readonly Etag[];
}

interface Etag {
  readonly type: 'strong' | 'weak' | 'wildcard';
  readonly value?: string;
}

/** What workerd's R2 binding asks, in the header `cf-r2-request`. */
interface R2Request {
  readonly method: string;
  readonly object: string;
  /** Of a deletion of several. */
  readonly objects?: readonly string[];
  readonly prefix?: string;
  readonly delimiter?: string;
  /** Hex: what the bytes of a put must be. */
  readonly sha256?: string;
  readonly range?: { readonly offset?: string; readonly length?: string; readonly suffix?: string };
  readonly onlyIf?: Condition;
}

const NOT_FOUND = { status: 404, v4code: 10007, message: 'The specified key does not exist.' };
const BAD_DIGEST = { status: 400, v4code: 10037, message: 'The SHA-256 checksum you specified did not match.' };
const PRECONDITION = { status: 412, v4code: 10031, message: 'A condition did not hold.' };

/**
 * An R2 bucket in memory, for `publish` on this side and for workerd's own R2 binding on the other: `serve` speaks the
 * binding's protocol (a JSON header in; JSON of `cf-r2-metadata-size` bytes, then the object, out), as far as the Worker goes.
 */
export class MemoryBucket {
  readonly reads: BucketRead[] = [];
  readonly #objects = new Map<string, StoredObject>();

  async get(key: string) {
    const object = this.#objects.get(key);
    if (!object) return null;
    const { etag, bytes } = object;
    return {
      etag,
      text: async () => new TextDecoder().decode(bytes),
      arrayBuffer: async () => bytes.slice().buffer,
    };
  }

  async put(
    key: string,
    value: Uint8Array | string,
    { onlyIf = {}, sha256 }: { onlyIf?: { etagMatches?: string; etagDoesNotMatch?: string }; sha256?: string } = {},
  ): Promise<{ etag: string } | null> {
    const held = this.#objects.get(key);
    if (onlyIf.etagMatches !== undefined && held?.etag !== onlyIf.etagMatches) return null;
    if (onlyIf.etagDoesNotMatch === '*' && held) return null;
    const bytes = new Uint8Array(typeof value === 'string' ? new TextEncoder().encode(value) : value);
    const etag = createHash('md5').update(bytes).digest('hex');
    this.#objects.set(key, { bytes, etag, sha256, uploaded: Date.now() });
    return { etag };
  }

  /** Folders below a prefix, or, without a delimiter, all objects. */
  async list({ prefix, delimiter }: { prefix: string; delimiter?: string }) {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix));
    const names = new Set(keys.map((key) => `${prefix}${key.slice(prefix.length).split('/')[0]}/`));
    const uploadedAt = (key: string) => new Date(this.#objects.get(key)!.uploaded);
    return {
      objects: delimiter ? [] : keys.map((key) => ({ key, uploaded: uploadedAt(key) })),
      delimitedPrefixes: delimiter ? [...names] : [],
      truncated: false,
    };
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#objects.delete(key);
  }

  /** Listens on a port of this machine. */
  async serve(): Promise<{ port: number; server: Server }> {
    const server = createServer((request, response) => this.#answer(request, response));
    return { port: await listening(server), server };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const began = performance.now();
    if (request.headers['cf-r2-request'] === undefined) return this.#answerPut(request, response);
    request.resume();
    const asked: R2Request = JSON.parse(String(request.headers['cf-r2-request']));
    if (asked.method === 'list') return this.#answerList(asked, response);
    const object = this.#objects.get(asked.object);
    if (asked.method !== 'get' && asked.method !== 'head')
      throw new Error(`the bucket only reads, puts and deletes: ${asked.method}`);
    const [from, to] = object ? bounds(asked.range, object.bytes.length) : [0, 0];
    const bytes = asked.method === 'get' && object ? object.bytes.subarray(from, to) : new Uint8Array();
    const read: BucketRead = { method: asked.method, key: asked.object, bytes: bytes.length, began, ended: Number.NaN };
    this.reads.push(read);
    response.once('finish', () => {
      read.ended = performance.now();
    });
    if (!object) refuse(response, NOT_FOUND, '');
    else if (!holds(object.etag, asked.onlyIf)) refuse(response, PRECONDITION, describe(asked.object, object));
    else send(response, 200, describe(asked.object, object, { offset: from, length: to - from }), bytes);
  }

  /** What writes asks in the body: JSON of `cf-r2-metadata-size` bytes, then the object. */
  async #answerPut(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const size = Number(request.headers['cf-r2-metadata-size']);
    const { method, object: key, objects, onlyIf, sha256 }: R2Request = JSON.parse(body.toString('utf8', 0, size));
    if (method === 'delete') {
      await this.delete(objects ?? [key]);
      return send(response, 200, '', new Uint8Array());
    }
    if (method !== 'put') throw new Error(`the bucket only reads, puts and deletes: ${method}`);
    const held = this.#objects.get(key);
    const isHeld = held ? holds(held.etag, onlyIf) : !onlyIf?.etagMatches;
    if (!isHeld) return refuse(response, PRECONDITION, held ? describe(key, held) : '');
    const bytes = body.subarray(size);
    if (sha256 && createHash('sha256').update(bytes).digest('hex') !== sha256) return refuse(response, BAD_DIGEST, '');
    await this.put(key, bytes, { sha256 });
    send(response, 200, describe(key, this.#objects.get(key)!), new Uint8Array());
  }

  async #answerList({ prefix = '', delimiter }: R2Request, response: ServerResponse): Promise<void> {
    const { objects, ...found } = await this.list({ prefix, delimiter });
    const described = objects.map(({ key }) => JSON.parse(describe(key, this.#objects.get(key)!)));
    send(response, 200, JSON.stringify({ ...found, objects: described }), new Uint8Array());
  }
}

function bounds(range: R2Request['range'], size: number): [number, number] {
  if (range?.suffix !== undefined) return [Math.max(0, size - Number(range.suffix)), size];
  const from = Number(range?.offset ?? 0);
  return [from, range?.length === undefined ? size : Math.min(size, from + Number(range.length))];
}

function holds(etag: string, { etagMatches, etagDoesNotMatch }: Condition = {}): boolean {
  const among = (tags: readonly Etag[]) => tags.some(({ type, value }) => type === 'wildcard' || value === etag);
  return (!etagMatches || among(etagMatches)) && !(etagDoesNotMatch && among(etagDoesNotMatch));
}

function describe(key: string, { bytes, etag, uploaded, sha256 }: StoredObject, range?: object): string {
  const about = {
    name: key,
    version: randomUUID(),
    size: bytes.length,
    etag,
    uploaded,
    httpFields: {},
    customFields: [],
  };
  return JSON.stringify({ ...about, range, checksums: { 0: etag, 2: sha256 } });
}

function refuse(response: ServerResponse, { status, v4code, message }: typeof NOT_FOUND, metadata: string): void {
  response.setHeader('cf-r2-error', JSON.stringify({ version: 1, v4code, message }));
  send(response, status, metadata, new Uint8Array());
}

function send(response: ServerResponse, status: number, metadata: string, bytes: Uint8Array): void {
  const head = Buffer.from(metadata);
  response.writeHead(status, {
    'cf-r2-metadata-size': head.length,
    'Content-Length': head.length + bytes.length,
  });
  response.write(head);
  response.end(bytes);
}
