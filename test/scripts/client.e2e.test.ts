import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTypes } from '../../scripts/lib/client/client.ts';
import { newFolder, ROOT } from './command.ts';

const BUILT = join(ROOT, 'worker/client/built');

const CONSUMER = `
import { type Item, Marquee, MarqueeProblem, type Recommendations } from 'marquee/client';

const marquee = new Marquee('https://films.example', { token: async () => 'a token', timeout: 500 });

export async function titles(user: number, signal: AbortSignal): Promise<string[]> {
  const list: Recommendations = await marquee.get('/recommend', { query: { user, genre: ['Comedy'], k: 5 }, signal });
  const year: number | null = list.items[0]!.year;
  const similar: Item[] = (await marquee.get('/similar/{movieId}', { path: { movieId: year ?? 1 } })).items;
  await marquee.post('/ratings', { body: { movieId: 1, rating: 4.5 } });
  await marquee.post('/session');
  const file: string = await marquee.get('/export');
  // @ts-expect-error there is no such route
  await marquee.get('/recomend');
  // @ts-expect-error a route that has no such method
  await marquee.delete('/top');
  // @ts-expect-error a film must be named
  await marquee.get('/movies/{movieId}');
  // @ts-expect-error no such parameter
  await marquee.get('/top', { query: { colour: 'red' } });
  // @ts-expect-error stars are a number
  await marquee.post('/ratings', { body: { movieId: 1, rating: '4' } });
  // @ts-expect-error no such field
  similar[0]!.stars;
  return [...list.items, ...similar].map(({ title }) => title).concat(file);
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof MarqueeProblem ? (error.fix ?? error.code) : undefined;
}
`;

describe('marquee/client, as npm run prepare builds it', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await newFolder();
    await mkdir(join(folder, 'node_modules/@cloudflare'), { recursive: true });
    await mkdir(join(folder, 'node_modules/@types'));
    await symlink(ROOT, join(folder, 'node_modules/marquee'));
    for (const types of ['@types/node', '@cloudflare/workers-types'])
      await symlink(join(ROOT, 'node_modules', types), join(folder, 'node_modules', types));
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    await writeFile(join(folder, 'consumer.ts'), CONSUMER);
  });

  it('has the types of the routes as they are', async () => {
    expect(await readFile(join(BUILT, 'api.ts'), 'utf8'), 'run npm run prepare').toBe(await readTypes());
  });

  it.each([
    ['browsers', { lib: ['es2022', 'dom', 'dom.iterable'], types: [] }],
    ['Node', { lib: ['es2024'], types: ['node'] }],
    ['Workers', { lib: ['es2024'], types: ['@cloudflare/workers-types'] }],
  ])('has types that stand alone and are strict, in %s', async (name, own) => {
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const compilerOptions = { ...strict, module: 'nodenext', target: 'es2022', noEmit: true, ...own };
    const config = join(folder, `${name}.json`);
    await writeFile(config, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', config]).catch((error) => error);
    expect(stdout).toBe('');
  });

  it('needs nothing else when it runs', async () => {
    const text = await readFile(join(BUILT, 'client.js'), 'utf8');
    expect(text).not.toMatch(/\bimport\b|\brequire\b|process\./);
    const program = `import { Marquee } from 'marquee/client';
      const error = await new Marquee('http://127.0.0.1:9', { retries: 0 }).get('/top').catch((error) => error);
      console.log(error.name);`;
    await writeFile(join(folder, 'program.mjs'), program);
    const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: folder });
    expect(stdout).toBe('TypeError\n');
  });
});
