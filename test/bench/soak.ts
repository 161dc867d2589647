/**
 * Minutes of even load below capacity: whether memory stays flat, times stay the same and nothing fails.
 *
 *   npm run bench -- soak [--minutes 10] [--percent 80] [--json] [--markdown]
 *
 * Capacity is measured first, with every connection sending its next request at once. A time counts from the moment at
 * which a request was to be sent. The Worker is the bundle that is deployed, in workerd alone, over stores in memory
 * (`serve.ts`); the load shares the machine with it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { byPopularity } from '../../shared/artifact/serving-layout.ts';
import { openArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { MACHINE } from './harness/machine.ts';
import { addReportFlags, type ReportFlags, type ReportRow, report } from './harness/report.ts';
import { syntheticArtifact } from './harness/synthetic-artifact.ts';
import { load } from './machines/load.ts';
import {
  cpuSeconds,
  foldedRequests,
  openStores,
  rateAsStrangers,
  residentMemory,
  type Stores,
  statelessRequests,
  trainedRequests,
  withWorkerd,
} from './machines/stores.ts';
import { bundleWorker } from './machines/workerd.ts';

interface Flags extends ReportFlags {
  readonly minutes: number;
  readonly percent: number;
  readonly slices: number;
  readonly movies: number;
  readonly users: number;
  readonly connections: number;
}

/** Seconds for which capacity is measured, once before to warm up. */
const MEASURED = 5;

const program = addReportFlags(command('bench', 'loads the Worker for minutes below its capacity'))
  .name('npm run bench -- soak')
  .option('--minutes <number>', 'how long', number, 10)
  .option('--percent <number>', 'of the capacity that is measured first', number, 80)
  .option('--slices <number>', 'lines of the table', number, 10)
  .option('--movies <number>', 'movies of the model', number, 9000)
  .option('--users <number>', 'users of the model', number, 4096)
  .option('--connections <number>', 'how many at a time', number, 16);

await run<Flags>(program, async (flags) => {
  const slices = bounded(flags.slices, '--slices', 2, 1000);
  const users = bounded(flags.users, '--users', 1, 1_000_000);
  const movies = bounded(flags.movies, '--movies', 300, 1_000_000);
  const share = bounded(flags.percent, '--percent', 1, 100) / 100;
  const artifact = syntheticArtifact({ version: '20260101T000000Z-bench1', movies, users });
  const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'));
  const stores = await openStores();
  try {
    await publish(stores.bucket, artifact);
    const byCount = byPopularity(openArtifact(artifact).movies.ratingCounts);
    await rateAsStrangers(stores.db, byCount);
    const requests = [...trainedRequests(users), ...foldedRequests(), ...statelessRequests(byCount)];
    const job = { requests, connections: bounded(flags.connections, '--connections', 1, 1000) };
    const bundle = await bundleWorker(folder);
    const soaked = await withWorkerd(bundle, stores, {}, ({ url, pid }) =>
      soak({ url, pid, stores, ...job }, { share, slices, seconds: (60 * flags.minutes) / slices }),
    );
    const notes = [
      `${soaked.capacity.toFixed(0)} answers a second at most, ${(share * soaked.capacity).toFixed(0)} asked for`,
      `${movies} movies, ${users} users, ${job.connections} connections; times in ms, memory of the process in MB`,
    ];
    report(flags, { bench: 'soak', machine: MACHINE, movies, users, share, ...soaked }, [soaked.slices], notes);
  } finally {
    stores.close();
    await rm(folder, { recursive: true, force: true });
  }
});

interface Soaked {
  /** Answers a second. */
  readonly capacity: number;
  readonly slices: readonly ReportRow[];
}

async function soak(
  {
    pid,
    stores,
    ...job
  }: Pick<Parameters<typeof load>[0], 'url' | 'requests' | 'connections'> & {
    pid: number;
    stores: Stores;
  },
  { share, slices, seconds }: { share: number; slices: number; seconds: number },
): Promise<Soaked> {
  await load({ ...job, seconds: MEASURED });
  const { requestsPerSecond: capacity } = await load({ ...job, seconds: MEASURED });
  const rows: ReportRow[] = [];
  for (let slice = 0; slice < slices; slice++) {
    const before = await cpuSeconds(pid);
    const loaded = await load({ ...job, seconds, perSecond: share * capacity });
    stores.bucket.reads.length = 0; // the bucket's own record of them would grow
    rows.push({
      minute: (((slice + 1) * seconds) / 60).toFixed(1),
      answers: loaded.answers,
      failed: loaded.failed,
      p50: Number(loaded.p50.toPrecision(3)),
      p99: Number(loaded.p99.toPrecision(3)),
      cpuMicroseconds: Math.round((1e6 * ((await cpuSeconds(pid)) - before)) / loaded.answers),
      memory: Math.round((await residentMemory(pid)).now / 1e6),
    });
    console.error(`minute ${rows.at(-1)?.minute}: ${loaded.failed} failed, p99 ${loaded.p99.toFixed(0)} ms`);
  }
  return { capacity, slices: rows };
}
