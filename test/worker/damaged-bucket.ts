import { type DamageKind, damaged } from '../fixtures/damage.ts';

/**
 * The real bucket, where a disk has damaged one object: what the bucket recorded of it, size and hash, stays as it was.
 */
export function damagedBucket(bucket: R2Bucket, key: string, kind: DamageKind): R2Bucket {
  const get = async (asked: string, options?: R2GetOptions) => {
    if (asked !== key) return bucket.get(asked, options);
    const object = (await bucket.get(key)) as R2ObjectBody;
    const whole = new Uint8Array(await object.arrayBuffer());
    const left = damaged(whole, kind);
    if (left === null) return null;
    const [from, to] = bounds(options?.range as R2Range | undefined, whole.length);
    const body = partOf(left, from, to);
    const { size, checksums, etag } = object;
    return { size, checksums, etag, body, arrayBuffer: () => new Response(body).arrayBuffer() };
  };
  return { get, head: (asked: string) => bucket.head(asked) } as unknown as R2Bucket;
}

function bounds(range: R2Range | undefined, size: number): [number, number] {
  if (!range) return [0, size];
  if ('suffix' in range) return [Math.max(0, size - range.suffix), size];
  return [range.offset ?? 0, Math.min(size, (range.offset ?? 0) + (range.length ?? size))];
}

/** A stream that fails where the bytes that are left end too early. */
function partOf(left: Uint8Array<ArrayBuffer>, from: number, to: number): ReadableStream {
  const { readable, writable } = new FixedLengthStream(to - from);
  const writer = writable.getWriter();
  const deliver = async () => {
    if (from < left.length) await writer.write(left.slice(from, to));
    await writer.close();
  };
  deliver().catch((error) => writer.abort(error).catch(() => undefined));
  return readable;
}
