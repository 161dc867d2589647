/** `npm run prepare`: everything that is built and not kept in git. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { buildClient } from './lib/client/client.ts';
import { buildPage } from './lib/page.ts';

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

/** A module an instance of which holds a version in its own memory, and the same for browsers without relaxed SIMD. */
async function buildWorkerKernel(): Promise<void> {
  // A page that there always is halves the checks of workerd, which compares every address: none for the offset.
  const speed = '-O3 --noAssert --runtime stub --use abort= --initialMemory 1 --enable';
  for (const [name, features] of [
    ['scorer', 'simd,relaxed-simd'],
    ['scorer-plain', 'simd'],
  ]) {
    const out = `${WORKER_KERNELS}/${name}.wasm`;
    await assemble([`${WORKER_KERNELS}/scorer.as.ts`, '--outFile', out, ...`${speed} ${features}`.split(' ')]);
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

const steps = {
  'trainer kernels': buildTrainerKernels,
  'worker kernel': buildWorkerKernel,
  page: buildPage,
  client: buildClient, // after the page, whose file names the app knows
};
await dropUnused();
for (const [name, step] of Object.entries(steps)) {
  const start = performance.now();
  await step();
  console.error(`${name}: built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
