import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { Dataset } from '../../trainer/data/dataset.ts';
import { joinFile } from '../../trainer/data/index.ts';
import type { Engine } from '../../trainer/engines/engine.ts';
import { ENGINE_NAMES, openEngine } from '../../trainer/engines/index.ts';
import { tune } from '../../trainer/experiments/tune.ts';
import type { TrainingOptions } from '../../trainer/models/options.ts';
import type { TrainingStep } from '../../trainer/models/run.ts';
import { bounded, number } from './cli.ts';
import { addTrainingFlags, trainingFlags } from './model-flags.ts';

export interface EngineFlags {
  readonly engine: string;
  readonly threads: number;
}

/** The flags of every command that trains. */
export function addEngineFlags(program: Command): Command {
  return addEngineChoice(addTrainingFlags(program));
}

/** What computes, for commands that train with settings which they have already. */
export function addEngineChoice(program: Command): Command {
  return program
    .addOption(new Option('--engine <name>', 'what computes').choices(['auto', ...ENGINE_NAMES]).default('auto'))
    .option('--threads <number>', 'threads of the wasm engine', number, availableParallelism());
}

/** What `--extra` is for, in the words of the commands that have it. */
export const EXTRA_HELP = 'joins more ratings, in any layout; of a pair rated twice the later counts (repeatable)';

/** The data set with the ratings of every `--extra` file, told of on stderr. */
export async function withExtra(dataset: Dataset, paths: readonly string[]): Promise<Dataset> {
  let joined = dataset;
  for (const path of paths) {
    const extended = await joinFile(joined, path);
    joined = extended.dataset;
    const { ratings, known, untitled } = extended;
    const names = `${untitled.slice(0, 5).join(', ')}${untitled.length > 5 ? ', …' : ''}`;
    console.error(
      `${path}: ${ratings} ratings, ${known} of them of pairs that were there before` +
        (untitled.length > 0 ? `; ${untitled.length} movies that no movie file names: ${names}` : ''),
    );
  }
  return joined;
}

/** Opens the engine, lets `work` use it, closes it whatever happens. */
export async function withEngine<T>(flags: EngineFlags, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEngine(flags.engine, { threads: bounded(flags.threads, '--threads', 1, 256) });
  console.error(`engine ${engine.name}, ${engine.device}`);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** What `--tune` is for, in the words of the commands that have it. */
export const TUNE_HELP =
  'first choose factors, sweeps, ridges, history and blend on held-out ratings; flags given stay';

/** Chooses the settings that no flag names on held-out parts of the data set, telling of every trial on stderr. */
export async function tuned(
  engine: Engine,
  dataset: Dataset,
  options: TrainingOptions,
  flags: object,
): Promise<TrainingOptions> {
  const fixed = new Set(Object.keys(trainingFlags({ ...flags })));
  return tune(engine, dataset, options, fixed, ({ setting, value, metric, score, better }) => {
    const shown = `${setting} ${Number(value.toPrecision(4))}`;
    console.error(`tuning           ${shown.padEnd(22)} ${metric} ${score.toFixed(4)}${better ? '  taken' : ''}`);
  });
}

const BAR = 24;
const EPOCH_HEADS = 'epoch     train loss  valid loss      RMSE      time';

function epochRow({ epoch, epochs, trainLoss, validLoss, rmse, seconds }: TrainingStep & { step: 'epoch' }): string {
  const cells = [trainLoss, validLoss, rmse].map((value) => (value === null ? '–' : value.toFixed(4)));
  const [train, valid, error] = cells;
  const count = `${epoch}/${epochs}`.padEnd(8);
  return `${count}${train.padStart(12)}${valid.padStart(12)}${error.padStart(10)}${seconds.toFixed(1).padStart(8)} s`;
}

/**
 * Shows training as it goes, on stderr: a bar on a terminal, a line a step elsewhere. It is drawn only when told, and
 * leaves no timer, signal handler or hidden cursor behind if training ends early.
 */
export function trainingProgress(): (step: TrainingStep) => void {
  const live = process.stderr.isTTY === true;
  return (event) => {
    if (event.step === 'rating') {
      const { sweep, sweeps } = event;
      const tau = event.tau.toFixed(3);
      const done = Math.round((BAR * sweep) / sweeps);
      const bar = '█'.repeat(done) + '░'.repeat(BAR - done);
      if (live) process.stderr.write(`\rrating model     ${bar} sweep ${sweep}/${sweeps}, rating precision ${tau}`);
      if (live && sweep === sweeps) process.stderr.write('\n');
      if (!live && sweep === sweeps) console.error(`rating model     ${sweeps} sweeps, rating precision ${tau}`);
    } else if (event.step === 'resume') {
      console.error(`rating model     goes on after sweep ${event.sweep} of ${event.sweeps}`);
    } else if (event.step === 'relevance') {
      console.error('relevance model  solving');
    } else if (event.step === 'backend') {
      console.error(`gradients        ${event.device}\n${EPOCH_HEADS}`);
    } else if (event.step === 'epoch') {
      console.error(epochRow(event));
    } else if (event.step === 'resume-epochs') {
      console.error(`goes on after epoch ${event.epoch} of ${event.epochs}`);
    }
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Why a training ended before its end. */
export class Interrupted extends Error {
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
