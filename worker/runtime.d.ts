/**
 * What workerd has beyond a browser. The page's components run in both, so both kinds of types meet in one program; where
 * they differ, the browser's win.
 */
interface Crypto {
  readonly DigestStream: new (
    algorithm: string,
  ) => WritableStream<Uint8Array> & { readonly digest: Promise<ArrayBuffer> };
}

interface ReadableStreamBYOBReader {
  readAtLeast<T extends ArrayBufferView>(least: number, view: T): Promise<ReadableStreamReadResult<T>>;
}
