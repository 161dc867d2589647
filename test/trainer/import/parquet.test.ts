import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } from 'hyparquet';
import { expect, it } from 'vitest';
import { openParquet } from '../../../trainer/import/parquet.ts';
import { ColumnPages } from '../../../trainer/import/parquet-pages.ts';

const FILE = join(import.meta.dirname, '../../fixtures/pyarrow-pages/users.parquet');

/** What `make.py` wrote. */
const IDS = Array.from({ length: 101 }, (_, i) => (3 * i) % 101);
const FEATURES = IDS.map((id) => Array.from({ length: 7 }, (_, x) => id + x / 8));
const RATED = IDS.map((id) => Array.from({ length: id % 4 }, (_, j) => j));

it('reads row groups without a page index', async () => {
  const part = await openParquet(FILE);
  expect(part.columns).toEqual(['id', 'features', 'rated']);
  const read = { id: [], features: [], rated: [] } as Record<string, unknown[]>;
  const firsts: number[] = [];
  for await (const { first, rows, columns } of part.chunks(['id', 'features', 'rated'])) {
    firsts.push(first);
    for (const [name, values] of Object.entries(columns)) read[name].push(...Array.from(values).slice(0, rows));
  }
  expect(read).toEqual({ id: IDS, features: FEATURES, rated: RATED });
  expect(firsts).toEqual([0, 60]);
});

it.each([1, 7, 60])('reads pages of a column %d rows at a time, and says where they end too early', async (step) => {
  const file = await asyncBufferFromFile(FILE);
  const metadata = await parquetMetadataAsync(file);
  const pages = new ColumnPages(file, parquetSchema(metadata), metadata.row_groups[0], 'features');
  const rows: unknown[] = [];
  while (rows.length < 60) rows.push(...Array.from(await pages.take(Math.min(step, 60 - rows.length))));
  expect(rows).toEqual(FEATURES.slice(0, 60));
  await expect(pages.take(1)).rejects.toThrow('the pages of features end too early');
});
