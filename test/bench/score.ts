/**
 * Times one pass over all movies for one user inside workerd, on synthetic models and, where one is given, a trained one:
 * what reading the vectors costs, the scan of all of them, the exact list by codes, the same behind a filter whose mask is
 * known, and behind one that comes for the first time, the making of a mask, the plain TypeScript reference; and
 * under Node onnxruntime-web (in workerd it would take 70 MB) and usearch (native code).
 *
 *   npm run bench -- score [--movies 10000,62000,87000] [--columns 64,128] [--model DIR] [--clones ml-1m]
 *     [--room 42] [--repeat 9] [--json] [--markdown]
 *
 * Clocks inside an isolate may stand still while it computes, so a request runs many passes and is timed from outside, an
 * empty request taken off. Tasks take turns, in alternating order.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { ROOM } from '../../shared/artifact/serving-layout.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { optionalPart } from '../../trainer/optional-part.ts';
import { trainClones } from './harness/cloned-films.ts';
import { MACHINE } from './harness/machine.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';
import { median } from './harness/synthetic.ts';

interface Flags extends ReportFlags {
  readonly movies: string;
  readonly columns: string;
  readonly model?: string;
  readonly clones?: string;
  readonly room: number;
  readonly repeat: number;
}

const ROOT = join(import.meta.dirname, '../..');
const TASKS = ['read', 'scores', 'full', 'exact', 'filtered', 'unseen', 'mask', 'typescript'] as const;
type Task = (typeof TASKS)[number];
/** Under Node. */
const RIVALS = ['onnx', 'usearch'] as const;
type Rival = (typeof RIVALS)[number];
/** One pass of each, in ms. */
type Rivals = Partial<Record<Rival, () => Promise<number>>>;
/** Milliseconds that the passes of a request take together, at least. */
const REQUEST = 30;

/** Medians in µs a pass; `differing`: of the users' lists by relevance and by rating, exact against full. */
type Row = Record<Task, number> & {
  readonly model: string;
  readonly movies?: number;
  readonly columns?: number;
  readonly users: number;
  /** Under Node; null for a trained model, and where it is not installed. */
  readonly onnx: number | null;
  readonly usearch: number | null;
  readonly differing: number;
  /** full / exact, and scores / read: medians over turns. */
  readonly gain: number;
  readonly overRead: number;
};

const program = addReportFlags(command('bench', 'times scoring inside workerd'))
  .name('npm run bench -- score')
  .option('--movies <list>', 'movies of the synthetic models', '10000,62000,87000')
  .option('--columns <list>', 'numbers of a vector, bias and deviation among them', '64,128')
  .option('--model <folder>', 'a trained artifact besides')
  .option('--clones <data>', 'a model besides that is trained on a data set of which every movie is sixteen')
  .option('--room <MiB>', 'memory of vectors and codes', number, ROOM / 2 ** 20)
  .option('--repeat <number>', 'runs of each, in alternating order', number, 9);

await run<Flags>(program, async ({ movies, columns, model, clones, room: mebibytes, repeat, ...output }) => {
  bounded(repeat, '--repeat', 1, 1000);
  const sizes = movies.split(',').map((text) => bounded(Number(text), '--movies', 1, 1_000_000));
  const widths = columns.split(',').map((text) => bounded(Number(text), '--columns', 4, 130));
  const room = 2 ** 20 * bounded(mebibytes, '--room', 1, 1000);
  const rows: Row[] = [];
  const trained: [name: string, FormData][] = [];
  if (model !== undefined) trained.push([model, await formOf((name) => readFile(join(model, name)))]);
  if (clones !== undefined) {
    const { files } = await trainClones(clones);
    trained.push([`${clones}, cloned`, await formOf(async (name) => files.get(name)!)]);
  }
  const isolate = await startIsolate();
  try {
    for (const kind of ['spectrum', 'plain']) {
      for (const M of sizes) {
        for (const width of widths) {
          const users = await isolate.post('/synthetic', JSON.stringify({ kind, movies: M, columns: width, room }));
          console.error(`${kind}, ${M} movies, ${width} columns`);
          const rivals = await openRivals(M, width);
          rows.push({ model: kind, movies: M, columns: width, users, ...(await timed(isolate, repeat, rivals)) });
        }
      }
    }
    for (const [name, form] of trained) {
      console.error(name);
      const users = await isolate.post(`/trained?room=${room}`, form);
      rows.push({ model: name, users, ...(await timed(isolate, repeat)) });
    }
  } finally {
    await isolate.stop();
  }
  report(
    output,
    { bench: 'score', machine: MACHINE, repeat, rows },
    [rows],
    [`Inside workerd, µs, medians of ${repeat}`],
  );
});

/** The rivals that are installed: both are optional parts. */
async function openRivals(M: number, width: number): Promise<Rivals> {
  const open: Record<Rival, () => Promise<() => Promise<number>>> = {
    onnx: async () => (await import('./rivals/onnx.ts')).openOnnxRival(M, width),
    usearch: async () => (await import('./rivals/usearch.ts')).openUsearchRival(M, width),
  };
  const rivals: Rivals = {};
  for (const rival of RIVALS) {
    try {
      rivals[rival] = await optionalPart(rival, open[rival]);
    } catch (error) {
      if (!(error instanceof MarqueeError)) throw error;
      console.error(`left out: ${error.message}. ${error.fix}`);
    }
  }
  return rivals;
}

