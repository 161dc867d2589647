import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { Dataset } from '../../trainer/data/dataset.ts';
import { joinFile } from '../../trainer/data/index.ts';
import type { Extended } from '../../trainer/data/join-file.ts';
import { describeUntitled, titledOnly, type Untitled } from '../../trainer/data/titled.ts';
import type { Engine } from '../../trainer/engines/engine.ts';
import { ENGINE_NAMES, openEngine } from '../../trainer/engines/index.ts';
import { type TuningPlan, type TuningTrial, tune } from '../../trainer/experiments/tune.ts';
import type { TrainingOptions } from '../../trainer/models/options.ts';
import { bounded, number } from './cli.ts';
import { addTrainingFlags, trainingFlags } from './model-flags.ts';
import { showNote } from './progress.ts';

export interface EngineFlags {
  readonly engine: string;
  readonly threads: number;
}

/** The flags of every command that trains. */
export function addEngineFlags(program: Command): Command {
  return addEngineChoice(addTrainingFlags(program));
}

/** The flags that choose the engine, for commands that take their training settings from elsewhere. */
export function addEngineChoice(program: Command): Command {
  return program
    .addOption(new Option('--engine <name>', 'what computes').choices(['auto', ...ENGINE_NAMES]).default('auto'))
    .option('--threads <number>', 'threads of the wasm engine', number, availableParallelism());
}

/** Help for `--extra`. */
export const EXTRA_HELP = 'join more ratings, in any layout; of a pair rated twice the later counts (repeatable)';

/** The data set with the ratings of every `--extra` file; reports each file on stderr. */
export async function withExtra(dataset: Dataset, paths: readonly string[]): Promise<Dataset> {
  let joined = dataset;
  for (const path of paths) {
    const extended = await joinFile(joined, path, showNote);
    joined = extended.dataset;
    showJoined(path, extended);
  }
  return joined;
}

/** Reports what a file added. */
export function showJoined(path: string, { ratings, known, untitled }: Omit<Extended, 'dataset'>): void {
  const names = `${untitled.slice(0, 5).join(', ')}${untitled.length > 5 ? ', …' : ''}`;
  console.error(
    `${path}: ${ratings} ratings, ${known} of them of pairs that were there before` +
      (untitled.length > 0 ? `; ${untitled.length} movies that no movie file names: ${names}` : ''),
  );
}

/** Reports ratings that are left out. */
export function showUntitled(untitled: Untitled): void {
  if (untitled.ratings > 0) console.error(`${describeUntitled(untitled)}; a film file that names them takes them in`);
}

/** The data set without films that have no title; reports on stderr what was left out. Nothing else is trained or measured on. */
export function withTitles(dataset: Dataset): Dataset {
  const { dataset: titled, untitled } = titledOnly(dataset);
  showUntitled(untitled);
  return titled;
}

/** Opens the engine, lets `work` use it, and closes it in any case. */
export async function withEngine<T>(flags: EngineFlags, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEngine(flags.engine, { threads: bounded(flags.threads, '--threads', 1, 256) });
  console.error(`engine ${engine.name}, ${engine.device}`);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** Help for `--tune`. */
export const TUNE_HELP =
  'first choose factors, sweeps, ridges, history and blend on held-out ratings, except those set by flags';

/** Chooses the settings that no flag sets on held-out parts of the data set; reports every trial on stderr. */
export async function tuned(
  engine: Engine,
  dataset: Dataset,
  options: TrainingOptions,
  flags: object,
): Promise<TrainingOptions> {
  const fixed = new Set(Object.keys(trainingFlags({ ...flags })));
  const onPlan = ({ metric, most, seconds }: TuningPlan) => {
    const minutes = Math.max(1, Math.round((most * seconds) / 60));
    console.error(
      `tuning           by ${metric}: at most ${most} trainings of about ${seconds.toFixed(1)} s, ${minutes} min`,
    );
  };
  const onTrial = ({ setting, value, metric, score, better }: TuningTrial) => {
    const candidate = `${setting} ${Number(value.toPrecision(4))}`;
    console.error(`tuning           ${candidate.padEnd(22)} ${metric} ${score.toFixed(4)}${better ? '  taken' : ''}`);
  };
  return tune(engine, dataset, options, fixed, onTrial, onPlan);
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Why a training ended before its end. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Turns the first Ctrl-C (or SIGTERM) into an abort; the next one ends the process at once, as it does after `stop`. */
export function catchInterruption(): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const stop = () => {
    for (const name of SIGNALS) process.removeListener(name, interrupt);
  };
  const interrupt = (name: NodeJS.Signals) => {
    stop();
    controller.abort(new Interrupted(name));
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  return { signal: controller.signal, stop };
}
