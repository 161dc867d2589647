import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { requireArtifactPlace, writeFolder } from '../../../trainer/artifact/write-folder.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marquee-folder-'));
});

const artifact = async (partial: string) => {
  await writeFile(join(partial, 'manifest.json'), 'new');
  await writeFile(join(partial, 'movies.arrow'), 'new');
};

describe('a folder for an artifact', () => {
  it('may be new, below folders that are not there yet, or empty', async () => {
    await mkdir(join(root, 'empty'));
    for (const folder of [join(root, 'a/b'), join(root, 'empty')]) {
      await requireArtifactPlace(folder);
      await writeFolder(folder, artifact);
      expect((await readdir(folder)).sort()).toEqual(['manifest.json', 'movies.arrow']);
    }
  });

  it('that is somebody’s file is refused, and the file stays', async () => {
    const file = join(root, 'ratings.csv');
    await writeFile(file, 'userId,movieId,rating\n');
    await expect(requireArtifactPlace(file)).rejects.toThrow('ratings.csv is a file, expected a folder');
    await expect(writeFolder(file, artifact)).rejects.toThrow('is a file');
    expect(await readFile(file, 'utf8')).toBe('userId,movieId,rating\n');
  });

  it('that holds somebody’s files and no artifact is refused, and they stay', async () => {
    await writeFile(join(root, 'letters.txt'), 'dear');
    await expect(writeFolder(root, artifact)).rejects.toThrow('holds letters.txt, and no artifact');
    expect(await readdir(root)).toEqual(['letters.txt']);
  });

  it('that holds an artifact gets the new one, and keeps files of somebody beside it', async () => {
    const folder = join(root, 'model');
    await writeFolder(folder, artifact);
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await writeFile(join(folder, 'next.arrow'), 'of the old one');
    await writeFolder(folder, async (partial) => writeFile(join(partial, 'manifest.json'), 'newer'));
    expect((await readdir(folder)).sort()).toEqual(['manifest.json', 'notes.txt']);
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    expect(await readFile(join(folder, 'manifest.json'), 'utf8')).toBe('newer');
  });

  it('gives back what its writer says, and is as it was until then', async () => {
    const folder = join(root, 'model');
    await writeFolder(folder, artifact);
    const answer = await writeFolder(folder, async (partial) => {
      expect((await readdir(folder)).sort()).toEqual(['manifest.json', 'movies.arrow']);
      await writeFile(join(partial, 'manifest.json'), 'newer');
      return 3;
    });
    expect(answer).toBe(3);
    expect(await readdir(folder)).toEqual(['manifest.json']);
  });

  it('is as it was where writing fails, as on a full disk, and no part stays beside it', async () => {
    const folder = join(root, 'model');
    await writeFolder(folder, artifact);
    await expect(
      writeFolder(folder, async (partial) => {
        await writeFile(join(partial, 'manifest.json'), 'half');
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      }),
    ).rejects.toThrow('ENOSPC');
    expect(await readdir(root)).toEqual(['model']);
    expect(await readFile(join(folder, 'manifest.json'), 'utf8')).toBe('new');
  });
});
