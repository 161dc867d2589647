import type { EngineMemory } from '../engine.ts';
import { historyBytes, uploadBytes } from './moments.ts';
import { PARTS_BYTES } from './rows.ts';

const FLOAT = 4;

/** What the engine allocates on the device; ratings are transposed on the way there. */
export const WEBGPU_MEMORY: EngineMemory = {
  place: 'device',
  number: FLOAT,
  passing: 1,
  sparse: (N, R) => 2 * (N * 2 * FLOAT + 3 * R * FLOAT),
  sparseCopies: (N) => 4 * N * FLOAT,
  histories: (N, S) => historyBytes(N, S) + PARTS_BYTES,
  uploads: uploadBytes,
};
