import { type Table, tableFromIPC } from '@uwdata/flechette';

/**
 * What a field of a flatbuffer holds whose size the bytes themselves state: a text, structs of some bytes each, a table,
 * or tables. Fields by their number; all others are plain values.
 */
type Layout = ReadonlyMap<number, Kind>;
type Kind = 'text' | number | { readonly table: () => Layout } | { readonly tables: () => Layout };

/** Arrow's tables (Schema.fbs, Message.fbs, File.fbs), as far as they say how much there is of something. */
const KEY_VALUE: Layout = new Map([
  [0, 'text'],
  [1, 'text'],
]);
const NOTHING: Layout = new Map();
const FIELD: Layout = new Map<number, Kind>([
  [0, 'text'],
  [3, { table: () => NOTHING }],
  [4, { table: () => NOTHING }],
  [5, { tables: () => FIELD }],
  [6, { tables: () => KEY_VALUE }],
]);
const SCHEMA: Layout = new Map<number, Kind>([
  [1, { tables: () => FIELD }],
  [2, { tables: () => KEY_VALUE }],
]);
const BATCH: Layout = new Map([
  [1, 16],
  [2, 16],
  [4, 8],
]);
const DICTIONARY: Layout = new Map<number, Kind>([[1, { table: () => BATCH }]]);
const FOOTER: Layout = new Map<number, Kind>([
  [1, { table: () => SCHEMA }],
  [2, 24],
  [3, 24],
  [4, { tables: () => KEY_VALUE }],
]);
/** By the type of a message's header. */
const HEADERS: Readonly<Record<number, Layout>> = { 1: SCHEMA, 2: DICTIONARY, 3: BATCH };

const TAIL = 10;

/**
 * `tableFromIPC` for bytes that may be damaged: it takes each count that the metadata state at its word, and a single
 * bit too many lets it collect entries until memory ends. Here whatever footer and messages count has to fit into the
 * file, and rows of at least a byte have to.
 *
 * @throws RangeError or Error, as decoders do
 */
export function tableOf(file: Uint8Array): Table {
  const data = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length > TAIL) {
    const footer = file.length - TAIL - data.getInt32(file.length - TAIL, true);
    const check = new MetadataCheck(data);
    const root = footer + data.getUint32(footer, true);
    check.table(root, FOOTER);
    for (const field of [2, 3]) for (const block of check.structs(root, field, 24)) check.message(block);
  }
  const table = tableFromIPC(file);
  if (table.numRows > file.length) throw new RangeError(`${table.numRows} rows do not fit into ${file.length} bytes`);
  return table;
}

class MetadataCheck {
  readonly #data: DataView;
  /** Tables that may still be looked at: more than fit into the bytes are the same ones again and again. */
  #left: number;

  constructor(data: DataView) {
    this.#data = data;
    this.#left = data.byteLength;
  }

  table(at: number, layout: Layout): void {
    if (this.#left-- <= 0) throw new RangeError('tables of the metadata contain each other');
    for (const [field, kind] of layout) {
      const place = this.#field(at, field);
      if (place === 0) continue;
      const target = place + this.#data.getUint32(place, true);
      if (typeof kind === 'object' && 'table' in kind) this.table(target, kind.table());
      else this.#vector(target, kind);
    }
  }

  /** The message of a block of the footer. */
  message(block: number): void {
    const at = Number(this.#data.getBigInt64(block, true));
    const start = at + (this.#data.getInt32(at, true) === -1 ? 8 : 4); // a continuation marker, the length
    const root = start + this.#data.getUint32(start, true);
    const [type, header] = [this.#field(root, 1), this.#field(root, 2)];
    const layout = type > 0 && header > 0 && HEADERS[this.#data.getUint8(type)];
    if (layout) this.table(header + this.#data.getUint32(header, true), layout);
  }

  /** Where the structs of a field lie. */
  structs(table: number, field: number, bytes: number): number[] {
    const place = this.#field(table, field);
    if (place === 0) return [];
    const vector = place + this.#data.getUint32(place, true);
    return Array.from({ length: this.#count(vector, bytes) }, (_, n) => vector + 4 + bytes * n);
  }

  #vector(at: number, kind: Exclude<Kind, { table: unknown }>): void {
    const bytes = kind === 'text' ? 1 : typeof kind === 'number' ? kind : 4;
    const count = this.#count(at, bytes);
    if (typeof kind !== 'object') return;
    for (let place = at + 4; place < at + 4 + 4 * count; place += 4) {
      this.table(place + this.#data.getUint32(place, true), kind.tables());
    }
  }

  #count(at: number, bytes: number): number {
    const count = this.#data.getUint32(at, true);
    if (at + 4 + count * bytes > this.#data.byteLength) throw new RangeError(`the metadata count ${count} entries`);
    return count;
  }

  /** Where a field lies, 0 where the table lacks it. */
  #field(table: number, field: number): number {
    const vtable = table - this.#data.getInt32(table, true);
    const slot = 4 + 2 * field;
    const offset = slot < this.#data.getUint16(vtable, true) ? this.#data.getUint16(vtable + slot, true) : 0;
    return offset === 0 ? 0 : table + offset;
  }
}
