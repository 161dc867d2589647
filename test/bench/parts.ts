/**
 * Measures a catalogue that is cut over several Workers beside one Worker that has all of it, on a synthetic model: the
 * time of an answer, its processor time, and the memory of each isolate.
 *
 *   npm run bench -- parts [--movies 300000] [--count 3] [--asked 'with filters,blend=1'] [--seconds 3] [--connections 1,8] [--json] [--markdown]
 *
 * Both run in workerd, which sets an isolate no limit here; on Cloudflare one Worker could not hold so many films. The
 * parts' isolates share one process and one thread with the Worker in front: so processor time is that of all together,
 * and an answer takes as long as all parts take one after the other. First both must give the same answers, to the byte.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { MOST_PARTS } from '../../shared/artifact/parts.ts';
import { byPopularity } from '../../shared/artifact/serving-layout.ts';
import { megabytes, workerMemory } from '../../shared/artifact/worker-memory.ts';
import { decodeMovies } from '../../shared/model/decode/catalogue.ts';
import { cut } from '../../trainer/artifact/cut.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { listed } from './harness/list-flag.ts';
import { MACHINE } from './harness/machine.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';
import { movieIdAt, syntheticArtifact, userIdAt } from './harness/synthetic-artifact.ts';
import { Inspector } from './machines/inspector.ts';
import type { LoadRequest } from './machines/load.ts';
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
import { type Bundle, bundlePart, bundleWorker, type WorkerdOptions } from './machines/workerd.ts';
import { differences } from './serving/same-lists.ts';
import { type Contestant, type SpeedRow, speedRows } from './serving/speed.ts';

interface Flags extends ReportFlags {
  readonly movies: number;
  readonly users: number;
  readonly count: number;
  readonly asked?: string;
  readonly seconds: number;
  readonly connections: string;
  readonly repeat: number;
}

const VERSION = '20260101T000000Z-bench1';

const ASKED = [
  'trained user',
  'trained user in memory',
  'with filters',
  'by=next',
  'blend=1',
  'explain=2',
  '100 ratings in D1',
  'POST, 100 ratings',
  '/similar',
  'three people',
  '/explain',
  '/map/films',
] as const;

const program = addReportFlags(command('bench', 'measures a catalogue that is cut over several Workers, beside one'))
  .name('npm run bench -- parts')
  .option('--movies <number>', 'movies of the model', number, 300_000)
  .option('--users <number>', 'users of the model', number, 1024)
  .option('--count <number>', 'parts', number, 3)
  .option('--asked <list>', `what is asked, of ${ASKED.join(', ')}; all by default`)
  .option('--seconds <number>', 'of each run', number, 3)
  .option('--connections <list>', 'how many at a time', '1,8')
  .option('--repeat <number>', 'runs of each, in alternating order', number, 3);

await run<Flags>(program, async (flags) => {
  const movies = bounded(flags.movies, '--movies', 200, 1_000_000);
  const users = bounded(flags.users, '--users', 1, 1_000_000);
  const count = bounded(flags.count, '--count', 2, MOST_PARTS);
  const repeat = bounded(flags.repeat, '--repeat', 1, 100);
  const connections = flags.connections.split(',').map((text) => bounded(Number(text), '--connections', 1, 1000));
  const wanted = flags.asked === undefined ? ASKED : listed(flags.asked, '--asked', ASKED);
  const artifact = cut(syntheticArtifact({ version: VERSION, movies, users }), count);
  const { ratingCounts } = decodeMovies(artifact.files.get('movies.arrow')!, artifact.manifest);
  const all = questions(byPopularity(ratingCounts), users);
  const asked = Object.fromEntries(wanted.map((name) => [name, all[name as keyof typeof all]]));
  const stores: Sides = { whole: await openStores(), several: await openStores() };
  const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'));
  try {
    for (const { bucket, db } of Object.values(stores)) {
      const roomy = Object.assign(bucket, { workerBytes: Number.POSITIVE_INFINITY });
      await publish(roomy, artifact, undefined, bucket === stores.several.bucket ? count : 0);
      await rateAsStrangers(db, byPopularity(ratingCounts));
    }
    const bundle = await bundleWorker(folder);
    const parts = { bundle: await bundlePart(bundle), count };
    const { speed, differ } = await speedBeside(bundle, stores, parts, asked, {
      connections,
      seconds: flags.seconds,
      repeat,
    });
    const memory = await memoryOf(bundle, stores, parts, asked);
    const computed = workerMemory(artifact.manifest).map(({ worker, inService, bytes }) => ({
      worker,
      inService: megabytes(inService),
      whileChangingOver: megabytes(bytes),
    }));
    const notes = [`${movies} movies, ${count} parts; medians of ${repeat}; answers that differ: ${differ}`];
    report(
      flags,
      { bench: 'parts', machine: MACHINE, repeat, movies, users, count, speed, memory, computed, differ },
      [speed, ratios(speed), memory, computed],
      notes,
    );
  } finally {
    for (const { close } of Object.values(stores)) close();
    await rm(folder, { recursive: true, force: true });
  }
});

function questions(byCount: Int32Array, users: number): Record<(typeof ASKED)[number], LoadRequest[]> {
  const filtered = keptRequests().map(({ path }) => ({ path: `${path}&genre=Drama&yearFrom=1980` }));
  return {
    'trained user': trainedRequests(users),
    'trained user in memory': keptRequests(),
    'with filters': filtered,
    'by=next': keptRequests().map(({ path }) => ({ path: `${path}&by=next` })),
    'blend=1': keptRequests().map(({ path }) => ({ path: `${path}&blend=1` })),
    'explain=2': foldedRequests().map(({ path }) => ({ path: `${path}&explain=2` })),
    '100 ratings in D1': foldedRequests(),
    'POST, 100 ratings': statelessRequests(byCount),
    'three people': Array.from({ length: 16 }, (_, at) => ({ path: '/recommend', body: threePeople(at, users) })),
    '/explain': keptRequests().map(({ path }) => ({
      path: path.replace('/recommend', `/explain/${movieIdAt(byCount[9])}`),
    })),
    '/map/films': [{ path: '/map/films' }],
    '/similar': Array.from(byCount.subarray(0, 64), (row) => ({ path: `/similar/${movieIdAt(row)}` })),
  };
}

function threePeople(at: number, users: number): string {
  return JSON.stringify({ people: [0, 1, 2].map((p) => ({ user: userIdAt((3 * at + p) % users) })) });
}

type PartWorkers = NonNullable<WorkerdOptions['parts']>;
type Load = Parameters<typeof speedRows>[1];

/** What each side reads. */
interface Sides {
  readonly whole: Stores;
  readonly several: Stores;
}

