/**
 * Trains on synthetic ratings that are read from a disk, beside the same in memory: seconds, and the peak memory of a
 * process of its own.
 *
 *   npm run bench -- disk [--millions 1,10] [--held 1,10] [--factors 64] [--sweeps 2] [--folder DIR] [--json] [--markdown]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { command, number, run } from '../../scripts/lib/cli.ts';
import { MACHINE } from './harness/machine.ts';
import { writeRatingFile } from './harness/rating-file.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';
import type { DiskJob, DiskOutcome } from './recipes/disk-run.ts';

interface Flags extends ReportFlags {
  readonly millions: string;
  readonly held: string;
  readonly factors: number;
  readonly sweeps: number;
  readonly relevanceMovies: number;
  readonly threads: number;
  readonly folder: string;
}

const program = addReportFlags(command('bench', 'times training from a disk by size, and the same in memory'))
  .name('npm run bench -- disk')
  .option('--millions <list>', 'millions of ratings that are read from a disk', '1,10')
  .option('--held <list>', 'of these sizes, those that are trained in memory too', '1,10')
  .option('--factors <number>', 'rating factors', number, 64)
  .option('--sweeps <number>', 'sweeps of the rating model', number, 2)
  .option('--relevance-movies <number>', 'movies in the relevance model', number, 2000)
  .option('--threads <number>', 'threads', number, availableParallelism())
  .option('--folder <folder>', 'where there is room: 70 bytes a rating', tmpdir());

await run<Flags>(program, async (flags) => {
  const { millions, held, factors, sweeps, relevanceMovies, threads } = flags;
  const folder = await mkdtemp(join(flags.folder, 'marquee-bench-disk-'));
  const trainings: object[] = [];
  try {
    for (const size of millions.split(',')) {
      const path = join(folder, 'ratings.csv');
      await writeRatingFile(path, 1e6 * Number(size));
      for (const from of held.split(',').includes(size) ? (['memory', 'disk'] as const) : (['disk'] as const)) {
        const job: DiskJob = { path, folder, from, factors, sweeps, relevanceMovies, threads };
        trainings.push(rowOf(size, from, await runApart(job)));
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const notes = [
    `K = ${factors}, ${relevanceMovies} movies in the relevance model, ${sweeps} sweeps`,
    'read, sweep, relevance and whole: seconds of processor time on all cores',
  ];
  report(flags, { bench: 'disk', machine: MACHINE, factors, sweeps, trainings }, [trainings], notes);
});

function rowOf(size: string, from: string, outcome: DiskOutcome): object {
  const { users, processor, seconds, readMegabytes, peakMegabytes } = outcome;
  const busy = Object.entries(processor).map(([part, value]) => [part, Math.round(value)]);
  return {
    'ratings, millions': Number(size),
    users,
    from,
    ...Object.fromEntries(busy),
    seconds: Math.round(seconds),
    'MB when read': readMegabytes,
    'MB at most': peakMegabytes,
  };
}

async function runApart(job: DiskJob): Promise<DiskOutcome> {
  const child = promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'recipes/disk-run.ts'),
    JSON.stringify(job),
  ]);
  child.child.stderr?.pipe(process.stderr);
  return JSON.parse((await child).stdout);
}
