import {
  type Data,
  type DataType,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  List,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Uint8,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { offsetsOf } from '../math/sparse.ts';

/*
 * Written by apache-arrow, although readers use flechette. flechette 2.6 writes the same columns in other bytes (it puts a
 * schema message before the batches), while a seed must keep giving the bytes of earlier releases.
 * test/scripts/consistency.e2e.test.ts checks that both libraries read the same numbers.
 */

type Numbers = Int32Array | Float32Array | Float64Array | Uint8Array;

/** A whole file of these batches. */
export function fileOf(batches: RecordBatch[]): Uint8Array<ArrayBuffer> {
  const writer = new RecordBatchFileWriter();
  for (const batch of batches) writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true) as Uint8Array<ArrayBuffer>;
}

export function batchOf(length: number, columns: Record<string, Data>, metadata?: Map<string, string>): RecordBatch {
  const fields = Object.entries(columns).map(([name, data]) => new Field(name, data.type, name === 'year'));
  const schema = new Schema(fields, metadata);
  const children = Object.values(columns);
  return new RecordBatch(schema, makeData({ type: new Struct(fields), length, nullCount: 0, children }));
}

export function numeric<T extends DataType>(type: T, data: T['TArray']): Data {
  return makeData({ type, length: data.length, nullCount: 0, data } as never) as Data;
}

export function texts(values: readonly string[]): Data {
  return vectorFromArray(values, new Utf8()).data[0];
}

export function nullableYears(years: Int16Array): Data {
  const nullBitmap = new Uint8Array(Math.ceil(years.length / 8));
  let nullCount = 0;
  years.forEach((year, row) => {
    if (year === 0) nullCount++;
    else nullBitmap[row >> 3] |= 1 << (row & 7);
  });
  return makeData({ type: new Int16(), length: years.length, nullCount, nullBitmap, data: years });
}

/**
 * list<dictionary<int8, utf8>>, int16 beyond 128 names; the dictionary is the genre names in alphabetical order.
 *
 * @param others names that none of these movies may have
 */
export function genreLists(genres: readonly (readonly string[])[], others: readonly string[] = []): Data {
  const names = [...new Set([...genres.flat(), ...others])].sort();
  const code = new Map(names.map((name, index) => [name, index]));
  const wide = names.length > 128;
  const numbers = genres.flat().map((name) => code.get(name)!);
  const codes = wide ? Int16Array.from(numbers) : Int8Array.from(numbers);
  const type = new Dictionary(new Utf8(), wide ? new Int16() : new Int8(), 0);
  const dictionary = vectorFromArray(names, new Utf8());
  return lists(
    offsetsOf(genres.map(({ length }) => length)),
    makeData({ type, length: codes.length, nullCount: 0, data: codes, dictionary }),
  );
}

export function lists(valueOffsets: Int32Array, child: Data): Data {
  const type = new List(new Field('item', child.type, false));
  return makeData({ type, length: valueOffsets.length - 1, nullCount: 0, valueOffsets, child });
}

/** The one number of a file of one row. */
export function scalar(value: number): Data {
  return numeric(new Float64(), Float64Array.of(value));
}

/** The numbers of a file of one row. */
export function vector(values: Numbers): Data {
  return vectors(values, 1);
}

/** Row-major values (rows, width) as FixedSizeList<width>. */
export function vectors(values: Numbers, rows: number): Data {
  const item = numbers(values);
  const type = new FixedSizeList(rows === 0 ? 0 : values.length / rows, new Field('item', item.type, false));
  return makeData({ type, length: rows, nullCount: 0, child: item });
}

function numbers(values: Numbers): Data {
  if (values instanceof Int32Array) return numeric(new Int32(), values);
  if (values instanceof Float32Array) return numeric(new Float32(), values);
  if (values instanceof Float64Array) return numeric(new Float64(), values);
  return numeric(new Uint8(), values);
}
