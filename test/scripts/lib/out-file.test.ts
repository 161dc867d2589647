import { chmod, link, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { requireOut, writeOut } from '../../../scripts/lib/out-file.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marquee-out-'));
});

const write = (text: string) => (path: string) => writeFile(path, text);

describe('a file that a flag names', () => {
  it('is made, and made again with the rights that it had', async () => {
    const file = join(root, 'o.csv');
    await writeOut(file, write('one'));
    await chmod(file, 0o600);
    await writeOut(file, write('two'));
    expect(await readFile(file, 'utf8')).toBe('two');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(root)).toEqual(['o.csv']);
  });

  it('keeps what it held where writing fails', async () => {
    const file = join(root, 'o.csv');
    await writeFile(file, 'held');
    const failing = async (path: string) => {
      await writeFile(path, 'ha');
      throw new Error('ENOSPC');
    };
    await expect(writeOut(file, failing)).rejects.toThrow('ENOSPC');
    expect(await readFile(file, 'utf8')).toBe('held');
    expect(await readdir(root)).toEqual(['o.csv']);
  });

  it('is written through a link to it', async () => {
    await writeFile(join(root, 'target.csv'), 'old');
    await symlink('target.csv', join(root, 'link.csv'));
    await writeOut(join(root, 'link.csv'), write('new'));
    expect(await readFile(join(root, 'target.csv'), 'utf8')).toBe('new');
  });

  it('that is read, too, is refused, whatever its name', async () => {
    const [ratings, other] = [join(root, 'ratings.csv'), join(root, 'other.csv')];
    await writeFile(ratings, 'mine');
    await link(ratings, other);
    for (const out of [ratings, other]) {
      await expect(requireOut(out, [undefined, ratings])).rejects.toThrow('is the file that is read');
    }
    await requireOut(join(root, 'third.csv'), [ratings]);
  });

  it('that is a folder, or in none, is refused before anything is done, under its own name', async () => {
    await mkdir(join(root, 'folder'));
    await expect(requireOut(join(root, 'folder'))).rejects.toThrow('folder is a folder, expected a file');
    await expect(requireOut(join(root, 'none/o.csv'))).rejects.toThrow(
      `ENOENT: no such file or directory, access '${root}/none/o.csv'`,
    );
    await expect(writeOut(join(root, 'none/o.csv'), write('x'))).rejects.toThrow(`'${root}/none/o.csv'`);
  });
});
