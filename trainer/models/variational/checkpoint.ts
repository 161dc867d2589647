import * as z from 'zod';
import type { CheckpointSettings } from '../run.ts';
import { readStateFile, removeStateFile, type TrainingIdentity, writeStateFile } from '../state-file.ts';
import type { FactorizationState } from './factorize.ts';
import type { SideState } from './side.ts';

/** Name of the checkpoint in its folder. */
export const CHECKPOINT_FILE = 'rating-model.checkpoint';

const DEFAULT_SECONDS = 10;
const SIDES = ['users', 'movies'] as const;

const valuesSchema = z.object({ sweep: z.int().min(1), tau: z.number().positive() });

/** Writes the state of a factorisation; arrays are named by side and tensor, as `users.means`. */
async function writeCheckpoint(
  folder: string,
  training: TrainingIdentity,
  { sweep, tau, ...sides }: FactorizationState,
): Promise<void> {
  const arrays = SIDES.flatMap((side) =>
    Object.entries(sides[side]).map(([name, values]) => [`${side}.${name}`, values] as const),
  );
  await writeStateFile(folder, CHECKPOINT_FILE, training, { values: { sweep, tau }, arrays: new Map(arrays) });
}

/** The state of a factorisation in `folder`, null where there is none. Throws what `readStateFile` throws. */
export async function readCheckpoint(folder: string, training: TrainingIdentity): Promise<FactorizationState | null> {
  const state = await readStateFile(folder, CHECKPOINT_FILE, training);
  if (!state) return null;
  const sideOf = (side: string): SideState =>
    Object.fromEntries(
      Array.from(state.arrays, ([name, values]) => [name.split('.'), values] as const)
        .filter(([[owner]]) => owner === side)
        .map(([[, name], values]) => [name, values]),
    );
  return { ...valuesSchema.parse(state.values), users: sideOf('users'), movies: sideOf('movies') };
}

/** Deletes what `writeCheckpoint` wrote, and the folder where it is then empty. */
export function removeCheckpoint(folder: string): Promise<void> {
  return removeStateFile(folder, CHECKPOINT_FILE);
}

/** Saves the state of one training. */
export interface CheckpointKeeper {
  /** The state that an interrupted training left. */
  readonly resume: FactorizationState | undefined;
  /** Writes the state where the last write is long enough ago, or `now`. */
  keep(state: () => Promise<FactorizationState>, now: boolean): Promise<void>;
}

/** Reads what an interrupted training of the same identity left, and writes from then on. Throws like `readCheckpoint`. */
export async function keepCheckpoints(
  { folder, everySeconds = DEFAULT_SECONDS }: CheckpointSettings,
  training: TrainingIdentity,
): Promise<CheckpointKeeper> {
  const resume = (await readCheckpoint(folder, training)) ?? undefined;
  let written = performance.now();
  return {
    resume,
    async keep(state, now) {
      if (!now && performance.now() - written < everySeconds * 1000) return;
      await writeCheckpoint(folder, training, await state());
      written = performance.now();
    },
  };
}
