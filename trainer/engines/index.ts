import { MarqueeError } from '../../shared/errors.ts';
import type { Engine, EngineName } from './engine.ts';
import { jsEngine } from './js.ts';
import { wasmEngine } from './wasm.ts';

export interface EngineOptions {
  /** Threads in all, where an engine has them; as many as the machine has cores by default. */
  readonly threads?: number;
}

const ENGINES: Partial<Record<EngineName, (options: EngineOptions) => Engine | Promise<Engine>>> = {
  wasm: wasmEngine,
  js: jsEngine,
};

/** The engines that `openEngine` knows, the fastest first. */
export const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

/**
 * Opens an engine by name; `auto` takes the fastest that this machine has.
 *
 * @example
 * const engine = await openEngine('auto', { threads: 2 });
 * try { … } finally { await engine.close(); }
 */
export async function openEngine(name: string, options: EngineOptions = {}): Promise<Engine> {
  const chosen = name === 'auto' ? 'wasm' : name;
  const open = Object.hasOwn(ENGINES, chosen) ? ENGINES[chosen as EngineName] : undefined;
  if (open) return open(options);
  throw new MarqueeError('no-engine', `there is no engine "${name}"`, {
    fix: `Use auto or one of: ${ENGINE_NAMES.join(', ')}.`,
  });
}
