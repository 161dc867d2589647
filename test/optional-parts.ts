import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Why the tests of an optional part cannot run on this machine; undefined where they can. */
function missing(name: string): string | undefined {
  if (existsSync(join(import.meta.dirname, '../node_modules', name))) return undefined;
  const why = `${name} is not installed: what needs it is not tested (npm install --include=peer)`;
  if (process.env.CI === 'true') throw new Error(why);
  return why;
}

export const noTensorflow = missing('@tensorflow/tfjs-core');
export const noOnnxruntime = missing('onnxruntime-web');
export const noWebgpu = missing('webgpu');
