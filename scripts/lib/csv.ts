import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { withoutFormula } from '../../shared/exchange/csv.ts';
import { writeOut } from './out-file.ts';

/** Streams rows into a CSV file under a line of column names, no text a formula. Returns the number of rows. */
export async function writeCsv(
  path: string,
  columns: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
): Promise<number> {
  let count = 0;
  function* counted() {
    for (const row of rows) {
      count++;
      yield row;
    }
  }
  const write = (file: string) =>
    pipeline(
      Readable.from(counted()),
      stringify({ header: true, columns: [...columns], cast: { string: withoutFormula } }),
      createWriteStream(file),
    );
  await writeOut(path, write);
  return count;
}
