import { parentPort, workerData } from 'node:worker_threads';
import { Control, instantiate, kernelsOf } from './control.ts';

/** What a thread gets when it starts. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly thread: number;
}

const { module, memory, control, thread } = workerData as ThreadData;
const kernels = kernelsOf(instantiate(module, memory));
parentPort?.postMessage('ready');
new Control(control).serve(kernels, thread);
