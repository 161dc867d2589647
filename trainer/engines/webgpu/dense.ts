import type { SideTensors, Tensor } from '../engine.ts';
import { addDiagonal, addParts, dots, type PartialSums, subtract } from './columns.ts';
import { type Binding, gridOf, type Memory, type WebgpuDevice } from './device.ts';
import { memoryOf, panelsOf, range } from './tensors.ts';

/** A row-major matrix in memory: element (i, j) is float first + i · width + j. */
interface Matrix {
  readonly memory: Memory;
  readonly first: number;
  readonly width: number;
}

interface Product {
  readonly a: Matrix; // (n, m), or (m, n) where transposedA
  readonly transposedA?: boolean;
  readonly b: Matrix; // (m, c), or (c, m) where transposedB
  readonly transposedB?: boolean;
  readonly out: Matrix; // (n, c)
  readonly n: number;
  readonly m: number;
  readonly c: number;
  readonly alpha?: number;
  /** Adds to out instead of setting it. */
  readonly add?: boolean;
  /** Leaves alone what is above the diagonal. */
  readonly lower?: boolean;
  /** Depth of a slice, and floats from its product to the next one's. */
  readonly slices?: { depth: number; stride: number };
}

const BLOCK = 64;
const THREADS = 256;
/** Products of at least so many rows and columns take larger tiles. */
const LARGE = 1024;
/** Columns of L⁻¹ that are computed together. */
const COLUMNS = 512;
/** Tall products of at most so many elements are cut into slices, to give all processors work. */
const SMALL = 1 << 16;
const SLICES = 256;
const SHORTEST_SLICE = 256;

/** The part of a matrix from element (row, column) on. */
const corner = ({ memory, first, width }: Matrix, row: number, column: number): Matrix => {
  return { memory, width, first: first + row * width + column };
};

/** A matrix that begins at its memory's first float. */
const matrixIn = (memory: Memory, width: number): Matrix => ({ memory, first: 0, width });

/** Rows of a matrix that can be bound at once, wherever its first element lies. */
function rowsAtOnce(device: WebgpuDevice, width: number): number {
  return Math.max(1, Math.floor((device.maxBinding / 4 - 64) / width));
}

/** out ← (out +) alpha · A B, in as many parts as bindings and grids require. */
export function multiplyParts(device: WebgpuDevice, product: Product): void {
  const { a, transposedA, b, transposedB, out, n, m, c, add, lower } = product;
  const most = (matrix: Matrix) => rowsAtOnce(device, matrix.width);
  const rows = Math.min(most(out), transposedA ? n : most(a), 65535 * BLOCK);
  const depth = Math.min(transposedA ? most(a) : m, transposedB ? m : most(b));
  const columns = transposedB ? Math.min(c, most(b)) : c;
  for (const [i, endI] of panelsOf(n, Math.max(1, rows))) {
    for (const [j, endJ] of panelsOf(c, Math.max(1, columns))) {
      if (lower && j >= endI) continue;
      for (const [k, endK] of panelsOf(m, Math.max(1, depth))) {
        multiplyPart(device, {
          ...product,
          a: transposedA ? corner(a, k, i) : corner(a, i, k),
          b: transposedB ? corner(b, j, k) : corner(b, k, j),
          out: corner(out, i, j),
          n: endI - i,
          m: endK - k,
          c: endJ - j,
          add: add || k > 0,
          below: i - j,
        });
      }
    }
  }
}

