import type { DataType, Schema } from '@uwdata/flechette';
import { MarqueeError } from '../errors.ts';

/** Reads `length` bytes of a file from `offset`; a negative offset counts from the end, as R2's suffix does. */
export type RangeReader = (offset: number, length: number) => Promise<Uint8Array>;

/** Where a record batch message lies in an Arrow file, in bytes. */
export interface ArrowBlock {
  readonly offset: number;
  readonly metadataLength: number;
  readonly length: number;
}

const MAGIC = 'ARROW1';
/** Magic and padding before the first message. */
export const HEAD = 8;
/** Footer length and magic. */
const TAIL = 10;
/** Holds the footer of some 500 batches. */
const FIRST_READ = 1 << 14;

/** The footer of an Arrow file of `bytes` bytes, in one or two range reads. Throws `bad-artifact` when it has none. */
export async function readFooter(read: RangeReader, bytes: number, name: string): Promise<Uint8Array> {
  let tail = await read(-Math.min(FIRST_READ, bytes), Math.min(FIRST_READ, bytes));
  const magic = new TextDecoder().decode(tail.subarray(-MAGIC.length));
  if (tail.length < TAIL || magic !== MAGIC) throw new MarqueeError('bad-artifact', `${name} is not an Arrow file`);
  const footerLength = viewOf(tail).getInt32(tail.length - TAIL, true);
  if (!(footerLength > 0 && footerLength + TAIL <= bytes)) {
    throw new MarqueeError('bad-artifact', `${name} has no footer of ${footerLength} bytes`);
  }
  if (footerLength + TAIL > tail.length) tail = await read(-(footerLength + TAIL), footerLength + TAIL);
  return tail.slice(tail.length - TAIL - footerLength, tail.length - TAIL);
}

/** The footer of a sound Arrow file that is whole in memory. */
export function footerOf(file: Uint8Array): Uint8Array {
  const end = file.length - TAIL;
  return file.subarray(end - viewOf(file).getInt32(end, true), end);
}

/** Bytes of a footer with what stands around it at the end of a file. */
export function tailLength(footer: Uint8Array): number {
  return footer.length + TAIL;
}

/** Makes `file` an Arrow file: magic in front, the footer at the end. Returns the footer in its new place. */
export function closeFile(file: Uint8Array, footer: Uint8Array): Uint8Array {
  const magic = new TextEncoder().encode(MAGIC);
  const end = file.length - tailLength(footer);
  file.set(magic);
  file.set(footer, end);
  viewOf(file).setInt32(end + footer.length, footer.length, true);
  file.set(magic, end + footer.length + 4);
  return file.subarray(end, end + footer.length);
}

/** Offsets and lengths of the record batches from the footer. */
export function recordBatchBlocks(footer: Uint8Array): ArrowBlock[] {
  const data = viewOf(footer);
  const vector = blocksVector(footer);
  const count = vector === 0 ? 0 : data.getUint32(vector, true);
  if (vector + 24 * count > footer.length) throw new RangeError(`a footer counts ${count} batches`);
  return Array.from({ length: count }, (_, b) => {
    const block = vector + 4 + 24 * b;
    const metadataLength = data.getInt32(block + 8, true);
    return {
      offset: Number(data.getBigInt64(block, true)),
      metadataLength,
      length: metadataLength + Number(data.getBigInt64(block + 16, true)),
    };
  });
}

/**
 * Where the footer's list of record batches begins (its count; the blocks follow), 0 when it has none. The footer is a
 * flatbuffer (Arrow's File.fbs):
 *   table Footer { version, schema, dictionaries, recordBatches: [Block], custom_metadata }
 *   struct Block { offset: int64; metaDataLength: int32; (4 bytes padding) bodyLength: int64 }
 */
export function blocksVector(footer: Uint8Array): number {
  const data = viewOf(footer);
  const field = fieldOf(data, data.getUint32(0, true), 3);
  return field === 0 ? 0 : field + data.getUint32(field, true);
}

/** A record batch message's list of buffers, which may be changed in place. */
export interface BatchBuffers {
  /** Of the batch. */
  readonly rows: number;
  readonly count: number;
  /** Of buffer b: bytes from the start of the body, and length. */
  at(b: number): { offset: number; length: number };
  empty(b: number): void;
  setBodyLength(bytes: number): void;
}

/**
 * The buffers of the record batch whose metadata these are (Arrow's Message.fbs):
 *   table Message { version, header: union (type, table), bodyLength: int64, … }
 *   table RecordBatch { length, nodes, buffers: [Buffer], … }     struct Buffer { offset: int64; length: int64 }
 */
export function batchBuffers(metadata: Uint8Array): BatchBuffers {
  const data = viewOf(metadata);
  const start = data.getInt32(0, true) === -1 ? 8 : 4; // a continuation marker, the length
  const message = start + data.getUint32(start, true);
  const header = fieldOf(data, message, 2);
  const batch = header + data.getUint32(header, true);
  const field = fieldOf(data, batch, 2);
  const vector = field + data.getUint32(field, true);
  const buffer = (b: number) => vector + 4 + 16 * b;
  const length = fieldOf(data, batch, 0);
  return {
    rows: length === 0 ? 0 : Number(data.getBigInt64(length, true)),
    count: data.getUint32(vector, true),
    at: (b) => ({
      offset: Number(data.getBigInt64(buffer(b), true)),
      length: Number(data.getBigInt64(buffer(b) + 8, true)),
    }),
    empty: (b) => {
      data.setBigInt64(buffer(b), 0n, true);
      data.setBigInt64(buffer(b) + 8, 0n, true);
    },
    setBodyLength: (bytes) => data.setBigInt64(fieldOf(data, message, 3), BigInt(bytes), true),
  };
}

/** Arrow's numbers of the types whose buffers are not two. */
const TYPE = { utf8: 5, list: 12, fixedSizeList: 16 };

/** The column that each buffer of a batch belongs to, in the order of the buffers (Arrow's columnar format). */
export function bufferOwners(schema: Schema): string[] {
  return schema.fields.flatMap(({ name, type }) => Array<string>(bufferCount(type)).fill(name));
}

function bufferCount(type: DataType): number {
  const { typeId, children } = type as { typeId: number; children?: { type: DataType }[] };
  if (typeId === TYPE.utf8) return 3;
  if (typeId === TYPE.list) return 2 + bufferCount(children![0].type);
  if (typeId === TYPE.fixedSizeList) return 1 + bufferCount(children![0].type);
  return 2;
}

/** Where field `index` of a flatbuffer table lies, 0 when it is absent. */
function fieldOf(data: DataView, table: number, index: number): number {
  const vtable = table - data.getInt32(table, true);
  const slot = 4 + 2 * index;
  const offset = slot < data.getUint16(vtable, true) ? data.getUint16(vtable + slot, true) : 0;
  return offset === 0 ? 0 : table + offset;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
