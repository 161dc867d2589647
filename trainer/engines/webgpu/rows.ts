import type { SparseRows } from '../../math/sparse.ts';
import { covarianceLength, type ImplicitPrior, type SolveRows, type Sparse, type Tensor } from '../engine.ts';
import type { Binding, Memory } from './buffers.ts';
import { addParts, scale } from './columns.ts';
import { type Command, gridOf, type WebgpuDevice } from './device.ts';
import type { JobSection } from './jobs.ts';
import { crossProducts, multiplyParts } from './multiply.ts';
import {
  memoryOf,
  panelsOf,
  placeSparse,
  plannedJobs,
  range,
  releaseSparse,
  rowRange,
  rowsOfBinding,
  type WebgpuSparse,
} from './tensors.ts';

/** Bytes of partial sums that are kept at a time. */
export const PARTS_BYTES = 64 << 20;

const THREADS = 64;

/** What an operation over the rows of a sparse matrix binds: those rows, and the rows of a source that entries name. */
interface Pass {
  readonly sparse: WebgpuSparse;
  /** Floats of the widest row that is bound, of a row of the source, and of a partial sum. */
  readonly rowWidth: number;
  readonly sourceWidth: number;
  readonly slotWidth: number;
}

/** The plan of a pass, and the panels of the source that fit a binding. */
export function prepare(device: WebgpuDevice, { sparse, rowWidth, sourceWidth, slotWidth }: Pass) {
  const panels = panelsOf(sparse.columns, rowsOfBinding(device, sourceWidth));
  const { plan, jobs } = plannedJobs(device, sparse, {
    sectionRows: rowsOfBinding(device, rowWidth),
    sectionEntries: device.maxBinding / 8 - 32,
    slots: Math.max(1, Math.floor(Math.min(PARTS_BYTES, device.maxBinding) / (slotWidth * 4))),
    direct: panels.length === 1,
  });
  const tables = (section: JobSection): [Binding, Binding] => [
    range(device, jobs, 0, plan.words.length).binding,
    range(device, sparse.table, 2 * section.firstEntry, 2 * section.entries).binding,
  ];
  return { plan, panels, tables };
}

/** Runs `first` over all jobs, and `join` over the rows that were cut into several. */
export function runPass(
  device: WebgpuDevice,
  pass: Pass,
  command: Omit<Command, 'integers' | 'bindings' | 'grid' | 'entry'> & {
    readonly first: string;
    readonly strips?: number;
    readonly integers?: readonly number[];
  },
  bind: (section: JobSection, panel: [number, number], parts: Binding) => Binding[],
): void {
  const { plan, panels, tables } = prepare(device, pass);
  const words = plan.slots * pass.slotWidth;
  const parts = device.allocate(words * 4);
  const { first, strips = 1, integers: parameters = [], ...rest } = command;
  for (const section of plan.sections) {
    for (const { firstJob, jobs, firstJoin, joins } of section.batches) {
      for (const panel of panels) {
        const bindings = [...tables(section), ...bind(section, panel, range(device, parts, 0, words).binding)];
        const integers = [firstJob, jobs, ...panel, panel[0], ...parameters];
        device.run({ ...rest, entry: first, integers, bindings, grid: [...gridOf(jobs), strips] });
        if (joins === 0 || panel !== panels[panels.length - 1]) continue;
        device.run({
          ...rest,
          entry: 'join',
          integers: [firstJoin, joins, ...panel, 0, ...parameters],
          bindings,
          grid: [...gridOf(joins), strips],
        });
      }
    }
  }
  device.release(parts);
}

interface Gather {
  readonly sparse: Sparse;
  readonly width: number;
  readonly source: Memory; // (columns, width)
  /** Whether an entry's value is a weight. */
  readonly valued?: boolean;
  readonly weights?: Memory; // (columns)
  readonly scale?: Memory; // (rows)
  readonly out: Memory; // (rows, width)
  readonly add?: boolean;
}

