import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFolder } from '../../../trainer/artifact/write-whole.ts';
import { temporaryFolder } from '../data/files.ts';

it('a folder appears whole, in the place of one that was there, and its writer’s answer comes back', async () => {
  const parent = await temporaryFolder();
  const folder = join(parent, 'model');
  await mkdir(folder);
  await writeFile(join(folder, 'old'), '1');
  const answer = await writeFolder(folder, async (partial) => {
    expect(await readdir(folder)).toEqual(['old']);
    await writeFile(join(partial, 'new'), '2');
    return 3;
  });
  expect(answer).toBe(3);
  expect(await readdir(parent)).toEqual(['model']);
  expect(await readdir(folder)).toEqual(['new']);
});

it('a folder whose writing fails stays as it was, with nothing beside it', async () => {
  const parent = await temporaryFolder();
  const folder = join(parent, 'model');
  await writeFolder(folder, (partial) => writeFile(join(partial, 'file'), '1'));
  const failing = writeFolder(folder, async (partial) => {
    await writeFile(join(partial, 'file'), '2');
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('the disk is full');
  expect(await readdir(parent)).toEqual(['model']);
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('1');
});
