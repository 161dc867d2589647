/** `npm run prepare`: everything that is built and not kept in git. */
import { existsSync } from 'node:fs';
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
  const runtime = `${ROOT}/node_modules/onnxruntime-web/dist`;
  const runsNetworks = existsSync(runtime); // an optional part
  await build({
    entryPoints: (runsNetworks ? ['main', 'neural'] : ['main']).map((name) => `${from}/${name}.ts`),
    outdir: to,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    define: { RUNS_NETWORKS: String(runsNetworks) },
    logLevel: 'warning',
  });
  if (runsNetworks) await copyNetworkRuntime(runtime, `${to}/ort`);
  await copyFile(`${ROOT}/node_modules/@scalar/fastify-api-reference/dist/js/standalone.js`, `${to}/scalar.js`);
  const plain = files.filter((file) => /\.(html|css|svg)$|^_headers$/.test(file));
  await Promise.all(plain.map((file) => copyFile(`${from}/${file}`, `${to}/${file}`)));
}

/** What runs a neural network in the browser, for whoever asks for it: never from elsewhere. */
async function copyNetworkRuntime(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const end of ['mjs', 'wasm']) {
    await copyFile(`${from}/ort-wasm-simd-threaded.${end}`, `${to}/ort-wasm-simd-threaded.${end}`);
  }
}

/** Deletes 150 MB that npm cannot leave out and nothing here reads: Node's C headers, Binaryen's programs beside its module. */
async function dropUnused(): Promise<void> {
  const node = `${ROOT}/node_modules/node/node_modules`;
  const packages = existsSync(node) ? await readdir(node, { withFileTypes: true }) : [];
  const headers = packages.filter((entry) => entry.isDirectory()).map(({ name }) => `${node}/${name}/include`);
  for (const folder of [...headers, `${ROOT}/node_modules/binaryen/bin`]) {
    await rm(folder, { recursive: true, force: true });
  }
}

async function assemble(args: string[]): Promise<void> {
  const { error, stderr } = await asc.main([...args, '--baseDir', ROOT]);
  if (error) throw new Error(`${error.message}\n${stderr}`);
}

const steps = { 'trainer kernels': buildTrainerKernels, 'worker kernel': buildWorkerKernel, page: buildPage };
await dropUnused();
for (const [name, step] of Object.entries(steps)) {
  const start = performance.now();
  await step();
  console.error(`${name}: built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
