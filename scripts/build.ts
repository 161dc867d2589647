/** `npm run prepare`: everything that is built and not kept in git. */
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const TRAINER_KERNELS = 'trainer/engines/wasm/kernels';
const WORKER_KERNELS = 'worker/wasm/kernels';

/** One module over a memory that the engine shares out. What kernels share lies in `parts`, which it does not export. */
async function buildTrainerKernels(): Promise<void> {
  const files = (await readdir(`${ROOT}/${TRAINER_KERNELS}`)).filter((file) => file.endsWith('.as.ts')).sort();
  const entries = files.map((file) => `${TRAINER_KERNELS}/${file}`);
  const memory = '--importMemory --noExportMemory --sharedMemory --initialMemory 16 --maximumMemory 65536';
  const speed = '-O3 --noAssert --runtime stub --enable simd,threads';
  await assemble([...entries, '--outFile', `${TRAINER_KERNELS}/kernels.wasm`, ...`${memory} ${speed}`.split(' ')]);
}

/** A module an instance of which holds a version in its own memory. */
async function buildWorkerKernel(): Promise<void> {
  // A page that there always is halves the checks of workerd, which compares every address: none for the offset.
  const speed = '-O3 --noAssert --runtime stub --use abort= --enable simd,relaxed-simd --initialMemory 1';
  await assemble([`${WORKER_KERNELS}/scorer.as.ts`, '--outFile', `${WORKER_KERNELS}/scorer.wasm`, ...speed.split(' ')]);
}

/** worker/web → worker/public: what the Worker serves as static files. */
async function buildPage(): Promise<void> {
  const [from, to] = [`${ROOT}/worker/web`, `${ROOT}/worker/public`];
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  const files = await readdir(from);
  await build({
    entryPoints: ['main', 'neural'].map((name) => `${from}/${name}.ts`),
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
  await copyFile(`${ROOT}/node_modules/@scalar/api-reference/dist/browser/standalone.js`, `${to}/scalar.js`);
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
