import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { type ApiDocument, typesOf } from './types.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FROM = join(ROOT, 'worker/client/client.ts');
const TO = join(ROOT, 'worker/client/built');
/** Not there where only what serves was installed. */
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** worker/client → worker/client/built: `marquee/client` as JavaScript, with types that follow from the routes. */
export async function buildClient(): Promise<void> {
  await mkdir(TO, { recursive: true });
  const types = await readTypes();
  await writeFile(join(TO, 'api.ts'), types);
  await build({ entryPoints: [FROM], outdir: TO, format: 'esm', target: 'es2022', logLevel: 'warning' });
  if (existsSync(TSC)) await writeFile(join(TO, 'client.d.ts'), `${types}\n${await declarations()}`);
}

/** The app, as far as it describes itself. */
interface Bundle {
  createApp(options: object): { request(path: string, init: object, env: object): Promise<Response> };
}

/** Types of the routes as they are: of the app itself, without a server, which would need a model. */
export async function readTypes(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-app-'));
  const outfile = join(folder, 'app.mjs');
  try {
    await build({
      entryPoints: [join(ROOT, 'worker/app.ts')],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      jsx: 'automatic',
      jsxImportSource: 'preact',
      logLevel: 'warning',
    });
    const { createApp } = (await import(pathToFileURL(outfile).href)) as Bundle;
    const document = await createApp({}).request('/openapi.json', {}, {}); // nothing is scored
    return typesOf((await document.json()) as ApiDocument);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The client's own declarations, without its imports of the routes' types, which stand beside them in one file. */
async function declarations(): Promise<string> {
  const options = '--declaration --emitDeclarationOnly --noEmit false --allowImportingTsExtensions --skipLibCheck';
  const target = '--module esnext --moduleResolution bundler --target es2022 --lib es2024,dom,dom.iterable --types';
  const folder = await mkdtemp(join(tmpdir(), 'marquee-types-'));
  try {
    const args = [
      TSC,
      '--ignoreConfig',
      FROM,
      ...options.split(' '),
      ...target.split(' '),
      '',
      '--rootDir',
      join(ROOT, 'worker/client'),
      '--outDir',
      folder,
    ];
    await promisify(execFile)(process.execPath, args).catch(({ stdout }) => {
      throw new Error(stdout);
    });
    return (await readFile(join(folder, 'client.d.ts'), 'utf8')).replace(
      /^(import|export) type .* from '\.\/built\/api\.ts';\n/gm,
      '',
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
