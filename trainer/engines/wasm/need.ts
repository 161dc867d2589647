import type { EngineMemory } from '../engine.ts';
import { historyBytes } from './moments.ts';

const FLOAT = 4;

/** WebAssembly's 4 GiB, less what threads scratch in: the most that the engine can hold. */
export const WASM_LIMIT = 2 ** 32 - 64 * 2 ** 20;

/** What the engine allocates: ratings are copied into its memory and transposed on the way. */
export const WASM_MEMORY: EngineMemory = {
  place: 'webassembly',
  number: FLOAT,
  passing: 1,
  sparse: (N, R) => 2 * (N * 2 * FLOAT + 3 * R * FLOAT),
  sparseCopies: (N) => 4 * N * FLOAT,
  histories: (_, S) => historyBytes(S),
  uploads: () => 0,
};
