/**
 * Times the wasm engine: one sweep of the factorisation on data of MovieLens shapes, and the dense algebra of the
 * relevance model.
 *
 *   npm run bench -- engine [--data ml-1m,ml-10m] [--width 32,64] [--threads 1,2] [--dense 3706] [--repeat 3] [--json] [--markdown]
 */
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { Engine, ImplicitPrior, SideTensors, Sparse, Tensor } from '../../trainer/engines/engine.ts';
import { openEngine } from '../../trainer/engines/index.ts';
import { mulberry } from '../fixtures/random.ts';
import { MACHINE } from './harness/machine.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';
import { median, SHAPES, syntheticRatings } from './harness/synthetic.ts';

type Shape = keyof typeof SHAPES;
type Row = Record<string, string | number>;

interface Flags extends ReportFlags {
  readonly data: string;
  readonly width: string;
  readonly threads: string;
  readonly dense: string;
  readonly columns: string;
  readonly repeat: number;
}

const program = addReportFlags(command('bench', 'times one sweep and the dense algebra of the wasm engine'))
  .name('npm run bench -- engine')
  .option('--data <list>', `shapes of ${Object.keys(SHAPES).join(', ')}`, 'ml-1m,ml-10m')
  .option('--width <list>', 'widths S of a factor row', '32,64')
  .option('--threads <list>', 'threads', '1,2')
  .option('--dense <list>', 'sizes of the dense matrices', '3706')
  .option('--columns <list>', 'columns of the dense right-hand sides', '80')
  .option('--repeat <number>', 'laps of each', number, 3);

/** The shape made last. */
const generated = new Map<Shape, ReturnType<typeof syntheticRatings>>();

/** Milliseconds by name, one value for each lap. */
class Stopwatch {
  readonly laps = new Map<string, number[]>();
  #current = new Map<string, number>();