/** Both at the same time, asked in turn. */
function speedBeside(
  bundle: Bundle,
  stores: Sides,
  parts: PartWorkers,
  asked: Readonly<Record<string, readonly LoadRequest[]>>,
  load: Load,
): Promise<{ speed: SpeedRow[]; differ: number }> {
  return withWorkerd(bundle, stores.whole, {}, (one) =>
    withWorkerd(bundle, stores.several, { parts }, async (several) => {
      const some = Object.values(asked).flatMap((requests) => requests.slice(0, 16));
      const differing = await differences([one.url, several.url], some);
      for (const { request, answers } of differing) console.error(`differ: ${request.path}\n${answers.join('\n')}`);
      const contestants = Object.entries(asked).flatMap(([name, requests]): Contestant[] => [
        { server: 'one Worker', asked: name, url: one.url, requests, pid: one.pid },
        { server: `${parts.count} parts`, asked: name, url: several.url, requests, pid: several.pid },
      ]);
      return { speed: await speedRows(contestants, load), differ: differing.length };
    }),
  );
}

/** How many times as long the parts take as one Worker. */
function ratios(speed: readonly SpeedRow[]) {
  const [one, several] = [true, false].map((isOne) =>
    speed.filter(({ server }) => (server === 'one Worker') === isOne),
  );
  const times = (a: number, b: number) => Number((b / a).toPrecision(3));
  return one.map(({ asked, connections, p50, cpuMicroseconds }, at) => ({
    asked,
    connections,
    latency: times(p50, several[at].p50),
    processor: times(cpuMicroseconds!, several[at].cpuMicroseconds!),
  }));
}

/** Megabytes of each isolate once all was asked for. */
async function memoryOf(
  bundle: Bundle,
  stores: Sides,
  parts: PartWorkers,
  asked: Readonly<Record<string, readonly LoadRequest[]>>,
) {
  const requests = [...Object.values(asked).flatMap((all) => all.slice(0, 4)), { path: '/movies?q=amber' }];
  const of = (options: WorkerdOptions, names: Readonly<Record<string, string>>) =>
    withWorkerd(
      bundle,
      options.parts ? stores.several : stores.whole,
      { ...options, inspect: true },
      async ({ url, inspectorPort }) => {
        for (let turn = 0; turn < 2; turn++) await differences([url, url], requests);
        const rows = [];
        for (const [service, worker] of Object.entries(names)) {
          const inspector = await Inspector.open(inspectorPort, service);
          const { heap, buffers, wasm } = await inspector.memory();
          inspector.close();
          rows.push({ worker, heap: megabytes(heap), buffers: megabytes(buffers), wasm: megabytes(wasm) });
        }
        return rows;
      },
    );
  return [
    ...(await of({}, { marquee: 'one Worker' })),
    ...(await of({ parts }, { marquee: 'in front', 'part-1': 'part 1' })),
  ];
}
