import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, type BuildResult, build, context } from 'esbuild';
import type { Assets } from '../../worker/web/assets.ts';

const ROOT = join(import.meta.dirname, '../..');
const FROM = join(ROOT, 'worker/web');
/** What the Worker serves as static files. */
const TO = join(ROOT, 'worker/public');
/** The networks' runtime, an optional part. */
const RUNTIME = join(ROOT, 'node_modules/onnxruntime-web/dist');

/** worker/web → worker/public: files named by their contents, which a browser may keep for ever. */
export async function buildPage(): Promise<void> {
  await prepareFolder();
  await writeAssets(await build(options({ minify: true })));
}

/** Builds the page now and after each change of a file, until the process ends. `built` is called each time. */
export async function watchPage(built: () => void): Promise<void> {
  await prepareFolder();
  const watcher = await context({
    ...options({ minify: false }),
    plugins: [
      {
        name: 'assets',
        setup: ({ onEnd }) =>
          onEnd(async (result) => {
            if (result.errors.length > 0) return;
            await writeAssets(result as Built);
            built();
          }),
      },
    ],
  });
  await watcher.watch();
}

type Built = BuildResult<{ metafile: true }>;

function options({ minify }: { minify: boolean }) {
  return {
    entryPoints: [join(FROM, 'browser/main.tsx'), join(FROM, 'styles/page.css')],
    outdir: join(TO, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify,
    sourcemap: true,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    define: { RUNS_NETWORKS: String(existsSync(RUNTIME)), RELOADS: String(!minify) },
    // Without the networks' runtime, nothing asks for what needs it.
    loader: { '.wasm': 'binary' },
    external: existsSync(RUNTIME) ? [] : ['onnxruntime-web/wasm'],
    logLevel: 'warning',
  } satisfies BuildOptions;
}

async function prepareFolder(): Promise<void> {
  await rm(TO, { recursive: true, force: true });
  await mkdir(TO, { recursive: true });
  for (const name of ['_headers', 'favicon.svg']) await copyFile(join(FROM, name), join(TO, name));
  await copyFile(join(ROOT, 'node_modules/@scalar/fastify-api-reference/dist/js/standalone.js'), join(TO, 'scalar.js'));
  if (existsSync(RUNTIME)) await copyRuntime();
}

/** What runs a neural network in the browser, for whoever asks for it: never from elsewhere. */
async function copyRuntime(): Promise<void> {
  await mkdir(join(TO, 'ort'));
  for (const end of ['mjs', 'wasm']) {
    const name = `ort-wasm-simd-threaded.${end}`;
    await copyFile(join(RUNTIME, name), join(TO, 'ort', name));
  }
}

/** Tells the Worker, which draws the page, the names of its files. */
async function writeAssets({ metafile: { outputs } }: Built): Promise<void> {
  const named = (end: string) => {
    const path = Object.keys(outputs).find((name) => outputs[name].entryPoint?.endsWith(end));
    return `/assets/${path?.split('/').at(-1)}`;
  };
  const assets: Assets = { script: named('main.tsx'), style: named('page.css'), runsNetworks: existsSync(RUNTIME) };
  await writeFile(join(FROM, 'assets.json'), `${JSON.stringify(assets)}\n`);
}
