import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startServer } from '../../scripts/lib/server.ts';
import { newFolder, ROOT } from './command.ts';

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a Worker that cannot be bundled ends the start with words, instead of being waited for', async () => {
  const warned = vi.spyOn(console, 'error').mockImplementation(() => {});
  const entrypoint = join(folder, 'broken.ts');
  const worker = `import worker from ${JSON.stringify(join(ROOT, 'worker/index.ts'))};`;
  await writeFile(entrypoint, `${worker}\nimport './gone.ts';\nexport default worker;\n`);
  await expect(startServer(join(folder, 'state'), 0, { entrypoint })).rejects.toMatchObject({
    code: 'not-configured',
    message: expect.stringContaining('cannot be bundled'),
    fix: expect.stringContaining('Mend the file'),
  });
  // `startAgain` did not give up on it first.
  expect(warned.mock.calls.flat().join()).not.toContain('has not started');
});
