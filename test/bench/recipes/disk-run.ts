/**
 * One training in a process of its own, so that its peak memory is its own: `node disk-run.ts '<job>'` prints one JSON
 * object.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeArtifact } from '../../../trainer/artifact/artifact.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { SPILL_SIZES, spillDataset } from '../../../trainer/data/spill/spill-dataset.ts';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { SpillFolder } from '../../../trainer/math/spill-file.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import type { TrainingStep } from '../../../trainer/models/run.ts';
import { train } from '../../../trainer/train/train.ts';
import { trainSpilled } from '../../../trainer/train/train-spilled.ts';

export interface DiskJob {
  /** The rating file, in a folder that has room. */
  readonly path: string;
  readonly folder: string;
  readonly from: 'disk' | 'memory';
  readonly factors: number;
  readonly sweeps: number;
  readonly relevanceMovies: number;
  readonly threads: number;
}

export interface DiskOutcome {
  readonly users: number;
  /** Seconds of processor time, those of all cores together: what else the machine does counts less. */
  readonly processor: {
    /** Reading the file, and sorting it where it is read from a disk. */
    readonly read: number;
    /** The shortest sweep. */
    readonly sweep: number;
    readonly relevance: number;
    readonly whole: number;
  };
  readonly seconds: number;
  /** Highest resident memory once the ratings were read, and in all. */
  readonly readMegabytes: number;
  readonly peakMegabytes: number;
}

async function measure(job: DiskJob, engine: Engine): Promise<DiskOutcome> {
  const options = resolveOptions({ factors: job.factors, sweeps: job.sweeps, relevanceMovies: job.relevanceMovies });
  const folder = join(job.folder, 'model');
  const started = performance.now();
  const marks: { step: TrainingStep['step'] | 'read'; at: number }[] = [];
  const mark = (step: TrainingStep['step'] | 'read') => {
    marks.push({ step, at: processorSeconds() });
    const seconds = (performance.now() - started) / 1000;
    console.error(`${step}: ${seconds.toFixed()} s, ${processorSeconds().toFixed()} of them busy, ${megabytes()} MB`);
  };
  const onStep = ({ step }: TrainingStep) => mark(step);
  const spill = new SpillFolder(job.folder);
  let read = { users: 0, megabytes: 0 };
  const hasRead = (users: number) => {
    read = { users, megabytes: megabytes() };
    mark('read');
  };
  try {
    if (job.from === 'disk') {
      const dataset = await spillDataset(spill, job.path, []);
      hasRead(dataset.matrix.userIds.length);
      await trainSpilled(engine, dataset, options, SPILL_SIZES.blockRatings, { folder: () => folder }, onStep);
    } else {
      const dataset = await loadDataset(job.path);
      hasRead(new Set(dataset.ratings.userIds).size);
      await writeArtifact(folder, await train(engine, dataset, options, onStep));
    }
  } finally {
    spill.close();
    await rm(folder, { recursive: true, force: true });
  }
  const ends = marks.filter(({ step }) => step === 'rating').map(({ at }) => at);
  const at = (step: (typeof marks)[number]['step']) => marks.find((one) => one.step === step)!.at;
  return {
    users: read.users,
    processor: {
      read: at('read'),
      sweep: Math.min(...ends.map((end, sweep) => end - (ends[sweep - 1] ?? at('read')))),
      relevance: at('export') - at('relevance'),
      whole: processorSeconds(),
    },
    seconds: (performance.now() - started) / 1000,
    readMegabytes: read.megabytes,
    peakMegabytes: megabytes(),
  };
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function megabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

if (import.meta.main) {
  const job: DiskJob = JSON.parse(process.argv[2]);
  const engine = await openEngine('wasm', { threads: job.threads });
  console.log(JSON.stringify(await measure(job, engine)));
  await engine.close();
}
