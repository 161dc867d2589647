import { type AsyncBuffer, asyncBufferFromFile, parquetMetadataAsync, parquetSchema } from 'hyparquet';
import { ColumnPages } from './parquet-pages.ts';
import type { Part } from './table.ts';

/** Rows that are decoded at a time. */
const ROWS = 1 << 14;

/** Opens a Parquet file. What is held of it is a chunk and some pages, whatever the size of its row groups. */
export async function openParquet(path: string): Promise<Part> {
  const file: AsyncBuffer = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const schema = parquetSchema(metadata);
  return {
    columns: schema.children.map(({ element }) => element.name),
    async *chunks(names) {
      let first = 0;
      for (const group of metadata.row_groups) {
        const pages = names.map((name) => new ColumnPages(file, schema, group, name));
        for (let left = Number(group.num_rows); left > 0; left -= ROWS) {
          const rows = Math.min(ROWS, left);
          const values = await Promise.all(pages.map((column) => column.take(rows)));
          const columns = Object.fromEntries(names.map((name, at) => [name, values[at]]));
          yield { first, rows, columns };
          first += rows;
        }
      }
    },
  };
}
