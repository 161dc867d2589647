import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { importOwn } from '../../../../trainer/data/own/import.ts';
import { errorOf, rowsOf, temporaryFolder, writeTemporary } from '../files.ts';

const FILES = join(import.meta.dirname, '../../../fixtures/own-files');

async function made(events: string) {
  const to = await temporaryFolder();
  await importOwn({ films: join(FILES, 'films.parquet'), events, scale: '0-10', to });
  return loadDataset(to);
}

describe('Parquet', () => {
  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli'])(
    'a file packed with %s is read as its CSV is',
    async (codec) => {
      const csv = await writeTemporary(
        'events.csv',
        'user,item,rating,time\nann,moby,9,2026-01-01\nann,emma,7,2026-01-02\nbob,42,2,2026-01-03\n',
      );
      const [packed, plain] = [await made(join(FILES, `events-${codec}.parquet`)), await made(csv)];
      expect(rowsOf(packed.ratings)).toEqual(rowsOf(plain.ratings));
      expect(packed.ratings.timestamps[0]).toBe(Date.parse('2026-01-01') / 1000);
      const films = Array.from(packed.movies.values(), ({ own, ...film }) => [own!.id, film.year, film.genres.length]);
      expect(films).toEqual([
        ['moby', 1851, 2],
        ['emma', 1815, 1],
        ['42', null, 0],
      ]);
      expect(packed.movies.get(42)?.own?.available).toBe(false);
    },
  );

  it('a damaged file is refused with a word, and a row that is none with its number', async () => {
    const bytes = new Uint8Array(await readFile(join(FILES, 'events-snappy.parquet')));
    const cut = await writeTemporary('cut.parquet', bytes.subarray(0, 200));
    expect(await errorOf(made(cut))).toMatchObject({ code: 'bad-data', details: { file: cut } });
    const films = join(FILES, 'films.parquet');
    expect(await errorOf(made(films))).toMatchObject({ code: 'bad-row', details: { line: 1 } });
  });
});