/** @param product `below`: rows from the diagonal of the whole matrix down to element (0, 0) of out */
function multiplyPart(device: WebgpuDevice, product: Product & { below: number }): void {
  const {
    a,
    transposedA = false,
    b,
    transposedB = false,
    out,
    n,
    m,
    c,
    alpha = 1,
    add = false,
    lower = false,
  } = product;
  if (n === 0 || c === 0) return;
  const { depth, stride } = product.slices ?? { depth: Math.max(1, m), stride: 0 };
  const slices = Math.max(1, Math.ceil(m / depth));
  const part = ({ memory, first, width }: Matrix, rows: number, columns: number, more = 0) =>
    range(device, memory, first, more + Math.max(0, rows - 1) * width + columns);
  const A = transposedA ? part(a, m, n) : part(a, n, m);
  const B = transposedB ? part(b, c, m) : part(b, m, c);
  const O = part(out, n, c, (slices - 1) * stride);
  const TILE = n >= LARGE && c >= LARGE ? 128 : 64;
  const flags = Number(add) + 2 * Number(transposedA) + 4 * Number(transposedB) + 8 * Number(lower);
  const shape = [n, m, c, A.first, a.width, B.first, b.width, O.first, out.width];
  device.run({
    file: 'multiply',
    entry: 'multiply',
    constants: { TILE },
    integers: [...shape, depth, stride, product.below, flags],
    floats: [alpha],
    bindings: [A.binding, B.binding, O.binding],
    grid: [Math.ceil(c / TILE), Math.ceil(n / TILE), slices],
  });
}

type TallMatrix = Omit<Matrix, 'first'>;

/** Partial sums of AᵀB for tall A (rows, ·) and B (rows, ·), one for each slice of rows. */
export function crossProducts(device: WebgpuDevice, a: TallMatrix, b: TallMatrix, rows: number): PartialSums {
  const stride = a.width * b.width;
  const fit = Math.max(1, Math.floor(device.maxBinding / (4 * stride)));
  const panels = panelsOf(rows, Math.min(rowsAtOnce(device, a.width), rowsAtOnce(device, b.width)));
  const perPanel = Math.max(1, Math.floor(Math.min(SLICES, fit) / panels.length));
  const depth = Math.max(SHORTEST_SLICE, Math.ceil(panels[0][1] / perPanel));
  const slicesOf = ([from, to]: [number, number]) => Math.max(1, Math.ceil((to - from) / depth));
  const count = panels.reduce((sum, panel) => sum + slicesOf(panel), 0);
  const memory = device.allocate(count * stride * 4);
  let slice = 0;
  for (const panel of panels) {
    const [from, to] = panel;
    multiplyPart(device, {
      a: { memory: a.memory, first: from * a.width, width: a.width },
      b: { memory: b.memory, first: from * b.width, width: b.width },
      out: { memory, first: slice * stride, width: b.width },
      transposedA: true,
      n: a.width,
      m: to - from,
      c: b.width,
      slices: { depth, stride },
      below: 0,
    });
    slice += slicesOf(panel);
  }
  return { memory, count };
}

export function multiply(
  device: WebgpuDevice,
  [a, b, out]: readonly [Tensor, Tensor, Tensor],
  [n, m, c]: readonly [number, number, number],
  transposedA: boolean,
): void {
  const A = matrixIn(memoryOf(a, n * m), transposedA ? n : m);
  const B = matrixIn(memoryOf(b, m * c), c);
  const O = matrixIn(memoryOf(out, n * c), c);
  if (transposedA && n * c <= SMALL && m > SHORTEST_SLICE) {
    // Without slices, a few tiles would leave most processors without work.
    const products = crossProducts(device, A, B, m);
    addParts(device, products, n * c, O, 0);
    device.release(products.memory);
    return;
  }
  multiplyParts(device, { a: A, transposedA, b: B, out: O, n, m, c });
}

/** Runs an entry of triangular.wgsl. */
function runBlocks(
  device: WebgpuDevice,
  entry: string,
  integers: readonly number[],
  matrix: Binding,
  blocks: Binding,
  grid: [number, number?],
): void {
  const bindings = [matrix, blocks, range(device, device.status, 0, 1).binding];
  device.run({ file: 'triangular', entry, constants: {}, integers, bindings, grid });
}

/**
 * A (n, n) ← its lower Cholesky factor, right-looking by blocks of 64 columns: factors the diagonal block, solves the panel
 * below it, subtracts the panel's outer product from the trailing triangle.
 */
