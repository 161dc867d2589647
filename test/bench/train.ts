/**
 * Times training: both models by engine and size, then the rating model against the recipes that people know, by seconds
 * to the same error on held-out ratings. Every run is a process of its own; methods take turns, medians are told.
 *
 *   npm run bench -- train [--size 100k,1m,10m,32m] [--engines webgpu,wasm,js] [--rivals sgd,fastai] [--repeat 3] [--full] [--json] [--markdown]
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { ENGINE_NAMES, openEngine } from '../../trainer/engines/index.ts';
import { SIZES } from './harness/data-sets.ts';
import { listed } from './harness/list-flag.ts';
import { MACHINE } from './harness/machine.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';
import { type CurveRow, curveRow, type LeftOut, type TrainingRow, trainingRow } from './harness/training-rows.ts';
import type { Job, Outcome } from './recipes/contender.ts';

interface Flags extends ReportFlags {
  readonly size: string;
  readonly engines?: string;
  readonly rivals: string;
  readonly repeat: number;
  readonly threads: number;
  readonly factors?: number;
  readonly sweeps?: number;
  readonly epochs?: number;
  readonly full?: boolean;
}

const RIVALS = ['sgd', 'fastai'];
/** Only a GPU trains these in full within minutes. */
const LARGE = ['10m', '32m'];
/** Where only the time of a sweep is measured: one to warm up, then some to take the median of. */
const FEW_SWEEPS = 4;

const program = addReportFlags(command('bench', 'times training by engine and size, and against known recipes'))
  .name('npm run bench -- train')
  .option('--size <list>', `of ${Object.keys(SIZES).join(', ')}`, '100k,1m,10m')
  .option('--engines <list>', `of ${ENGINE_NAMES.join(', ')}; all that this machine has by default`)
  .option('--rivals <list>', `of ${RIVALS.join(', ')}, or none`, RIVALS.join())
  .option('--repeat <number>', 'runs of each, in alternating order', number, 3)
  .option('--threads <number>', 'threads of the wasm engine', number, availableParallelism())
  .option('--factors <number>', 'rating factors of Marquee', number)
  .option('--sweeps <number>', 'sweeps of Marquee', number)
  .option('--epochs <number>', 'epochs of the rivals', number)
  .option('--full', 'train in full, and run js and fastai at every size: hours');

await run<Flags>(program, async (flags) => {
  const sizes = listed(flags.size, '--size', Object.keys(SIZES));
  const rivals = listed(flags.rivals === 'none' ? '' : flags.rivals, '--rivals', RIVALS);
  const repeat = bounded(flags.repeat, '--repeat', 1, 100);
  const leftOut: LeftOut[] = [];
  const engines = await usable(flags.engines && listed(flags.engines, '--engines', ENGINE_NAMES), leftOut);
  const trainings: TrainingRow[] = [];
  const curves: CurveRow[] = [];
  for (const size of sizes) {
    const jobs = plan(size, { engines, rivals }, flags, leftOut);
    const outcomes = await alternate(jobs, repeat, leftOut);
    for (const { job, runs } of outcomes) if (job.task !== 'curve') trainings.push(trainingRow(job, runs));
    const measured = outcomes.filter(({ job }) => job.task === 'curve');
    const ours = measured.find(({ job }) => engines.includes(job.method));
    for (const { job, runs } of measured) curves.push(curveRow(job, runs, ours && ours.job !== job ? ours.runs : null));
  }
  const notes = [`medians of ${repeat}`, ...leftOut.map(({ what, why }) => `left out: ${what}: ${why}`)];
  const result = { bench: 'train', machine: MACHINE, repeat, trainings, curves, leftOut };
  report(flags, result, [trainings, curves], notes);
});

/** The engines asked for that open here; of all, a GPU counts only if `auto` would take it: not one in software. */
async function usable(asked: readonly string[] | undefined | '', leftOut: LeftOut[]): Promise<string[]> {
  const names: string[] = [];
  for (const name of asked || ENGINE_NAMES) {
    try {
      const engine = await openEngine(!asked && name === 'webgpu' ? 'auto' : name, { threads: 1 });
      await engine.close();
      if (engine.name === name) names.push(name);
      else leftOut.push({ what: name, why: 'no GPU was found' });
    } catch (error) {
      leftOut.push({ what: name, why: (error as Error).message });
    }
  }
  return names;
}

/** The runs of a size, and why those that are missing are. */
function plan(
  size: string,
  { engines, rivals }: { engines: readonly string[]; rivals: readonly string[] },
  { threads, factors, sweeps, epochs, full }: Flags,
  leftOut: LeftOut[],
): Job[] {
  const own = { size, threads, factors, sweeps };
  const jobs: Job[] = [];
  for (const method of engines) {
    if (method === 'js' && size !== '100k' && !full) {
      leftOut.push({ what: `js at ${size}`, why: 'it is the reference, in plain loops; --full runs it' });
    } else if ((method === 'js' || (LARGE.includes(size) && method !== 'webgpu')) && !full) {
      jobs.push({ ...own, task: 'sweeps', method, sweeps: Math.min(sweeps ?? FEW_SWEEPS, FEW_SWEEPS) });
    } else {
      jobs.push({ ...own, task: 'training', method });
    }
  }
  const fastest = engines.find((method) => method !== 'js') ?? engines[0];
  if (rivals.length === 0 || fastest === undefined) return jobs;
  if (LARGE.includes(size) && !full) {
    leftOut.push({ what: `rivals at ${size}`, why: 'many minutes a run; --full runs them, on real ratings' });
    return jobs;
  }
  jobs.push({ ...own, task: 'curve', method: fastest });
  for (const method of rivals) {
    if (method === 'fastai' && size !== '100k' && !full) {
      leftOut.push({ what: `fastai at ${size}`, why: 'several minutes a run; --full runs it' });
    } else {
      jobs.push({ task: 'curve', method, size, threads, epochs });
    }
  }
  return jobs;
}

interface Outcomes {
  readonly job: Job;
  readonly runs: Outcome[];
}

/** Runs every job `repeat` times, in turn and then the other way round, so that a slow minute hits all alike. */
async function alternate(jobs: readonly Job[], repeat: number, leftOut: LeftOut[]): Promise<Outcomes[]> {
  const outcomes = jobs.map((job): Outcomes => ({ job, runs: [] }));
  const failed = new Set<Outcomes>();
  for (let turn = 0; turn < repeat; turn++) {
    for (const outcome of turn % 2 === 0 ? outcomes : outcomes.toReversed()) {
      if (failed.has(outcome)) continue;
      const { task, method, size } = outcome.job;
      process.stderr.write(`${turn + 1}/${repeat} ${size} ${method} ${task} `);
      try {
        outcome.runs.push(await runApart(outcome.job));
        process.stderr.write(`${outcome.runs.at(-1)!.seconds.toFixed(2)} s\n`);
      } catch (error) {
        failed.add(outcome);
        process.stderr.write('failed\n');
        leftOut.push({ what: `${method} ${task} at ${size}`, why: reasonOf(error) });
      }
    }
  }
  return outcomes.filter((outcome) => outcome.runs.length === repeat);
}

async function runApart(job: Job): Promise<Outcome> {
  const file = join(import.meta.dirname, 'recipes/contender.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(job)], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

/** The line of a failed process that names its error. */
function reasonOf(error: unknown): string {
  const lines = String((error as { stderr?: string }).stderr ?? error).split('\n');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0];
}
