import { MarqueeError } from '../../shared/errors.ts';
import type { Engine, EngineMemory, EngineName } from './engine.ts';
import { JS_MEMORY, jsEngine } from './js.ts';
import { wasmEngine } from './wasm/index.ts';
import { WASM_MEMORY } from './wasm/need.ts';
import { gpuAdapter } from './webgpu/adapter.ts';
import { webgpuEngine } from './webgpu/index.ts';
import { WEBGPU_MEMORY } from './webgpu/need.ts';

export interface EngineOptions {
  /** Threads in all, where an engine has them; by default as many as the machine has cores. */
  readonly threads?: number;
}

const ENGINES: Record<EngineName, (options: EngineOptions) => Engine | Promise<Engine>> = {
  webgpu: () => webgpuEngine(),
  wasm: wasmEngine,
  js: jsEngine,
};

/** What each engine allocates. */
export const ENGINE_MEMORY: Readonly<Record<EngineName, EngineMemory>> = {
  webgpu: WEBGPU_MEMORY,
  wasm: WASM_MEMORY,
  js: JS_MEMORY,
};

/** Names of the engines, the fastest first. */
export const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

/**
 * Opens an engine by name. `auto` takes the fastest one that this machine has: a GPU in hardware, else wasm.
 *
 * @example
 * const engine = await openEngine('auto', { threads: 2 });
 * try { … } finally { await engine.close(); }
 */
export async function openEngine(name: string, options: EngineOptions = {}): Promise<Engine> {
  if (name === 'auto') return fastestEngine(options);
  const open = Object.hasOwn(ENGINES, name) ? ENGINES[name as EngineName] : undefined;
  if (open) return open(options);
  throw new MarqueeError('no-engine', `there is no engine "${name}"`, {
    fix: `Use auto or one of: ${ENGINE_NAMES.join(', ')}.`,
  });
}

/** Does not say why there is no GPU; `--engine webgpu` does. */
async function fastestEngine(options: EngineOptions): Promise<Engine> {
  const adapter = await gpuAdapter();
  const engine = adapter && (await webgpuEngine({ adapter }).catch(() => undefined));
  return engine ?? wasmEngine(options);
}
