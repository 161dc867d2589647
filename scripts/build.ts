/** `npm run prepare`: everything that is built and not kept in git. */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** trainer/kernels/*.as.ts → trainer/kernels/kernels.wasm, one module over a memory that its engine shares out. */
async function buildTrainerKernels(): Promise<void> {
  const files = (await readdir(`${ROOT}/trainer/kernels`)).filter((file) => file.endsWith('.as.ts')).sort();
  // What a file exports for other kernels only would be exported from the module too, were the file an entry.
  const parts = ['tile.as.ts', 'small-cholesky.as.ts'];
  const entries = files.filter((file) => !parts.includes(file)).map((file) => `trainer/kernels/${file}`);
  const memory = '--importMemory --noExportMemory --sharedMemory --initialMemory 16 --maximumMemory 65536';
  const speed = '-O3 --noAssert --runtime stub --enable simd,threads';
  await assemble([...entries, '--outFile', 'trainer/kernels/kernels.wasm', ...`${memory} ${speed}`.split(' ')]);
}

async function assemble(args: string[]): Promise<void> {
  const { error, stderr } = await asc.main([...args, '--baseDir', ROOT]);
  if (error) throw new Error(`${error.message}\n${stderr}`);
}

const steps = { 'trainer kernels': buildTrainerKernels };
for (const [name, step] of Object.entries(steps)) {
  const start = performance.now();
  await step();
  console.error(`${name}: built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
