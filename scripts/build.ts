/** `npm run prepare`: everything that is built and not kept in git. */
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** trainer/kernels/*.as.ts → trainer/kernels/kernels.wasm, one module over a memory that its engine shares out. */
async function buildTrainerKernels(): Promise<void> {
  const files = (await readdir(`${ROOT}/trainer/kernels`)).filter((file) => file.endsWith('.as.ts')).sort();
  // What a file exports for other kernels only would be exported from the module too, were the file an entry.
  const parts = ['covariance', 'history-tables', 'panels', 'small-cholesky', 'tile'].map((name) => `${name}.as.ts`);
  const entries = files.filter((file) => !parts.includes(file)).map((file) => `trainer/kernels/${file}`);
  const memory = '--importMemory --noExportMemory --sharedMemory --initialMemory 16 --maximumMemory 65536';
  const speed = '-O3 --noAssert --runtime stub --enable simd,threads';
  await assemble([...entries, '--outFile', 'trainer/kernels/kernels.wasm', ...`${memory} ${speed}`.split(' ')]);
}

/** worker/kernels/*.as.ts → worker/kernels/scorer.wasm, an instance of which holds a version in its own memory. */
async function buildWorkerKernel(): Promise<void> {
  // A page that there always is halves the checks of workerd, which compares every address: none for the offset.
  const speed = '-O3 --noAssert --runtime stub --use abort= --enable simd,relaxed-simd --initialMemory 1';
  await assemble(['worker/kernels/scorer.as.ts', '--outFile', 'worker/kernels/scorer.wasm', ...speed.split(' ')]);
}

/** worker/web → worker/public: what the Worker serves as static files. */
async function buildPage(): Promise<void> {
  const [from, to] = [`${ROOT}/worker/web`, `${ROOT}/worker/public`];
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  const files = await readdir(from);
  await build({
    entryPoints: ['main', 'docs', 'neural'].map((name) => `${from}/${name}.ts`),
    outdir: to,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  // What runs a neural network in the browser, for whoever asks for it: never from elsewhere.
  const runtime = `${ROOT}/node_modules/onnxruntime-web/dist`;
  await mkdir(`${to}/ort`);
  for (const end of ['mjs', 'wasm']) {
    await copyFile(`${runtime}/ort-wasm-simd-threaded.${end}`, `${to}/ort/ort-wasm-simd-threaded.${end}`);
  }
  const plain = files.filter((file) => /\.(html|css|svg)$|^_headers$/.test(file));
  await Promise.all(plain.map((file) => copyFile(`${from}/${file}`, `${to}/${file}`)));
}

async function assemble(args: string[]): Promise<void> {
  const { error, stderr } = await asc.main([...args, '--baseDir', ROOT]);
  if (error) throw new Error(`${error.message}\n${stderr}`);
}

const steps = { 'trainer kernels': buildTrainerKernels, 'worker kernel': buildWorkerKernel, page: buildPage };
for (const [name, step] of Object.entries(steps)) {
  const start = performance.now();
  await step();
  console.error(`${name}: built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
