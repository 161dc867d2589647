import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeCsv } from '../../../scripts/lib/csv.ts';

it('writes a head and quoted cells where they need it, and counts the rows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-csv-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'out.csv');
  expect(
    await writeCsv(
      file,
      ['id', 'title'],
      [
        [1, 'Heat'],
        [2, 'Trial, The'],
      ].values(),
    ),
  ).toBe(2);
  expect(await readFile(file, 'utf8')).toBe('id,title\n1,Heat\n2,"Trial, The"\n');
  expect(await writeCsv(file, ['id'], [])).toBe(0);
  expect(await readFile(file, 'utf8')).toBe('id\n');
});