export function factor(device: WebgpuDevice, a: Memory, n: number): void {
  const A = matrixIn(a, n);
  const inverse = matrixIn(device.allocate(BLOCK * BLOCK * 4), BLOCK);
  const panel = matrixIn(device.allocate(n * BLOCK * 4), BLOCK);
  const inverseBlock = range(device, inverse.memory, 0, BLOCK * BLOCK).binding;
  for (let k = 0; k < n; k += BLOCK) {
    const size = Math.min(BLOCK, n - k);
    const block = range(device, a, k * n + k, (size - 1) * n + size);
    runBlocks(device, 'factorBlock', [block.first, n, 0, size, 0], block.binding, inverseBlock, [1]);
    const rest = n - k - BLOCK;
    if (rest <= 0) break;
    const below = corner(A, k + BLOCK, k);
    multiplyParts(device, { a: below, b: inverse, transposedB: true, out: panel, n: rest, m: BLOCK, c: BLOCK });
    for (const [from, to] of panelsOf(rest, Math.min(rowsAtOnce(device, n), rowsAtOnce(device, BLOCK)))) {
      const rows = to - from;
      const target = range(device, a, below.first + from * n, (rows - 1) * n + BLOCK);
      const values = range(device, panel.memory, from * BLOCK, rows * BLOCK);
      const count = Math.ceil((rows * BLOCK) / THREADS);
      const integers = [target.first, n, 0, rows, values.first / BLOCK];
      runBlocks(device, 'paste', integers, target.binding, values.binding, gridOf(count));
    }
    multiplyParts(device, {
      a: panel,
      b: panel,
      transposedB: true,
      out: corner(A, k + BLOCK, k + BLOCK),
      n: rest,
      m: BLOCK,
      c: rest,
      alpha: -1,
      add: true,
      lower: true,
    });
  }
  device.release(inverse.memory);
  device.release(panel.memory);
}

/** Inverses (64, 64) of L's diagonal blocks, one after the other. */
function invertBlocks(device: WebgpuDevice, l: Memory, n: number): Memory {
  const count = Math.ceil(n / BLOCK);
  const blocks = device.allocate(count * BLOCK * BLOCK * 4);
  const most = Math.max(BLOCK, Math.floor(rowsAtOnce(device, n) / BLOCK) * BLOCK);
  for (const [from, to] of panelsOf(n, most)) {
    const rows = range(device, l, from * n + from, (to - from - 1) * n + to - from);
    const out = range(device, blocks, 0, count * BLOCK * BLOCK).binding;
    const integers = [rows.first, n, 0, to - from, from / BLOCK];
    runBlocks(device, 'invertBlocks', integers, rows.binding, out, [Math.ceil((to - from) / BLOCK)]);
  }
  return blocks;
}

interface BlockedSystem {
  readonly L: Matrix; // (n, n)
  readonly blocks: Matrix; // inverses of L's diagonal blocks, (n rounded up to 64, 64)
  readonly B: Matrix; // (n, c)
  readonly n: number;
  readonly c: number;
  readonly transposed: boolean;
}

/** B ← L⁻¹ B, or L⁻ᵀ B, block by block: multiplies by the block's inverse, then subtracts the block from the other rows. */
function solveBlocks(device: WebgpuDevice, { L, blocks, B, n, c, transposed }: BlockedSystem): void {
  const x = matrixIn(device.allocate(BLOCK * c * 4), c);
  const count = Math.ceil(n / BLOCK);
  for (let k = 0; k < count; k++) {
    const from = BLOCK * (transposed ? count - 1 - k : k);
    const to = Math.min(n, from + BLOCK);
    const size = to - from;
    const inverse = corner(blocks, from, 0);
    const rows = corner(B, from, 0);
    multiplyParts(device, { a: inverse, transposedA: transposed, b: rows, out: x, n: size, m: size, c });
    const source = range(device, x.memory, 0, size * c).binding;
    device.copy(source, B.memory, (B.first + from * c) * 4, size * c * 4);
    const rest = transposed
      ? { a: corner(L, from, 0), transposedA: true, out: B, n: from }
      : { a: corner(L, to, from), out: corner(B, to, 0), n: n - to };
    multiplyParts(device, { ...rest, b: x, m: size, c, alpha: -1, add: true });
  }
  device.release(x.memory);
}