/** out ← out · add + scale ∘ Σ weight · source row, over the entries of each row. */
function gather(
  device: WebgpuDevice,
  { sparse, width, source, valued = false, weights, scale, out, add }: Gather,
): void {
  const WIDTH4 = width / 4;
  const LANES = Math.min(THREADS, WIDTH4);
  const factors = { VALUED: valued, WEIGHTED: weights !== undefined, SCALED: scale !== undefined };
  const constants = { WIDTH4, LANES, ...factors, ADD: add === true };
  const pass = { sparse: sparse as WebgpuSparse, rowWidth: width, sourceWidth: width, slotWidth: width };
  const command = { file: 'gather', first: 'gather', constants, strips: Math.ceil(WIDTH4 / LANES) } as const;
  runPass(device, pass, command, ({ firstRow, rows }, [from, to], parts) => [
    rowRange(device, source, width, from, to - from),
    weights ? rowRange(device, weights, 1, from, to - from) : device.unused,
    scale ? rowRange(device, scale, 1, firstRow, rows) : device.unused,
    rowRange(device, out, width, firstRow, rows),
    parts,
  ]);
}

export function solveRows(device: WebgpuDevice, { ratings, side, other, tau }: SolveRows): void {
  const { rows, columns } = ratings;
  const S = side.width;
  const L = covarianceLength(S);
  const [priorMeans, means, variances] = [side.priorMeans, side.means, side.variances].map((tensor) => {
    return memoryOf(tensor, rows * S);
  });
  const precision = memoryOf(side.precision, S * S);
  const g = memoryOf(other.means, columns * S);
  let covariances: Memory | undefined;
  // The other side's spreads are summed where the row's own spread will be written.
  if (side.covariances && other.covariances) {
    covariances = memoryOf(side.covariances, rows * L);
    const source = memoryOf(other.covariances, columns * L);
    gather(device, { sparse: ratings, width: L, source, out: covariances });
  } else {
    gather(device, { sparse: ratings, width: S, source: memoryOf(other.variances, columns * S), out: variances });
  }
  const pass = {
    sparse: ratings as WebgpuSparse,
    rowWidth: covariances ? L : S,
    sourceWidth: S,
    slotWidth: S * S + S,
  };
  const integers = [Number(covariances !== undefined)];
  const command = { file: 'solve-rows', first: 'gram', constants: { S }, integers, floats: [tau] } as const;
  runPass(device, pass, command, ({ firstRow, rows: count }, [from, to], parts) => [
    rowRange(device, g, S, from, to - from),
    rowRange(device, priorMeans, S, firstRow, count),
    range(device, precision, 0, S * S).binding,
    rowRange(device, means, S, firstRow, count),
    rowRange(device, variances, S, firstRow, count),
    covariances ? rowRange(device, covariances, L, firstRow, count) : device.unused,
    parts,
    range(device, device.status, 0, 1).binding,
  ]);
}

export function project(device: WebgpuDevice, prior: ImplicitPrior, v: Tensor, out: Tensor): void {
  const { pattern, featureCount: P, width: S } = prior;
  const { rows, columns } = pattern;
  const [X, D] = [memoryOf(prior.scale, rows), memoryOf(prior.features, rows * P)];
  const [V, O] = [memoryOf(v, (columns + P) * S), memoryOf(out, rows * S)];
  gather(device, { sparse: pattern, width: S, source: V, scale: X, out: O });
  multiplyParts(device, {
    a: { memory: D, first: 0, width: P },
    b: { memory: V, first: columns * S, width: S },
    out: { memory: O, first: 0, width: S },
    n: rows,
    m: P,
    c: S,
    add: true,
  });
}

export function backproject(
  device: WebgpuDevice,
  prior: ImplicitPrior,
  t: Tensor,
  ridge: number,
  v: Tensor,
  out: Tensor,
): void {
  const { pattern, transposed, featureCount: P, width: S } = prior;
  const { rows, columns } = pattern;
  const [X, D] = [memoryOf(prior.scale, rows), memoryOf(prior.features, rows * P)];
  const [T, V, O] = [memoryOf(t, rows * S), memoryOf(v, (columns + P) * S), memoryOf(out, (columns + P) * S)];
  scale(device, O, V, ridge, columns + P, S);
  gather(device, { sparse: transposed, width: S, source: T, weights: X, out: O, add: true });
  const dense = crossProducts(device, { memory: D, width: P }, { memory: T, width: S }, rows);
  addParts(device, dense, P * S, { memory: O, first: columns * S }, 1);
  device.release(dense.memory);
}

export function multiplySparse(device: WebgpuDevice, a: SparseRows, b: Tensor, out: Tensor, c: number): void {
  const [source, to] = [memoryOf(b, a.columns * c), memoryOf(out, a.rows * c)];
  const sparse = placeSparse(device, a);
  gather(device, { sparse, width: c, source, valued: true, out: to });
  releaseSparse(device, sparse);
}
