import { parentPort, workerData } from 'node:worker_threads';
import { Control, instantiate } from './control.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly thread: number;
}

const { module, memory, control, thread } = workerData as ThreadData;
const kernels = instantiate(module, memory);
parentPort?.postMessage('ready');
new Control(control).serve(kernels, thread);
