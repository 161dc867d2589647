import * as tf from '@tensorflow/tfjs-core';
import { MarqueeError } from '../../../shared/errors.ts';
import { anyAdapter, gpuAdapter } from '../../engines/webgpu/adapter.ts';
import type { FoundAdapter } from '../../engines/webgpu/probe.ts';
import type { FitOptions } from './settings.ts';

type Name = Exclude<FitOptions['backend'], 'auto'>;

/**
 * Ratings a step from which a GPU by WebGPU is worth its while: a step costs TensorFlow.js 20 ms there, however small. On
 * an H100 an epoch of ML-100K took 28 s in batches of 64, on one core by WebAssembly 2.5 s.
 */
const GPU_BATCH = 1000;

/**
 * Chooses what TensorFlow.js computes with, for the whole process, and says what it is: a GPU by tfjs-node-gpu where
 * somebody installed it, for large batches one in hardware by WebGPU, else WebAssembly. A backend asked for by name is
 * taken or refused.
 *
 * @param batch ratings a step
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

const BACKENDS: Record<Name, () => Promise<string>> = {
  'node-gpu': nodeGpu,
  webgpu: async () => webgpu(await anyAdapter()),
  wasm,
};

/** Never a dependency: its installer downloads 400 MB and wants CUDA. */
async function nodeGpu(): Promise<string> {
  const name = '@tensorflow/tfjs-node-gpu'; // a name that bundlers and the compiler do not follow
  const util = await import('node:util');
  // 4.22 calls what Node 23 took away.
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

/** WebGPU over Dawn, which TensorFlow.js looks for where browsers have it. */
async function webgpu({ name, backend, software }: FoundAdapter): Promise<string> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([`backend=${backend}`, `adapter=${name}`]);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  await import('@tensorflow/tfjs-backend-webgpu');
  return use('webgpu', `webgpu, ${name}${software ? ' (software)' : ''}`);
}

/** One thread: the backend's threads are those of browsers. */
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
