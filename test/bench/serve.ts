/**
 * Measures the deployed Worker end to end, on a synthetic model of real size: requests a second and their times, the
 * first answer of a fresh isolate, and memory while versions change under load.
 *
 *   npm run bench -- serve [--parts speed,cold,flips] [--movies 62000] [--seconds 3] [--connections 1,4,16] [--json] [--markdown]
 *
 * `workerd` is the runtime by itself. Its socket leads straight into the isolate of the bundle that `wrangler deploy`
 * uploads. R2 and D1 are workerd's own bindings; behind them this process answers their protocols from memory (the
 * artifact's bytes, SQLite), so the isolate pays for its reads, and the stores' own work is done elsewhere, as on
 * Cloudflare. `miniflare` is what `wrangler dev` runs inside: an entry Worker in front, and R2 and D1 simulated by
 * Workers on the same thread, which take most of it.
 *
 * The load generator is a thread of this process and shares the machine's cores with workerd, which uses one. Where the
 * machine is busy the processor time of workerd for each answer says more than answers a second.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { CURRENT_KEY } from '../../shared/artifact/schema.ts';
import { byPopularity } from '../../shared/artifact/serving-layout.ts';
import { type Artifact, openArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { listed } from './harness/list-flag.ts';
import { MACHINE } from './harness/machine.ts';
import { Parts } from './harness/parts.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';
import { syntheticArtifact } from './harness/synthetic-artifact.ts';
import { startMiniflare } from './machines/miniflare.ts';
import {
  foldedRequests,
  keptRequests,
  openStores,
  rateAsStrangers,
  type Stores,
  statelessRequests,
  trainedRequests,
  withWorkerd,
} from './machines/stores.ts';
import { type Bundle, bundleWorker } from './machines/workerd.ts';
import { type FirstAnswer, firstAnswers } from './serving/first-answers.ts';
import { type Contestant, type SpeedRow, speedRows } from './serving/speed.ts';
import { type FlipReport, flipUnderLoad } from './serving/version-flips.ts';

interface Flags extends ReportFlags {
  readonly parts: string;
  readonly servers: string;
  readonly movies: number;
  readonly flipMovies: number;
  readonly users: number;
  readonly flips: number;
  readonly seconds: number;
  readonly connections: string;
  readonly repeat: number;
}

const PARTS = ['speed', 'cold', 'flips'];
const SERVERS = ['workerd', 'miniflare'];
const VERSIONS = ['20260101T000000Z-bench1', '20260102T000000Z-bench2'] as const;

const program = addReportFlags(command('bench', 'measures the deployed Worker end to end, on a synthetic model'))
  .name('npm run bench -- serve')
  .option('--parts <list>', `of ${PARTS.join(', ')}`, PARTS.join())
  .option('--servers <list>', `whose speed is measured, of ${SERVERS.join(', ')}`, SERVERS.join())
  .option('--movies <number>', 'movies of the model', number, 62_000)
  .option('--flip-movies <number>', 'movies of the two models that take turns', number, 87_000)
  .option('--users <number>', 'users of the model', number, 4096)
  .option('--flips <number>', 'how often the versions change', number, 50)
  .option('--seconds <number>', 'of each run', number, 3)
  .option('--connections <list>', 'how many at a time', '1,4,16')
  .option('--repeat <number>', 'runs of each, in alternating order', number, 3);

await run<Flags>(program, async (flags) => {
  const parts = listed(flags.parts, '--parts', PARTS);
  const servers = listed(flags.servers, '--servers', SERVERS);
  const connections = flags.connections.split(',').map((text) => bounded(Number(text), '--connections', 1, 1000));
  const repeat = bounded(flags.repeat, '--repeat', 1, 100);
  const users = bounded(flags.users, '--users', 1, 1_000_000);
  const movies = bounded(flags.movies, '--movies', 200, 1_000_000);
  const flipMovies = bounded(flags.flipMovies, '--flip-movies', 200, 1_000_000);
  const flips = bounded(flags.flips, '--flips', 1, 10_000);
  const results = await withBundle(async (bundle) => {
    let [speed, cold, flipped]: [SpeedRow[]?, FirstAnswer[]?, FlipReport?] = [];
    const measured = new Parts();
    if (parts.includes('speed') || parts.includes('cold')) {
      const artifact = syntheticArtifact({ version: VERSIONS[0], movies, users });
      await withStores([artifact], async (stores) => {
        if (parts.includes('cold')) {
          const questions = {
            'trained user': trainedRequests(users)[0].path,
            '100 ratings in D1': foldedRequests()[0].path,
          };
          cold = await measured.run('cold', () => firstAnswers(bundle, stores, questions, 2 * repeat + 1));
        }
        if (!parts.includes('speed')) return;
        const load = { connections, seconds: flags.seconds, repeat };
        speed = await measured.run('speed', () => speedOf(servers, bundle, stores, artifact, users, load));
      });
    }
    if (parts.includes('flips')) {
      const artifacts = VERSIONS.map((version, v) =>
        syntheticArtifact({ version, movies: flipMovies, users, seed: v + 1 }),
      );
      await withStores(artifacts, async (stores) => {
        await stores.bucket.delete([CURRENT_KEY]);
        // By relevance and by rating, so that both models' codes are in memory.
        const requests = [...trainedRequests(users), ...foldedRequests()].flatMap(({ path }) => [
          { path },
          { path: `${path}&blend=1` },
        ]);
        const load = { flips, requests, connections: 4 };
        flipped = await measured.run('flips', () => flipUnderLoad(bundle, stores, VERSIONS, load));
      });
    }
    return { speed, cold, flips: flipped, failed: measured.failed };
  });
  const { speed = [], cold = [], flips: flipped } = results;
  const tables = [speed, cold, flipped ? [summaryOf(flipped)] : []];
  const notes = [`${movies} movies, ${users} users; medians of ${repeat}; first answers in ms`];
  if (results.failed.length > 0) notes.push(`failed: ${results.failed.join(', ')}`);
  report(flags, { bench: 'serve', machine: MACHINE, repeat, movies, users, ...results }, tables, notes);
});

async function withBundle<T>(work: (bundle: Bundle) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'));
  try {
    return await work(await bundleWorker(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Stores that hold the artifacts, the last one in service, and the ratings of strangers. */
