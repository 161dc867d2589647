import { availableParallelism } from 'node:os';
import { SingleBar } from 'cli-progress';
import { type Command, Option } from 'commander';
import type { Engine } from '../trainer/engines/engine.ts';
import { ENGINE_NAMES, openEngine } from '../trainer/engines/index.ts';
import type { TrainingStep } from '../trainer/train.ts';
import { addTrainingFlags, bounded, number } from './cli.ts';

export interface EngineFlags {
  readonly engine: string;
  readonly threads: number;
}

/** The flags of every command that trains. */
export function addEngineFlags(program: Command): Command {
  return addTrainingFlags(program)
    .addOption(new Option('--engine <name>', 'what computes').choices(['auto', ...ENGINE_NAMES]).default('auto'))
    .option('--threads <number>', 'threads of the wasm engine', number, availableParallelism());
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

/** Shows training as it goes, on stderr: a bar on a terminal, a line a step elsewhere. */
export function trainingProgress(): (step: TrainingStep) => void {
  const bar = new SingleBar({
    format: 'rating model     {bar} sweep {value}/{total}, rating precision {tau}',
    barsize: 24,
    stream: process.stderr,
    hideCursor: true,
  });
  const live = process.stderr.isTTY === true;
  return (event) => {
    if (event.step === 'rating') {
      const tau = event.tau.toFixed(3);
      if (!live) {
        if (event.sweep === event.sweeps)
          console.error(`rating model     ${event.sweeps} sweeps, rating precision ${tau}`);
      } else if (event.sweep === 1) {
        bar.start(event.sweeps, 1, { tau });
      } else {
        bar.update(event.sweep, { tau });
      }
      if (live && event.sweep === event.sweeps) bar.stop();
    } else if (event.step === 'relevance') {
      console.error('relevance model  solving');
    }
  };
}
