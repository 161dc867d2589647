import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** What `npm run prepare` makes and the Worker needs. */
const BUILT = ['worker/wasm/kernels/scorer.wasm', 'worker/web/assets.json', 'worker/public'];

/** Paths of built files that are not there. */
export function missingBuilds(): string[] {
  return BUILT.filter((path) => !existsSync(join(ROOT, path)));
}