  async time(name: string, work: () => unknown): Promise<void> {
    const start = performance.now();
    await work();
    this.#current.set(name, (this.#current.get(name) ?? 0) + performance.now() - start);
  }
  lap(): void {
    const all = [...this.#current.values()].reduce((sum, ms) => sum + ms, 0);
    for (const [name, ms] of [['sweep', all] as const, ...this.#current]) {
      this.laps.set(name, [...(this.laps.get(name) ?? []), ms]);
    }
    this.#current.clear();
  }
}

interface BenchSide extends SideTensors {
  readonly ratings: Sparse;
  readonly link: ImplicitPrior;
  readonly weights: Tensor[]; // (C + P, S) each: weights, residual, direction, image
  readonly start: Float32Array[]; // what they hold when a sweep begins
  readonly projected: Tensor; // (R, S)
}

function bench(engine: Engine, pattern: Sparse, transposed: Sparse, S: number): BenchSide {
  const uniform = mulberry(7);
  const [R, P] = [pattern.rows, 3];
  const normal = (n: number, scale: number) => Float32Array.from({ length: n }, () => (uniform() - 0.5) * scale);
  const length = (pattern.columns + P) * S;
  const start = Array.from({ length: 4 }, () => normal(length, 0.01));
  const precision = Float32Array.from({ length: S * S }, (_, k) => (k % (S + 1) === 0 ? 10 : 0));
  return {
    rows: R,
    width: S,
    ratings: pattern,
    means: engine.tensor(R * S, normal(R * S, 0.3)),
    variances: engine.tensor(R * S, new Float32Array(R * S).fill(0.001)),
    priorMeans: engine.tensor(R * S),
    precision: engine.tensor(S * S, precision),
    weights: start.map((values) => engine.tensor(length, values)),
    start,
    projected: engine.tensor(R * S),
    link: {
      pattern,
      transposed,
      featureCount: P,
      width: S,
      scale: engine.tensor(R, normal(R, 0.1)),
      features: engine.tensor(R * P, normal(R * P, 1)),
    },
  };
}

/** What one sweep of `factorize` does: half sweeps, three conjugate-gradient steps a side, prior precisions, τ. */
async function sweep(engine: Engine, sides: readonly [BenchSide, BenchSide], watch: Stopwatch): Promise<void> {
  const dots = engine.tensor(sides[0].width, new Float32Array(sides[0].width).fill(1));
  // Steps of length 0 cost the same; others would let the numbers grow from sweep to sweep.
  const none = engine.tensor(sides[0].width);
  for (const [own, other, name] of [[...sides, 'users'] as const, [sides[1], sides[0], 'movies'] as const]) {
    const { link, projected, means, ratings, weights, start } = own;
    const [w, residual, direction, image] = weights;
    // The same numbers in every sweep: steps by 1 would let them grow.
    weights.forEach((tensor, k) => void engine.write(tensor, start[k]));
    await watch.time(`solve ${name}`, () => engine.solveRows({ ratings, side: own, other, tau: 1.5 }));
    const apply = async (v: Tensor, out: Tensor) => {
      await watch.time('project', () => engine.project(link, v, projected));
      await watch.time('backproject', () => engine.backproject(link, projected, 2, v, out));
    };
    await watch.time('backproject', () => engine.backproject(link, means, 0, w, residual));
    await apply(w, image);
    for (let step = 0; step < 3; step++) {
      await apply(direction, image);
      await watch.time('columns', () => {
        engine.columnDots(direction, image, dots);
        engine.columnStep(w, direction, 1, none, dots);
        engine.columnStep(residual, image, -1, none, dots);
        engine.columnDots(residual, residual, dots);
        engine.columnRedirect(direction, residual, none, dots);
      });
    }
    await watch.time('project', () => engine.project(link, w, projected));
    await watch.time('prior', () => engine.priorPrecision(own, w, 1, own.precision));
  }
  await watch.time('errors', () => engine.expectedSquaredError(sides[0].ratings, ...sides));
  watch.lap();
  engine.free(dots, none);
}

async function benchSweep(data: Shape, width: number, threads: number, repeat: number): Promise<Row> {
  const { byUser, byMovie } = ratingsOf(data);
  const engine = await openEngine('wasm', { threads });
  const [users, movies] = [engine.sparse(byUser), engine.sparse(byMovie)];
  const sides = [bench(engine, users, movies, width), bench(engine, movies, users, width)] as const;
  await sweep(engine, sides, new Stopwatch());
  const watch = new Stopwatch();
  for (let k = 0; k < repeat; k++) await sweep(engine, sides, watch);
  await engine.close();
  const best = Math.round(Math.min(...(watch.laps.get('sweep') ?? [])));
  const medians = [...watch.laps].map(([name, laps]) => [name, Math.round(median(laps))]);
  return { data, width, threads, best, ...Object.fromEntries(medians) };
}

function ratingsOf(data: Shape) {
  const found = generated.get(data) ?? syntheticRatings(data);
  generated.clear();
  generated.set(data, found);
  return found;
}

/** GFLOP/s of each operation, counting the multiplications and additions that it cannot do without. */
async function benchDense(n: number, c: number, threads: number, repeat: number): Promise<Row> {
  const engine = await openEngine('wasm', { threads });
  const uniform = mulberry(3);
  const matrix = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = i === j ? n : uniform() - 0.5;
  }
  const A = engine.tensor(n * n);
  const B = engine.tensor(n * c, Float32Array.from({ length: n * c }, uniform));
  const out = engine.tensor(n * c);
  const diagonal = engine.tensor(n);
  const rates = new Map<string, number[]>();
  const time = async (name: string, flops: number, work: () => unknown) => {
    const start = performance.now();
    await work();
    rates.set(name, [...(rates.get(name) ?? []), flops / (performance.now() - start) / 1e6]);
  };
  for (let k = 0; k < repeat; k++) {
    engine.write(A, matrix);
    await time('multiply', 2 * n * n * c, () => engine.multiply(A, B, out, n, n, c, false));
    await time('multiply Aᵀ', 2 * n * n * c, () => engine.multiply(A, B, out, n, n, c, true));
    await time('cholesky', n ** 3 / 3, () => engine.cholesky(A, n));
    await time('L⁻¹ B', n * n * c, () => engine.triangularSolve(A, n, B, c, false));
    await time('L⁻ᵀ B', n * n * c, () => engine.triangularSolve(A, n, B, c, true));
    await time('diag A⁻¹', n ** 3 / 3, () => engine.inverseDiagonal(A, n, diagonal));
  }
  await engine.close();
  const medians = [...rates].map(([name, values]) => [`${name} GFLOP/s`, Number(median(values).toFixed(1))]);
  return { n, columns: c, threads, ...Object.fromEntries(medians) };
}

await run<Flags>(program, async (flags) => {
  const repeat = bounded(flags.repeat, '--repeat', 1, 1000);
  const [widths, threads] = [numbers(flags.width), numbers(flags.threads)];
  const [sweeps, dense]: Row[][] = [[], []];
  for (const data of shapes(flags.data)) {
    for (const S of widths) for (const t of threads) sweeps.push(await benchSweep(data, S, t, repeat));
  }
  for (const n of numbers(flags.dense)) {
    for (const c of numbers(flags.columns)) for (const t of threads) dense.push(await benchDense(n, c, t, repeat));
  }
  const notes = [`Sweeps in ms: best of ${repeat}, then medians`];
  report(flags, { bench: 'engine', machine: MACHINE, repeat, sweeps, dense }, [sweeps, dense], notes);
});

function numbers(text: string): number[] {
  return text.split(',').filter(Boolean).map(number);
}

function shapes(text: string): Shape[] {
  const names = text.split(',').filter(Boolean);
  const unknown = names.find((name) => !Object.hasOwn(SHAPES, name));
  if (unknown !== undefined) {
    throw new MarqueeError('bad-flag', `--data: got "${unknown}", expected of ${Object.keys(SHAPES).join(', ')}`);
  }
  return names as Shape[];
}
