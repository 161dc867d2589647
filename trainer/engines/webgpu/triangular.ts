import type { Tensor, TriangularSystem } from '../engine.ts';
import type { Binding, Memory } from './buffers.ts';
import { addParts, dots } from './columns.ts';
import { gridOf, type WebgpuDevice } from './device.ts';
import { corner, type Matrix, matrixIn, multiplyParts, rowsAtOnce } from './multiply.ts';
import { memoryOf, panelsOf, range } from './tensors.ts';

/** Rows and columns of a diagonal block. */
const BLOCK = 64;
const THREADS = 256;
/** Columns of L⁻¹ that are computed together. */
const COLUMNS = 512;

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
export function invertBlocks(device: WebgpuDevice, l: Memory, n: number): Memory {
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

export function triangularSolve(device: WebgpuDevice, { l, n, b, c, transposed }: TriangularSystem): void {
  const [L, B] = [memoryOf(l, n * n), memoryOf(b, n * c)];
  const blocks = invertBlocks(device, L, n);
  solveBlocks(device, { L: matrixIn(L, n), blocks: matrixIn(blocks, BLOCK), B: matrixIn(B, c), n, c, transposed });
  device.release(blocks);
}

/** Columns first … first + c of L⁻¹ from row `first` on, (n − first, c). */
export function inverseColumns(
  device: WebgpuDevice,
  l: Memory,
  blocks: Memory,
  n: number,
  first: number,
  c: number,
): Memory {
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
