import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, deflateRawSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** In a header: the number is in the ZIP64 extra field. */
const SEE_ZIP64 = 0xffffffff;

/**
 * A zip archive of these files: every other one stored, the rest deflated.
 *
 * @param zip64 states sizes and offsets in 64 bits, as archives beyond 4 GiB do
 */
export function zipOf(files: Readonly<Record<string, string>>, zip64 = false): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  Object.entries(files).forEach(([name, content], n) => {
    const bytes = Buffer.from(content);
    const method = n % 2 === 0 && bytes.length > 0 ? 8 : 0;
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    // The two headers have extra fields of different lengths, as archives in the wild do.
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(`${name}extra`)]);
    local.writeUInt16LE(5, 28);
    const central = Buffer.concat([common, Buffer.alloc(14)]);
    central.writeUInt32LE(offset, 36);
    const extra = zip64 ? zip64Extra(bytes.length, packed.length, offset) : Buffer.alloc(0);
    central.writeUInt16LE(extra.length, 24);
    if (zip64) for (const field of [14, 18, 36]) central.writeUInt32LE(SEE_ZIP64, field);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), central, Buffer.from(name), extra);
    locals.push(local, packed);
    offset += local.length + packed.length;
  });
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, table, end]);
}

/** The ZIP64 extra field of a central header (PKWARE's APPNOTE.TXT, section 4.5.3). */
function zip64Extra(bytes: number, packedBytes: number, offset: number): Buffer {
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  [bytes, packedBytes, offset].forEach((value, n) => {
    extra.writeBigUInt64LE(BigInt(value), 4 + 8 * n);
  });
  return extra;
}

export function md5Line(bytes: Uint8Array, name: string): string {
  return `MD5 (${name}) = ${createHash('md5').update(bytes).digest('hex')}\n`;
}

/** A server on this machine that ends with the test; returns the address of its root. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** How the archive server below behaves, and what it was asked. */
export interface ArchiveServer {
  readonly baseUrl: string;
  /** "<path> <range or ->" of every request. */
  readonly requests: string[];
}

/**
 * Serves `ml-1m.zip` and its MD5 with byte ranges, as GroupLens does. `cutAfter` ends the first connections after so
 * many bytes; `ranges: false` answers 200 whatever was asked.
 */
export async function serveArchive(
  zip: Uint8Array,
  options: { md5?: string | null; cutAfter?: number[]; ranges?: boolean } = {},
): Promise<ArchiveServer> {
  const { md5 = md5Line(zip, 'ml-1m.zip'), cutAfter = [], ranges = true } = options;
  const requests: string[] = [];
  const baseUrl = await serve((request, response) => {
    requests.push(`${request.url} ${request.headers.range ?? '-'}`);
    if (request.url === '/ml-1m.zip.md5' && md5 !== null) {
      response.end(md5);
      return;
    }
    if (request.url !== '/ml-1m.zip') {
      response.writeHead(404).end();
      return;
    }
    const asked = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    if (asked >= zip.length) {
      response.writeHead(416, { 'content-range': `bytes */${zip.length}` }).end();
      return;
    }
    const body = zip.subarray(asked);
    const range = { 'content-range': `bytes ${asked}-${zip.length - 1}/${zip.length}` };
    response.writeHead(asked > 0 ? 206 : 200, { 'content-length': body.length, ...(asked > 0 ? range : {}) });
    const cut = cutAfter.shift();
    if (cut === undefined) {
      response.end(body);
    } else {
      response.write(body.subarray(0, cut), () => response.destroy());
    }
  });
  return { baseUrl, requests };
}
