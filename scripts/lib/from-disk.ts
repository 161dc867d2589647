import { totalmem } from 'node:os';
import type { Command } from 'commander';
import { MarqueeError } from '../../shared/errors.ts';
import { resolveDataset } from '../../trainer/data/locate.ts';
import { findFiles } from '../../trainer/data/movielens/find.ts';
import { heldBytes } from '../../trainer/data/spill/estimate.ts';
import { SPILL_SIZES, type SpilledDataset, spillDataset } from '../../trainer/data/spill/spill-dataset.ts';
import { SpillFolder } from '../../trainer/math/spill-file.ts';
import { modelNamed, type TrainingOptions } from '../../trainer/models/options.ts';
import type { NightSpill } from '../../trainer/retrain/night-ratings.ts';
import { bounded, number } from './cli.ts';
import { readWithProgress } from './progress.ts';
import { type EngineFlags, showJoined, showUntitled } from './training-flags.ts';

export interface DiskFlags {
  readonly memory?: number;
  readonly spill?: string;
}

interface Asked extends DiskFlags, EngineFlags {
  readonly data: string;
  readonly extra: readonly string[];
  readonly catalogue?: string;
  readonly evaluate?: string;
  readonly tune?: boolean;
}

const MB = 2 ** 20;

/** Share of the machine's memory, or of its container's, that ratings may take before they are read from a disk. */
const SHARE = 0.5;

export function addDiskFlags(program: Command): Command {
  return program
    .option(
      '--memory <MB>',
      "memory for ratings: those that would take more are read from a disk, block by block (wasm engine); default half of the machine's",
      number,
    )
    .option(
      '--spill <folder>',
      'where ratings lie that are read from a disk, 50 bytes each, 150 in a retrain; default the system’s temporary folder',
    );
}

/**
 * Whether a training reads its ratings from a disk: where they would take more memory than they may, by the size of their
 * files. Without `--memory`, only a training that can.
 *
 * @throws `bad-flag` where `--memory` asks for it and another flag needs all ratings in memory
 */
export async function readsFromDisk(flags: Asked, { model }: Pick<TrainingOptions, 'model'>): Promise<boolean> {
  const { memory, catalogue, data, extra, evaluate, tune, engine } = flags;
  const limit = memory === undefined ? SHARE * machineBytes() : MB * bounded(memory, '--memory', 0, 2 ** 30);
  const obstacle = [
    evaluate && '--evaluate',
    tune && '--tune',
    catalogue && '--catalogue',
    !modelNamed(model).trainSpilled && `--model ${model}`,
    !['auto', 'wasm'].includes(engine) && `--engine ${engine}`,
  ].find(Boolean);
  if (obstacle && memory === undefined) return false;
  const files = catalogue ? [data] : [(await readWithProgress((options) => resolveDataset(data, options))).ratings];
  for (const path of extra) files.push((await findFiles(path)).ratings);
  const held = await heldBytes(files);
  if (held <= limit) return false;
  if (!obstacle) return true;
  throw new MarqueeError('bad-flag', `${obstacle} needs all ratings in memory, about ${Math.ceil(held / MB)} MB`, {
    fix: `Leave ${obstacle} out, or allow more: --memory ${Math.ceil(held / MB)}.`,
  });
}

/** Lets `work` use the data set that the flags name, its ratings on a disk, from which they go in any case. */
export async function withRatingsOnDisk<T>(flags: Asked, work: (dataset: SpilledDataset) => Promise<T>): Promise<T> {
  const spill = new SpillFolder(flags.spill);
  try {
    const dataset = await ratingsOnDisk(spill, flags);
    showUntitled(dataset.untitled);
    return await work(dataset);
  } finally {
    spill.close();
  }
}

/** The data set that the flags name, its ratings on a disk; reports each file that was joined. */
async function ratingsOnDisk(
  spill: SpillFolder,
  { data, extra }: Pick<Asked, 'data' | 'extra'>,
): Promise<SpilledDataset> {
  console.error('ratings          read from a disk, block by block');
  const dataset = await readWithProgress((options) => spillDataset(spill, data, extra, options));
  for (const file of dataset.joined) showJoined(file.path, file);
  return dataset;
}

/** The files of a night whose ratings are read from a disk. */
export class NightFiles {
  readonly #flags: Omit<Asked, 'data'>;
  #folder: SpillFolder | null = null;

  constructor(flags: Omit<Asked, 'data'>) {
    this.#flags = flags;
  }

  async spill(name: string, options: TrainingOptions): Promise<NightSpill | null> {
    const flags = { ...this.#flags, data: name };
    if (!(await readsFromDisk(flags, options))) return null;
    const spill = new SpillFolder(flags.spill);
    this.#folder = spill;
    return { dataset: await ratingsOnDisk(spill, flags), spill, sizes: SPILL_SIZES };
  }

  /** The one engine that streams, where ratings are streamed. */
  get engine(): string {
    return this.#folder ? 'wasm' : this.#flags.engine;
  }

  close(): void {
    this.#folder?.close();
  }
}

function machineBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
