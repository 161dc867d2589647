import type { Column, Table } from '@uwdata/flechette';
import { MarqueeError } from '../errors.ts';
import { tableOf } from './arrow-metadata.ts';
import { fileEntry, type Manifest } from './manifest.ts';

/** Columns of the artifact's Arrow files as typed arrays, checked. All throw `bad-artifact`. */

export function readTable(bytes: Uint8Array, manifest: Manifest, name: string): Table {
  const { rows } = fileEntry(manifest, name);
  let table: Table;
  try {
    table = tableOf(bytes);
  } catch (cause) {
    throw new MarqueeError('bad-artifact', `${name} is not an Arrow file`, { cause });
  }
  // An empty buffer reads as a table of no rows: the row count tells.
  if (table.numRows !== rows) throw broken(`${name}: got ${table.numRows} rows, expected ${rows}`);
  return table;
}

export function broken(message: string): MarqueeError {
  return new MarqueeError('bad-artifact', message, { fix: 'Publish the version again, or roll back.' });
}

export function column(table: Table, name: string): Column<unknown> {
  const found = table.getChild(name);
  if (!found) throw broken(`a table lacks the column ${name}`);
  return found;
}

/** The single batch of a column, as flechette keeps it: raw buffers and child batches. */
interface Batch {
  readonly values: ArrayLike<number>;
  readonly offsets: Int32Array;
  readonly children: Batch[];
  readonly nullCount: number;
  readonly validity: Uint8Array;
  /** Of a column of codes: what they stand for. */
  readonly dictionary?: Column<unknown>;
}

export function batch(col: Column<unknown>, name: string): Batch {
  if (col.data.length !== 1) throw broken(`${name}: got ${col.data.length} record batches, expected 1`);
  return col.data[0] as unknown as Batch;
}

/** Throws unless the lists of a column lie one after the other within their values: else reading one might never end. */
export function requireLists(table: Table, name: string): void {
  const { offsets, children } = batch(column(table, name), name);
  const most = Math.min(lengthOf(children[0]), numbersIn(children[0]));
  const own = offsets.subarray(0, table.numRows + 1); // padding stands behind them
  const isSound = own.every((at, i) => at >= (i === 0 ? 0 : own[i - 1]) && at <= most);
  if (!isSound) throw broken(`${name}: its lists do not lie within their values`);
}

/** The texts of a dictionary. Throws when it counts more than there are. */
export function textsOf(dictionary: Column<unknown>, name: string): string[] {
  if (dictionary.length > numbersIn(batch(dictionary, name))) throw broken(`${name}: its texts are not all there`);
  return [...dictionary] as string[];
}

function lengthOf(values: Batch): number {
  return (values as unknown as { length: number }).length;
}

/** How many values the buffers of a batch hold, padding included. */
function numbersIn({ offsets, values }: Batch): number {
  return offsets ? offsets.length - 1 : values.length;
}

type Numbers = Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** A buffer of `length` numbers of the wanted type, without the padding behind them. */
export function typed<T extends Numbers>(
  got: ArrayLike<number>,
  type: { new (length: number): T },
  name: string,
  length: number,
): T {
  if (!(got instanceof type)) throw broken(`${name}: got ${got?.constructor.name}, expected ${type.name}`);
  if (got.length < length) throw broken(`${name}: got ${got.length} values, expected ${length}`);
  return got.subarray(0, length) as T;
}

export function scalars<T extends Numbers>(
  table: Table,
  type: { new (length: number): T },
  name: string,
  rows: number,
): T {
  return typed(batch(column(table, name), name).values, type, name, rows);
}

/** A FixedSizeList column as one flat array, (rows, width). */
export function vectors<T extends Numbers>(
  table: Table,
  type: { new (length: number): T },
  name: string,
  rows: number,
  width: number,
): T {
  return typed(batch(vectorColumn(table, name, width), name).children[0].values, type, name, rows * width);
}

export function vectorColumn(table: Table, name: string, width: number): Column<unknown> {
  const stride = widthOf(table, name);
  if (stride !== width) throw broken(`${name}: got vectors of ${stride}, expected ${width}`);
  return column(table, name);
}

/** Width of a FixedSizeList column, 0 for one of another type. */
export function widthOf(table: Table, name: string): number {
  return (column(table, name).type as { stride?: number }).stride ?? 0;
}
