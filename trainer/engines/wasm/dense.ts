import { setImmediate } from 'node:timers/promises';
import { factorSymmetric, inverseFromCholesky, notPositive } from '../../../shared/math/linalg.ts';
import type { SideTensors, Tensor } from '../engine.ts';
import { addParts, type WasmDevice } from './device.ts';
import { addressOf as at } from './tensors.ts';

/** Floats of B that are packed at once. */
const PACKED = 6 << 20;

/** A row-major matrix in memory: element (i, j) at address + 4 (i · width + j). */
interface Matrix {
  readonly address: number;
  readonly width: number;
}

/** out (n, c) ← A B, or out − A B. A is (n, m), or (m, n) where transposedA; B is (m, c). */
interface Product {
  readonly a: Matrix;
  readonly transposedA?: boolean;
  readonly b: Matrix;
  readonly out: Matrix;
  readonly n: number;
  readonly m: number;
  readonly c: number;
  readonly subtract?: boolean;
}

/** A product whose B lies in panels of 8 columns. */
interface PanelProduct extends Omit<Product, 'b'> {
  readonly panels: number;
  /** Leaves what is right of the diagonal as it is. */
  readonly lower?: boolean;
}

const corner = ({ address, width }: Matrix, row: number, column: number): Matrix => {
  return { address: address + 4 * (row * width + column), width };
};

/** Packs B (m, c), or Bᵀ for B (c, m), into panels for `work`. */
function withPanels(
  { memory, threads }: WasmDevice,
  { b, transposedB = false, m, c }: { b: Matrix; transposedB?: boolean; m: number; c: number },
  work: (panels: number) => void,
): void {
  const count = Math.ceil(c / 8);
  const panels = memory.allocate(count * m * 32);
  threads.run('packPanels', { items: count, chunk: 8 }, [b.address, b.width * 4, Number(transposedB), m, c, panels]);
  work(panels);
  memory.release(panels);
}

function multiplyPanels({ threads }: WasmDevice, product: PanelProduct): void {
  const { a, transposedA = false, n, m, panels, out, c, subtract = false, lower = false } = product;
  const left = [a.address, a.width * 4, Number(transposedA), n, m, panels];
  const right = [out.address, out.width * 4, c, Number(subtract), Number(lower)];
  const items = Math.ceil(n / threads.size('BLOCK'));
  threads.run('multiplyPanels', { items, chunk: 1, scratch: threads.scratchFor('multiplyPanels') }, [
    ...left,
    ...right,
  ]);
}

function multiplyMatrices(device: WasmDevice, { b, out, m, c, ...product }: Product): void {
  const slice = Math.max(8, Math.floor(PACKED / m) & ~7);
  for (let first = 0; first < c; first += slice) {
    const columns = Math.min(slice, c - first);
    withPanels(device, { b: corner(b, 0, first), m, c: columns }, (panels) => {
      multiplyPanels(device, { ...product, panels, out: corner(out, 0, first), m, c: columns });
    });
  }
}

export interface Multiplication {
  readonly a: Tensor; // (n, m), or (m, n) where transposedA
  readonly b: Tensor; // (m, c)
  readonly out: Tensor; // (n, c)
  readonly n: number;
  readonly m: number;
  readonly c: number;
  readonly transposedA: boolean;
}

export function multiply(device: WasmDevice, { a, b, out, n, m, c, transposedA }: Multiplication): void {
  const A = { address: at(a, n * m), width: transposedA ? n : m };
  const B = { address: at(b, m * c), width: c };
  multiplyMatrices(device, { a: A, transposedA, b: B, out: { address: at(out, n * c), width: c }, n, m, c });
}

/**
 * Right-looking, by blocks of BLOCK columns: factors the diagonal block, solves the panel below it, subtracts the panel's
 * outer product from the trailing triangle. Between blocks the event loop runs, so that a long factorisation can be
 * interrupted.
 */
export async function cholesky(device: WasmDevice, a: Tensor, n: number): Promise<void> {
  const { memory, threads } = device;
  const BLOCK = threads.size('BLOCK');
  const A = { address: at(a, n * n), width: n };
  const inverse = memory.allocate(BLOCK * BLOCK * 4);
  try {
    for (let k = 0; k < n; k += BLOCK) {
      const args = [corner(A, k, k).address, n * 4, Math.min(BLOCK, n - k), inverse];
      const rejected = threads.run('factorBlock', { items: 1, chunk: 1, scratch: threads.scratchFor('block') }, args);
      if (rejected > 0) throw notPositive();
      const rest = n - k - BLOCK;
      if (rest <= 0) break;
      const panel = corner(A, k + BLOCK, k);
      multiplyPanels(device, { a: panel, panels: inverse, out: panel, n: rest, m: BLOCK, c: BLOCK });
      withPanels(device, { b: panel, transposedB: true, m: BLOCK, c: rest }, (panels) => {
        const out = corner(A, k + BLOCK, k + BLOCK);
        multiplyPanels(device, { a: panel, panels, out, n: rest, m: BLOCK, c: rest, subtract: true, lower: true });
      });
      await setImmediate();
    }
  } finally {
    memory.release(inverse);
  }
}

/** Inverses of L's diagonal blocks in panels, for `work`. */
function withInverseBlocks(
  { memory, threads }: WasmDevice,
  { l, n, transposed = false }: { l: number; n: number; transposed?: boolean },
  work: (blocks: number) => void,
): void {
  const BLOCK = threads.size('BLOCK');
  const count = Math.ceil(n / BLOCK);
  const blocks = memory.allocate(count * BLOCK * BLOCK * 4);
  const cut = { items: count, chunk: 1, scratch: threads.scratchFor('block') };
  threads.run('invertBlocks', cut, [l, n, Number(transposed), blocks]);
  work(blocks);
  memory.release(blocks);
}

