import * as tf from '@tensorflow/tfjs-core';
import { MarqueeError } from '../../../shared/errors.ts';
import { anyAdapter, gpuAdapter } from '../../engines/webgpu/adapter.ts';
import type { FoundAdapter } from '../../engines/webgpu/probe.ts';
import type { FitOptions } from './settings.ts';

type BackendName = Exclude<FitOptions['backend'], 'auto'>;

/**
 * Ratings a step from which WebGPU pays, because any step costs TensorFlow.js 20 ms there. On an H100 an epoch of ML-100K in
 * batches of 64 took 28 s, by WebAssembly on one core 2.5 s.
 */
const GPU_BATCH = 1000;

/**
 * Chooses what TensorFlow.js computes with, for the whole process. `auto` takes a GPU by tfjs-node-gpu where it is installed,
 * a GPU in hardware by WebGPU for large batches, else WebAssembly. A backend named otherwise is taken or refused.
 *
 * @param batch ratings a step
 * @returns what computes, for people and the manifest
 * @throws `no-engine`
 */
export async function openTensorflow(asked: FitOptions['backend'], batch = 0): Promise<string> {
  if (asked !== 'auto') return BACKENDS[asked]();
  const native = await nodeGpu().catch(() => null);
  if (native) return native;
  const adapter = batch >= GPU_BATCH ? await gpuAdapter() : undefined;
  const gpu = adapter && (await webgpu(adapter).catch(() => null));
  return gpu ?? wasm();
}

const BACKENDS: Record<BackendName, () => Promise<string>> = {
  'node-gpu': nodeGpu,
  webgpu: async () => webgpu(await anyAdapter()),
  wasm,
};

/** Not a dependency, because its installer downloads 400 MB and needs CUDA. */
async function nodeGpu(): Promise<string> {
  const name = '@tensorflow/tfjs-node-gpu'; // a variable, so that bundlers and the compiler do not follow it
  const util = await import('node:util');
  // Version 4.22 calls a function that Node 23 removed.
  Object.assign(util.default, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  try {
    await import(name);
  } catch (cause) {
    throw new MarqueeError('no-engine', 'the backend node-gpu needs @tensorflow/tfjs-node-gpu, which did not load', {
      fix: 'Install it beside Marquee (npm install --no-save @tensorflow/tfjs-node-gpu), or take --backend wasm.',
      cause,
    });
  }
  return use('tensorflow', 'tfjs-node-gpu');
}

/** WebGPU by Dawn, placed where browsers have it and TensorFlow.js looks for it. */
async function webgpu({ name, backend, software }: FoundAdapter): Promise<string> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([`backend=${backend}`, `adapter=${name}`]);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  await import('@tensorflow/tfjs-backend-webgpu');
  return use('webgpu', `webgpu, ${name}${software ? ' (software)' : ''}`);
}

/** One thread, because the backend's threads need a browser. */
async function wasm(): Promise<string> {
  await import('@tensorflow/tfjs-backend-wasm');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return use('wasm', simd ? 'wasm, SIMD' : 'wasm');
}

async function use(backend: string, what: string): Promise<string> {
  if (!(await tf.setBackend(backend))) {
    throw new MarqueeError('no-engine', `TensorFlow.js cannot use its backend ${backend}`, {
      fix: 'Take --backend wasm, which needs nothing.',
    });
  }
  await tf.ready();
  return `TensorFlow.js ${tf.version_core}, ${what}`;
}