async function withStores(artifacts: readonly Artifact[], work: (stores: Stores) => Promise<void>): Promise<void> {
  const stores = await openStores();
  try {
    for (const artifact of artifacts) await publish(stores.bucket, artifact);
    await rateAsStrangers(stores.db, bestKnownFirst(artifacts[0]));
    await work(stores);
  } finally {
    stores.close();
  }
}

function bestKnownFirst(artifact: Artifact): Int32Array {
  return byPopularity(openArtifact(artifact).movies.ratingCounts);
}

/** The same questions to each server: a constant, the state, and recommendations for users of every kind. */
async function speedOf(
  servers: readonly string[],
  bundle: Bundle,
  stores: Stores,
  artifact: Artifact,
  users: number,
  load: Parameters<typeof speedRows>[1],
): Promise<SpeedRow[]> {
  const asked = {
    '/health': [{ path: '/health' }],
    '/recommend, trained user': trainedRequests(users),
    '/recommend, trained user in memory': keptRequests(),
    '/recommend, trained user in memory, by=next': keptRequests().map(({ path }) => ({ path: `${path}&by=next` })),
    '/recommend, 100 ratings in D1': foldedRequests(),
    '/recommend, 100 ratings in D1, in memory': foldedRequests().slice(0, 16),
    'POST /recommend, 100 ratings': statelessRequests(bestKnownFirst(artifact)),
  };
  const of = (server: string, url: string, pid?: number) =>
    Object.entries(asked).map(([name, requests]): Contestant => ({ server, asked: name, url, requests, pid }));
  const rows: SpeedRow[] = [];
  if (servers.includes('workerd')) {
    await withWorkerd(bundle, stores, {}, async (workerd) => {
      const { url, constantUrl, pid } = workerd;
      const constant = { server: 'workerd', asked: 'constant JSON', url: constantUrl, requests: [{ path: '/' }], pid };
      rows.push(...(await speedRows([constant, ...of('workerd', url, pid)], load)));
    });
  }
  if (servers.includes('miniflare')) {
    const miniflare = await startMiniflare(bundle);
    try {
      await publish(miniflare.bucket, artifact);
      await rateAsStrangers(miniflare.db, bestKnownFirst(artifact));
      rows.push(...(await speedRows(of('miniflare', miniflare.url), load)));
    } finally {
      await miniflare.stop();
    }
  }
  return rows;
}

/** A line of the table, in megabytes of 10^6 bytes. */
function summaryOf({ flips, load, empty, first, settled, after, peak, resident }: FlipReport) {
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  const total = ({ heap, buffers }: FlipReport['empty']) => megabytes(heap + buffers);
  return {
    flips,
    answers: load.answers,
    failed: load.failed,
    p99: Number(load.p99.toPrecision(3)),
    emptyMegabytes: total(empty),
    oneVersionMegabytes: total(first),
    peakMegabytes: megabytes(peak),
    peakWasmMegabytes: megabytes(Math.max(...after.map(({ wasm }) => wasm))),
    peakHeapMegabytes: megabytes(Math.max(...after.map(({ heap }) => heap))),
    afterFirstFlip: total(after[0]),
    afterLastFlip: total(after.at(-1)!),
    settledMegabytes: total(settled),
    wasmMegabytes: megabytes(settled.wasm),
    residentEmpty: megabytes(resident.empty),
    residentPeak: megabytes(resident.peak),
  };
}