interface Isolate {
  post(path: string, body: string | FormData): Promise<number>;
  /** Milliseconds of a request that runs a task so often. */
  time(task: string, repeat: number): Promise<number>;
  differing(): Promise<number[]>;
  stop(): Promise<void>;
}

async function startIsolate(): Promise<Isolate> {
  const bundle = await build({
    entryPoints: [join(ROOT, 'test/bench/machines/score-worker.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    external: ['*.wasm'],
  });
  const wasm = (path: string, contents: Uint8Array) => ({ type: 'CompiledWasm' as const, path, contents });
  // Modules are named as they are imported from the folder of the entry.
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'score',
      modulesRoot: ROOT,
      modules: [
        {
          type: 'ESModule',
          path: join(ROOT, 'test/bench/machines/score-worker.js'),
          contents: bundle.outputFiles[0].text,
        },
        wasm(
          join(ROOT, 'worker/wasm/kernels/scorer.wasm'),
          await readFile(join(ROOT, 'worker/wasm/kernels/scorer.wasm')),
        ),
        wasm(
          join(ROOT, 'test/bench/machines/memory-read.wasm'),
          await assembled('test/bench/rivals/memory-read.as.ts'),
        ),
      ],
      compatibilityDate: '2026-10-01',
      cf: false,
    }),
  );
  const url = await miniflare.ready;
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(new URL(path, url), init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    post: async (path, body) => (await get(path, { method: 'POST', body })) as number,
    async time(task, repeat) {
      const start = performance.now();
      await get(`/run?task=${task}&repeat=${repeat}`);
      return performance.now() - start;
    },
    differing: async () => (await get('/differing')) as number[],
    stop: () => miniflare.dispose(),
  };
}

async function timed(
  isolate: Isolate,
  repeat: number,
  rivals: Rivals = {},
): Promise<Record<Task, number> & Pick<Row, Rival | 'differing' | 'gain' | 'overRead'>> {
  const passes = {} as Record<Task, number>;
  const times = {} as Record<Task, number[]>;
  const empty = median(await inTurn(Array(20).fill('nothing'), (task) => isolate.time(task, 1)));
  for (const task of TASKS) {
    await isolate.time(task, 300); // until the compiler is done with it
    passes[task] = await passesOf(isolate, task, empty + REQUEST);
    times[task] = [];
  }
  const rivalTimes: Record<Rival, number[]> = { onnx: [], usearch: [] };
  for (let turn = 0; turn < repeat; turn++) {
    for (const rival of RIVALS) {
      for (let pass = 0; rivals[rival] && pass < 10; pass++) rivalTimes[rival].push(1000 * (await rivals[rival]()));
    }
    for (const task of turn % 2 === 0 ? TASKS : TASKS.toReversed()) {
      times[task].push((1000 * ((await isolate.time(task, passes[task])) - empty)) / passes[task]);
    }
  }
  const of = (task: Task) => median(times[task]);
  // Of one turn, so that both had the same neighbours.
  const ratio = (one: Task, other: Task) => median(times[one].map((time, turn) => time / times[other][turn]));
  const digits = (value: number) => Number(value.toPrecision(3));
  return {
    ...(Object.fromEntries(TASKS.map((task) => [task, digits(of(task))])) as Record<Task, number>),
    ...(Object.fromEntries(
      RIVALS.map((rival) => [rival, rivals[rival] ? digits(median(rivalTimes[rival])) : null]),
    ) as Record<Rival, number | null>),
    gain: digits(ratio('full', 'exact')),
    overRead: digits(ratio('scores', 'read')),
    differing: (await isolate.differing()).reduce((sum, count) => sum + count, 0),
  };
}

/** Passes that take a request so many ms; the shortest of three counts, for neighbours only ever lengthen one. */
async function passesOf(isolate: Isolate, task: Task, request: number): Promise<number> {
  for (let passes = 1; ; passes *= 2) {
    const times = await inTurn([passes, passes, passes], (repeat) => isolate.time(task, repeat));
    if (Math.min(...times) >= request) return passes;
  }
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

async function formOf(read: (name: string) => Promise<Uint8Array<ArrayBuffer>>): Promise<FormData> {
  const form = new FormData();
  for (const name of [FILES.manifest, FILES.movies, FILES.posterior, FILES.users]) {
    form.set(name, new Blob([await read(name)]), name);
  }
  return form;
}

async function assembled(file: string): Promise<Uint8Array> {
  let wasm = new Uint8Array();
  const flags = [
    '--outFile',
    'memory-read.wasm',
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--initialMemory',
    '1',
  ];
  const { error, stderr } = await asc.main([file, ...flags, '--baseDir', ROOT], {
    writeFile: (_, contents) => {
      wasm = contents as Uint8Array<ArrayBuffer>;
    },
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return wasm;
}
