import type { Multiplication } from '../engine.ts';
import type { Memory } from './buffers.ts';
import { addParts, type PartialSums } from './columns.ts';
import type { WebgpuDevice } from './device.ts';
import { memoryOf, panelsOf, range } from './tensors.ts';

/** A row-major matrix in memory: element (i, j) is float first + i · width + j. */
export interface Matrix {
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

/** Rows and columns of a workgroup's tile. */
const [TILE_WIDTH, LARGE_TILE_WIDTH] = [64, 128];
/** Products of at least so many rows and columns take larger tiles. */
const LARGE = 1024;
/** Tall products of at most so many elements are cut into slices, to give all processors work. */
const SMALL = 1 << 16;
const SLICES = 256;
const SHORTEST_SLICE = 256;

/** The part of a matrix from element (row, column) on. */
export const corner = ({ memory, first, width }: Matrix, row: number, column: number): Matrix => {
  return { memory, width, first: first + row * width + column };
};

/** A matrix that begins at its memory's first float. */
export const matrixIn = (memory: Memory, width: number): Matrix => ({ memory, first: 0, width });

/** Rows of a matrix that can be bound at once, wherever its first element lies. */
export function rowsAtOnce(device: WebgpuDevice, width: number): number {
  return Math.max(1, Math.floor((device.maxBinding / 4 - 64) / width));
}

/** out ← (out +) alpha · A B, in as many parts as bindings and grids require. */
export function multiplyParts(device: WebgpuDevice, product: Product): void {
  const { a, transposedA, b, transposedB, out, n, m, c, add, lower } = product;
  const most = (matrix: Matrix) => rowsAtOnce(device, matrix.width);
  const rows = Math.min(most(out), transposedA ? n : most(a), 65535 * TILE_WIDTH);
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
  const TILE = n >= LARGE && c >= LARGE ? LARGE_TILE_WIDTH : TILE_WIDTH;
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

export function multiply(device: WebgpuDevice, { a, b, out, n, m, c, transposedA }: Multiplication): void {
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