export interface TriangularSystem {
  readonly l: Tensor; // (n, n)
  readonly n: number;
  readonly b: Tensor; // (n, c)
  readonly c: number;
  readonly transposed: boolean;
}

export function triangularSolve(device: WasmDevice, { l, n, b, c, transposed }: TriangularSystem): void {
  const L = { address: at(l, n * n), width: n };
  const B = { address: at(b, n * c), width: c };
  if (n === 0 || c === 0) return;
  withInverseBlocks(device, { l: L.address, n, transposed }, (blocks) => {
    solveSpan(device, { L, B, blocks, transposed }, 0, n);
  });
}

interface BlockedSystem {
  readonly L: Matrix;
  readonly B: Matrix;
  readonly blocks: number;
  readonly transposed: boolean;
}

/** Solves rows [low, high), from which all other rows are subtracted already: by halves, so that products are deep. */
function solveSpan(device: WasmDevice, system: BlockedSystem, low: number, high: number): void {
  const { L, B, transposed } = system;
  const BLOCK = device.threads.size('BLOCK');
  if (high - low <= BLOCK) {
    solveBlock(device, system, low, high);
    return;
  }
  const middle = low + Math.ceil((high - low) / BLOCK / 2) * BLOCK;
  const a = corner(L, middle, low);
  const [top, bottom] = [corner(B, low, 0), corner(B, middle, 0)];
  const [topRows, bottomRows, c] = [middle - low, high - middle, B.width];
  if (transposed) {
    solveSpan(device, system, middle, high);
    multiplyMatrices(device, {
      a,
      transposedA: true,
      b: bottom,
      out: top,
      n: topRows,
      m: bottomRows,
      c,
      subtract: true,
    });
    solveSpan(device, system, low, middle);
  } else {
    solveSpan(device, system, low, middle);
    multiplyMatrices(device, { a, b: top, out: bottom, n: bottomRows, m: topRows, c, subtract: true });
    solveSpan(device, system, middle, high);
  }
}

/** Rows [low, high) ← inverse of their diagonal block times themselves. */
function solveBlock({ threads }: WasmDevice, { B, blocks }: BlockedSystem, low: number, high: number): void {
  const c = B.width;
  const inverse = blocks + low * threads.size('BLOCK') * 4;
  const cut = { items: Math.ceil(c / 8), chunk: 8, scratch: threads.scratchFor('multiplyInPlace') };
  threads.run('multiplyInPlace', cut, [inverse, corner(B, low, 0).address, c * 4, high - low, c]);
}

export function inverseDiagonal(device: WasmDevice, l: Tensor, n: number, out: Tensor): void {
  const { threads } = device;
  const L = at(l, n * n);
  const items = Math.ceil(n / threads.size('INVERSE_COLUMNS'));
  withInverseBlocks(device, { l: L, n }, (blocks) => {
    const cut = { items, chunk: 1, scratch: threads.scratchFor('inverseDiagonal', n) };
    threads.run('inverseDiagonal', cut, [L, n, blocks, at(out, n)]);
  });
}

/** Λ from the scatter of the rows and the energy of the weights; (S, S) is small enough for float64 on the host. */
export function priorPrecision(
  device: WasmDevice,
  side: SideTensors,
  weights: Tensor,
  penalty: number,
  out: Tensor,
): void {
  const { memory } = device;
  const { rows, width: S } = side;
  const [f, m, v] = [side.means, side.priorMeans, side.variances].map((tensor) => at(tensor, rows * S));
  const energy = penalty > 0 ? energyOf(device, weights, S) : undefined;
  const upper = scatter(device, { f, m, v, rows, S });
  energy?.forEach((value, k) => {
    upper[k] += penalty * value;
  });
  const sums = upper.map((_, k) => upper[(k % S) * S + Math.floor(k / S)]);
  for (let x = 0; x < S; x++) sums[x * S + x] += 1;
  factorSymmetric(sums, S);
  const precision = inverseFromCholesky(sums, S).map((value) => value * (rows + S));
  memory.floats(at(out, S * S), S * S).set(precision);
}

/** WᵀW, upper triangle (S, S). */
function energyOf(device: WasmDevice, weights: Tensor, S: number): Float64Array {
  const zeros = device.memory.allocateZeros(weights.length * 4);
  const f = at(weights, weights.length);
  const energy = scatter(device, { f, m: zeros, v: zeros, rows: weights.length / S, S });
  device.memory.release(zeros);
  return energy;
}

/** Σ (f − m)(f − m)ᵀ + diag Σ v over rows of (rows, S), upper triangle (S, S). */
function scatter(
  { memory, threads }: WasmDevice,
  { f, m, v, rows, S }: { f: number; m: number; v: number; rows: number; S: number },
): Float64Array {
  const chunks = Math.ceil(rows / threads.size('SUMMED_ROWS'));
  const parts = memory.allocate(chunks * S * S * 4);
  const cut = { items: chunks, chunk: 1, scratch: threads.scratchFor('scatter', S) };
  threads.run('scatter', cut, [f, m, v, rows, parts, S]);
  const upper = new Float64Array(S * S);
  addParts(memory.floats(parts, chunks * S * S), upper);
  memory.release(parts);
  return upper;
}