export function triangularSolve(
  device: WebgpuDevice,
  l: Tensor,
  n: number,
  b: Tensor,
  c: number,
  transposed: boolean,
): void {
  const [L, B] = [memoryOf(l, n * n), memoryOf(b, n * c)];
  const blocks = invertBlocks(device, L, n);
  solveBlocks(device, { L: matrixIn(L, n), blocks: matrixIn(blocks, BLOCK), B: matrixIn(B, c), n, c, transposed });
  device.release(blocks);
}

/** Columns first … first + c of L⁻¹ from row `first` on, (n − first, c). */
function inverseColumns(device: WebgpuDevice, l: Memory, blocks: Memory, n: number, first: number, c: number): Memory {
  const rows = n - first;
  const X = device.allocateZeros(rows * c * 4);
  const block = range(device, X, 0, c * c).binding;
  runBlocks(device, 'identity', [0, c, 0, c, 0], device.unused, block, [Math.ceil(c / THREADS)]);
  solveBlocks(device, {
    L: corner(matrixIn(l, n), first, first),
    blocks: corner(matrixIn(blocks, BLOCK), first, 0),
    B: matrixIn(X, c),
    n: rows,
    c,
    transposed: false,
  });
  return X;
}

export function inverseDiagonal(device: WebgpuDevice, l: Tensor, n: number, out: Tensor): void {
  const [L, O] = [memoryOf(l, n * n), memoryOf(out, n)];
  const blocks = invertBlocks(device, L, n);
  // The square at the top of the columns is bound as one.
  const columns = Math.min(COLUMNS, Math.floor(Math.sqrt(device.maxBinding / 4) / BLOCK) * BLOCK);
  for (let first = 0; first < n; first += columns) {
    const c = Math.min(columns, n - first);
    const X = inverseColumns(device, L, blocks, n, first, c);
    const squares = dots(device, X, X, n - first, c);
    addParts(device, squares, c, { memory: O, first }, 0);
    device.release(squares.memory);
    device.release(X);
  }
  device.release(blocks);
}

/** Λ = (R + S) L⁻ᵀ L⁻¹ for the Cholesky factor L of the scatter, which is summed from slices. */
export function priorPrecision(
  device: WebgpuDevice,
  side: SideTensors,
  weights: Tensor,
  penalty: number,
  precision: Tensor,
): void {
  const { rows, width: S } = side;
  const [F, M, V] = [side.means, side.priorMeans, side.variances].map((tensor) => memoryOf(tensor, rows * S));
  const O = memoryOf(precision, S * S);
  const differences = device.allocate(rows * S * 4);
  subtract(device, differences, F, M, rows, S);
  const tall = { memory: differences, width: S };
  const products = crossProducts(device, tall, tall, rows);
  const scatter = device.allocate(S * S * 4);
  if (penalty > 0) {
    const W = { memory: memoryOf(weights, weights.length), width: S };
    const energy = crossProducts(device, W, W, weights.length / S);
    addParts(device, energy, S * S, { memory: scatter, first: 0 }, 0);
    device.release(energy.memory);
  }
  addParts(device, products, S * S, { memory: scatter, first: 0 }, penalty);
  const variances = dots(device, V, undefined, rows, S);
  const total = device.allocate(S * 4);
  addParts(device, variances, S, { memory: total, first: 0 }, 0);
  addDiagonal(device, scatter, total, 1, S);
  factor(device, scatter, S);
  const blocks = invertBlocks(device, scatter, S);
  const X = inverseColumns(device, scatter, blocks, S, 0, S);
  const inverse = matrixIn(X, S);
  const out = matrixIn(O, S);
  multiplyParts(device, { a: inverse, transposedA: true, b: inverse, out, n: S, m: S, c: S, alpha: rows + S });
  for (const memory of [differences, products.memory, scatter, variances.memory, total, blocks, X])
    device.release(memory);
}
