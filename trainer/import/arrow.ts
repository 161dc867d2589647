import { open } from 'node:fs/promises';
import { RecordBatchReader, type Vector } from 'apache-arrow';
import type { Part } from './table.ts';

/** Opens an Arrow file, in the file or the stream format. What is held of it is a record batch. */
export async function openArrow(path: string): Promise<Part> {
  const columns = await withReader(path, ({ schema }) => schema.fields.map(({ name }) => name));
  return {
    columns,
    async *chunks(names) {
      const file = await open(path);
      try {
        let first = 0;
        for await (const batch of await RecordBatchReader.from(file)) {
          const read = Object.fromEntries(names.map((name) => [name, valuesOf(batch.getChild(name)!)]));
          yield { first, rows: batch.numRows, columns: read };
          first += batch.numRows;
        }
      } finally {
        await file.close();
      }
    },
  };
}

async function withReader<T>(path: string, use: (reader: RecordBatchReader) => T): Promise<T> {
  const file = await open(path);
  try {
    const reader = await RecordBatchReader.from(file);
    await reader.open();
    return use(reader as unknown as RecordBatchReader);
  } finally {
    await file.close();
  }
}

/** A column's values, lists as arrays. Null where there is none, in lists too. */
function valuesOf(vector: Vector): ArrayLike<unknown> {
  return Array.from(vector, (value) => (isVector(value) ? elementsOf(value) : value));
}

function elementsOf(list: Vector): ArrayLike<unknown> {
  return list.nullCount > 0 ? Array.from(list) : list.toArray();
}

function isVector(value: unknown): value is Vector {
  return typeof value === 'object' && value !== null && 'nullCount' in value;
}
