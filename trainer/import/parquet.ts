import { type AsyncBuffer, asyncBufferFromFile, parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Part } from './table.ts';

/** Rows that are decoded at a time where the file says in which page they lie, as Spark's files do. */
const ROWS = 1 << 14;

/** Opens a Parquet file. What is held of it is a chunk: some rows, or a row group where the file has no page index. */
export async function openParquet(path: string): Promise<Part> {
  const file: AsyncBuffer = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const groups = metadata.row_groups;
  const hasPages = groups.every(({ columns }) => columns.every(({ offset_index_offset: at }) => at !== undefined));
  return {
    columns: parquetSchema(metadata).children.map(({ element }) => element.name),
    async *chunks(names) {
      const { ranges } = await parquetScan({ file, metadata, columns: [...names] });
      for (const { rowStart, rowEnd } of ranges) {
        // A scan keeps what it decoded last, so that each row group gets one of its own.
        const scan = await parquetScan({ file, metadata, columns: [...names], compressors });
        const step = hasPages ? ROWS : rowEnd - rowStart;
        for (let first = rowStart; first < rowEnd; first += step) {
          const end = Math.min(rowEnd, first + step);
          const read = names.map((column) => scan.readColumn({ column, rowStart: first, rowEnd: end }));
          const values = await Promise.all(read);
          const columns = Object.fromEntries(names.map((name, at) => [name, values[at]]));
          yield { first, rows: end - first, columns };
        }
      }
    },
  };
}
