import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { type BuildOptions, type BuildResult, build, context, type Plugin } from 'esbuild';
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
  const page = await build(options({ minify: true, scripts: await buildScripts() }));
  await buildServiceWorker(page, await writeAssets(page));
}

/** Builds the page now and after each change of a file, until the process ends. `built` is called each time. */
export async function watchPage(built: () => void): Promise<void> {
  await prepareFolder();
  const watcher = await context({
    ...options({ minify: false, scripts: await buildScripts() }),
    plugins: [
      onlyEnglish,
      stylesAsText,
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

/** Bytes up to which a part that is loaded later is kept for offline use from the beginning. */
const SMALL = 100_000;

/** Knows the page's files by name. `npm run dev` has none, and removes one that is there. */
async function buildServiceWorker({ metafile: { outputs } }: Built, { script, style, parts }: Assets): Promise<void> {
  const small = Object.keys(outputs)
    .filter((name) => !name.endsWith('.map') && outputs[name].bytes <= SMALL && !isOfNetworks(outputs[name]))
    .map((name) => `/assets/${basename(name)}`);
  const files = [
    ...new Set([script, style, ...parts, ...small, '/favicon.svg', '/manifest.webmanifest', '/icons/192.png']),
  ].sort();
  const version = createHash('sha256').update(files.join()).digest('hex').slice(0, 12);
  await build({
    entryPoints: [join(FROM, 'browser/offline/service-worker.ts')],
    outfile: join(TO, 'sw.js'),
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'iife',
    target: 'es2022',
    define: {
      FILES: JSON.stringify(files),
      VERSION: JSON.stringify(version),
      ASSETS: JSON.stringify({ script, style, parts }),
    },
    logLevel: 'warning',
  });
}

function isOfNetworks({ entryPoint }: Built['metafile']['outputs'][string]): boolean {
  return entryPoint?.endsWith('neural.ts') ?? false;
}

/** Leaves out what zod says in fifty other languages: half of what private mode loads. */
const onlyEnglish: Plugin = {
  name: 'only English',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
    }));
  },
};

/** Hands a script a stylesheet as text, which it adopts with the view that needs it. */
const stylesAsText: Plugin = {
  name: 'styles as text',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.css\?text$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace(/\?text$/, '')),
      namespace: 'text',
    }));
    onLoad({ filter: /.*/, namespace: 'text' }, async ({ path }) => {
      const { outputFiles, metafile } = await build({
        entryPoints: [path],
        bundle: true,
        minify: true,
        write: false,
        metafile: true,
      });
      const watchFiles = Object.keys(metafile.inputs).map((file) => resolve(file));
      return { contents: outputFiles[0].text, loader: 'text', watchFiles };
    });
  },
};

/** Paths of scripts that the page loads on demand, by the names under which its files know them. */
type Scripts = Readonly<Record<'PRIVATE_SCRIPT' | 'TAKEN_SCRIPT', string>>;

/** Builds them, each whole in one file, so that the page itself keeps what it needs in its own. */
async function buildScripts(): Promise<Scripts> {
  const alone = async (entry: string, name: string, scripts: Scripts, plugins: Plugin[] = []) => {
    const usual = options({ minify: true, scripts });
    const { metafile } = await build({
      ...usual,
      define: { ...usual.define, RUNS_NETWORKS: 'false' },
      entryPoints: [{ in: join(FROM, entry), out: name }],
      splitting: false,
      sourcemap: false,
      plugins: [...usual.plugins, ...plugins],
    });
    return `/assets/${Object.keys(metafile.outputs)[0].split('/').at(-1)}`;
  };
  const none = { PRIVATE_SCRIPT: '', TAKEN_SCRIPT: '' };
  const taken = { ...none, TAKEN_SCRIPT: await alone('browser/main.tsx', 'taken', none, [forTaken]) };
  return { ...taken, PRIVATE_SCRIPT: await alone('private/script.ts', 'private', taken) };
}

/** Puts `taken/send.ts` in the place of `browser/send.ts`, and likewise places. What it would load on demand stays out. */
const forTaken: Plugin = {
  name: 'taken',
  setup({ onResolve }) {
    onResolve({ filter: /\/(send|places|private-script)\.ts$/ }, ({ path, importer }) =>
      importer.includes('/browser/') ? { path: join(FROM, 'taken', basename(path)) } : undefined,
    );
    onResolve({ filter: /\/(neural\.ts|reload\.ts|admin\/panel\.tsx)$/ }, ({ path, importer, kind }) =>
      kind === 'dynamic-import' && importer.includes('/browser/') ? { path, external: true } : undefined,
    );
  },
};

function options({ minify, scripts }: { minify: boolean; scripts: Scripts }) {
  const defined = { RUNS_NETWORKS: existsSync(RUNTIME), RELOADS: !minify, ...scripts };
  return {
    entryPoints: ['browser/main.tsx', 'browser/docs.ts', 'styles/page.css', 'styles/views.css', 'styles/admin.css'].map(
      (name) => join(FROM, name),
    ),
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
    define: Object.fromEntries(Object.entries(defined).map(([name, value]) => [name, JSON.stringify(value)])),
    // Without the networks' runtime, nothing asks for what needs it.
    plugins: [onlyEnglish, stylesAsText],
    loader: { '.wasm': 'binary' },
    external: ['/assets/*', ...(existsSync(RUNTIME) ? [] : ['onnxruntime-web/wasm'])],
    logLevel: 'warning',
  } satisfies BuildOptions;
}

async function prepareFolder(): Promise<void> {
  await rm(TO, { recursive: true, force: true });
  await mkdir(TO, { recursive: true });
  for (const name of ['_headers', 'favicon.svg', 'manifest.webmanifest', 'icons'])
    await cp(join(FROM, name), join(TO, name), { recursive: true });
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
async function writeAssets({ metafile: { outputs } }: Built): Promise<Assets> {
  const named = (end: string) => {
    const path = Object.keys(outputs).find((name) => outputs[name].entryPoint?.endsWith(end));
    return `/assets/${path?.split('/').at(-1)}`;
  };
  const ends = ['main.tsx', 'page.css', 'views.css', 'admin.css', 'browser/docs.ts'];
  const [script, style, viewsStyle, adminStyle, docs] = ends.map(named);
  const parts = outputs[relative(ROOT, join(TO, script))].imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => `/assets/${basename(path)}`);
  const assets: Assets = { script, style, viewsStyle, adminStyle, docs, parts, runsNetworks: existsSync(RUNTIME) };
  await writeFile(join(FROM, 'assets.json'), `${JSON.stringify(assets)}\n`);
  return assets;
}
