import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { errorOf, temporaryFolder, writeTemporary } from '../files.ts';

describe('a pipe', () => {
  it.each(['ratings.csv', 'movies.csv'])('a pipe as %s is refused and not waited for', async (name) => {
    const folder = await temporaryFolder();
    await writeTemporary('u.data', '1\t2\t3\t4\n', folder);
    execFileSync('mkfifo', [join(folder, name)]);
    const error = await errorOf(loadDataset(folder));
    expect(error.code).toBe('bad-data');
    expect(error.message).toBe(`${join(folder, name)}: got a pipe, expected a file`);
    expect(error.fix).toBe('Write what it gives into a file, and name that.');
  });
});
