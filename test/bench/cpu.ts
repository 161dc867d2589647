/**
 * Processor time of one request, by route: what Cloudflare's plans limit.
 *
 *   npm run bench -- cpu [--model FOLDER] [--requests 300] [--json] [--markdown]
 *
 * One request at a time to the Worker in workerd alone, over stores in memory (`serve.ts`). Before and after it stands what
 * the kernel has counted for all threads of workerd, collection of garbage and compilation among them; on Cloudflare
 * only the isolate's own work counts. Linux tells this; a neighbour on the same core makes it longer.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { byPopularity } from '../../shared/artifact/serving-layout.ts';
import { readAllUsers } from '../../shared/artifact/users-file.ts';
import { writeRatings } from '../../shared/ratings/rating-store.ts';
import { type Artifact, openArtifact, readArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { MACHINE } from './harness/machine.ts';
import { addReportFlags, type ReportFlags, type ReportRow, report } from './harness/report.ts';
import { syntheticArtifact } from './harness/synthetic-artifact.ts';
import { openStores, type Stores, withWorkerd } from './machines/stores.ts';
import { type Bundle, bundleWorker } from './machines/workerd.ts';

interface Flags extends ReportFlags {
  readonly model?: string;
  readonly requests: number;
  readonly fresh: number;
}

const TOKEN = 'bench-token';
const FIRST_STRANGER = 1_000_000;
const STRANGERS = 64;
const RATINGS = 100;
/** Requests of each kind before those that count. */
const WARM = 30;

const program = addReportFlags(command('bench', 'measures the processor time of a request, by route'))
  .name('npm run bench -- cpu')
  .option('--model <folder>', 'an artifact; without it a synthetic one of 9,000 movies')
  .option('--requests <number>', 'of each kind', number, 300)
  .option('--fresh <number>', 'isolates whose first answer is measured', number, 7);

await run<Flags>(program, async (flags) => {
  const count = bounded(flags.requests, '--requests', 10, 100_000);
  const isolates = bounded(flags.fresh, '--fresh', 1, 1000);
  const artifact = flags.model
    ? await readArtifact(flags.model)
    : syntheticArtifact({ version: '20260101T000000Z-bench1', movies: 9000, users: 1024 });
  const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'));
  const stores = await openStores();
  try {
    await publish(stores.bucket, artifact);
    const kinds = await kindsOf(artifact, stores);
    const bundle = await bundleWorker(folder);
    const rows = [
      await firstAnswers(bundle, stores, kinds[0], isolates),
      ...(await inTurn(bundle, stores, kinds, count)),
    ];
    const { dataset } = artifact.manifest;
    const notes = [
      `${dataset.name}, ${dataset.movies} movies; ms of all threads of workerd, ${count} requests of each kind`,
    ];
    report(flags, { bench: 'cpu', machine: MACHINE, dataset, rows }, [rows], notes);
  } finally {
    stores.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** Requests of one route. */
interface Kind {
  readonly name: string;
  readonly make: (turn: number) => { readonly path: string; readonly body?: object };
}

async function kindsOf(artifact: Artifact, { db }: Stores): Promise<Kind[]> {
  const { movies, users: file } = openArtifact(artifact);
  const known = byPopularity(movies.ratingCounts).map((row) => movies.movieIds[row]);
  const users: number[] = [];
  for await (const { userId } of readAllUsers(file, artifact.manifest)) users.push(userId);
  const ratingsOf = (u: number) =>
    Array.from({ length: RATINGS }, (_, j) => ({ movieId: known[(7 * u + 3 * j) % 500], rating: 0.5 + (j % 10) / 2 }));
  for (let u = 0; u < STRANGERS; u++) {
    const timed = ratingsOf(u).map((rating, j) => ({ ...rating, timestamp: 1_700_000_000 + j }));
    await writeRatings(db, FIRST_STRANGER + u, timed, 'api');
  }
  const stranger = (turn: number) => FIRST_STRANGER + (turn % STRANGERS);
  const movie = (turn: number) => known[(13 * turn) % 1000];
  const get = (name: string, path: (turn: number) => string): Kind => ({
    name,
    make: (turn) => ({ path: path(turn) }),
  });
  return [
    get('/recommend, user of the model', (turn) => `/recommend?user=${users[(turn * 67) % users.length]}`),
    get('/recommend, the same in memory', () => `/recommend?user=${users[0]}`),
    get('/recommend, 100 ratings in D1', (turn) => `/recommend?user=${stranger(turn)}`),
    get('/recommend by=next', (turn) => `/recommend?user=${stranger(turn)}&by=next`),
    get(
      '/recommend explain=2, filters',
      (turn) => `/recommend?user=${stranger(turn)}&explain=2&genre=Comedy&yearFrom=1980`,
    ),
    {
      name: 'POST /recommend, 100 ratings',
      make: (turn) => ({ path: '/recommend', body: { ratings: ratingsOf(turn) } }),
    },
    get('/explain/{movieId}', (turn) => `/explain/${movie(turn)}?user=${stranger(turn)}`),
    get('/next', (turn) => `/next?user=${stranger(turn)}`),
    get('/similar/{movieId}', (turn) => `/similar/${movie(turn)}`),
    get('/movies?q=', (turn) => `/movies?q=${['matrix', 'star w', 'amber', 'goodfelas', 'love'][turn % 5]}`),
    get('/top', () => '/top'),
    get('the page, /', () => '/'),
    get('a film’s page', (turn) => `/film/${movie(turn)}`),
    {
      name: 'POST /ratings',
      make: (turn) => ({ path: '/ratings', body: { user: stranger(turn), movieId: movie(turn), rating: 4 } }),
    },
  ];
}

async function inTurn(bundle: Bundle, stores: Stores, kinds: readonly Kind[], count: number): Promise<ReportRow[]> {
  return withWorkerd(bundle, stores, { vars: { API_TOKEN: TOKEN } }, async ({ url, pid }) => {
    const rows: ReportRow[] = [];
    for (const { name, make } of kinds) {
      const times: number[] = [];
      for (let turn = -WARM; turn < count; turn++) {
        const before = await cpuMilliseconds(pid);
        await ask(url, make(turn + WARM));
        if (turn >= 0) times.push((await cpuMilliseconds(pid)) - before);
      }
      rows.push({ asked: name, ...quantiles(times) });
      console.error(`${name}: done`);
    }
    return rows;
  });
}

/** What the first request to an isolate costs: it loads the model. What the isolate did before it does not count. */
async function firstAnswers(bundle: Bundle, stores: Stores, { make }: Kind, isolates: number): Promise<ReportRow> {
  const times: number[] = [];
  for (let turn = 0; turn < isolates; turn++) {
    await withWorkerd(bundle, stores, { vars: { API_TOKEN: TOKEN } }, async ({ url, pid }) => {
      const before = await cpuMilliseconds(pid);
      await ask(url, make(turn));
      times.push((await cpuMilliseconds(pid)) - before);
    });
  }
  return { asked: 'the first answer of an isolate', ...quantiles(times) };
}

async function ask(url: string, { path, body }: ReturnType<Kind['make']>): Promise<void> {
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
  const answer = await fetch(url + path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${text.slice(0, 200)}`);
}

/** Processor time of all threads that a process has, in milliseconds; Linux tells. */
async function cpuMilliseconds(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const spent = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')),
  );
  return spent.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1e6;
}

function quantiles(times: readonly number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (q: number) => Number(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))].toPrecision(2));
  return { p50: at(0.5), p99: at(0.99) };
}
