import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

const KERNELS = ['scorer', 'scorer-plain'].map((name) => `worker/wasm/kernels/${name}.wasm`);

/** What `npm run prepare` makes, and the Worker and its page need. */
const BUILT = [...KERNELS, 'worker/web/assets.json', 'worker/public'];

/** Paths of built files that are not there. */
export function missingBuilds(): string[] {
  return BUILT.filter((path) => !existsSync(join(ROOT, path)));
}
