import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { MarqueeError } from '../../../shared/errors.ts';
import type { CheckpointSettings } from '../run.ts';
import { readStateFile, type TrainingIdentity, writeStateFile } from '../state-file.ts';
import type { FitState } from './fit.ts';

/** Name of a gradient training's state in the folder of its checkpoint. */
const NETWORK_FILE = 'network.checkpoint';

const valuesSchema = z.object({
  from: z.int().min(0),
  to: z.int().min(1),
  steps: z.int().min(1),
  epochs: z.array(
    z.object({
      epoch: z.int().min(1),
      trainLoss: z.number(),
      validLoss: z.number().nullable(),
      rmse: z.number().nullable(),
      rate: z.number(),
      seconds: z.number(),
    }),
  ),
});

const KINDS = ['weights', 'best', 'averages'] as const;

/** Whether a folder has the state of a gradient training. */
export function holdsFit(folder: string): Promise<boolean> {
  return access(join(folder, NETWORK_FILE)).then(
    () => true,
    () => false,
  );
}

/** Saves the state of one training. It stays when training is done, which may go on for more epochs. */
export interface FitKeeper {
  readonly resume: FitState | undefined;
  keep(state: FitState): Promise<void>;
}

/**
 * Reads what a training of the same identity left, where `resume` asks for it, and writes after every epoch.
 *
 * @throws `bad-flag` when the folder holds a training and `resume` is not set, or the reverse; what `readStateFile` throws
 */
export async function keepFits({ folder, resume }: CheckpointSettings, training: TrainingIdentity): Promise<FitKeeper> {
  const saved = await readStateFile(folder, NETWORK_FILE, training);
  if (saved && !resume) {
    throw new MarqueeError('bad-flag', `--checkpoint: ${folder} holds a training already`, {
      fix: 'Go on from it with --resume, or name another folder.',
    });
  }
  if (!saved && resume) {
    throw new MarqueeError('bad-flag', `--resume: ${folder} holds no training to go on from`, {
      fix: 'Name the folder that --checkpoint named before, or leave --resume out.',
    });
  }
  return {
    resume: saved ? stateOf(saved.values, saved.arrays) : undefined,
    async keep({ weights, best, averages, ...values }) {
      const lists = { weights, best, averages };
      const arrays = KINDS.flatMap((kind) => lists[kind].map((array, at) => [`${kind}.${at}`, array] as const));
      await writeStateFile(folder, NETWORK_FILE, training, { values, arrays: new Map(arrays) });
    },
  };
}

function stateOf(values: unknown, arrays: ReadonlyMap<string, Float32Array | Float64Array>): FitState {
  const listOf = (kind: string) =>
    Array.from(arrays)
      .filter(([name]) => name.startsWith(`${kind}.`))
      .map(([, array]) => array as Float32Array);
  const [weights, best, averages] = KINDS.map(listOf);
  return { ...valuesSchema.parse(values), weights, best, averages };
}
