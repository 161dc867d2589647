import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { newFolder, ROOT } from './command.ts';

const PARTS = ['package.json', 'tsconfig.base.json', 'scripts', 'trainer', 'shared', 'worker'];

it('kernels and page are built where the optional parts are not installed, and the page then runs no network', async () => {
  const folder = await newFolder();
  const optional = Object.keys(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).peerDependencies);
  const leftOut = new Set(optional.map((name) => name.split('/')[0]));
  for (const part of PARTS) await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await rm(join(folder, 'worker/web/assets.json'), { force: true });
  await mkdir(join(folder, 'node_modules'));
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (!leftOut.has(name)) await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  await promisify(execFile)(process.execPath, ['scripts/build.ts'], { cwd: folder });
  expect(leftOut).toContain('onnxruntime-web');
  expect(JSON.parse(await readFile(join(folder, 'worker/web/assets.json'), 'utf8'))).toMatchObject({
    runsNetworks: false,
    script: expect.stringMatching(/^\/assets\/main-\w+\.js$/),
  });
});
