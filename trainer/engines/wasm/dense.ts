import { setImmediate } from 'node:timers/promises';
import { notPositive } from '../../../shared/math/linalg.ts';
import type { Engine } from '../engine.ts';
import type { WasmMemory } from './memory.ts';
import { addressOf as at } from './tensors.ts';
import type { WasmThreads } from './threads.ts';

type DenseAlgebra = Pick<Engine, 'cholesky' | 'triangularSolve' | 'multiply' | 'inverseDiagonal'>;

/** Of multiply.as.ts and triangular.as.ts. */
const BLOCK = 64;
const DEPTH = 128;
const WIDTH = 128;
const PRODUCT_SCRATCH = 4 * (BLOCK * DEPTH + 32);
const BLOCK_SCRATCH = 4 * (2 * BLOCK * (BLOCK + 8) + 4 * BLOCK);

/** Floats of B that are packed at once. */
const PACKED = 6 << 20;

/** A row-major matrix in memory: element (i, j) at address + 4 (i · width + j). */
interface Matrix {
  readonly address: number;
  readonly width: number;
}

const corner = ({ address, width }: Matrix, row: number, column: number): Matrix => {
  return { address: address + 4 * (row * width + column), width };
};

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

/** Blocked dense algebra, all of it register-tiled products but for the diagonal blocks. */
export function denseAlgebra(memory: WasmMemory, threads: WasmThreads): DenseAlgebra {
  /** Packs B (m, c), or Bᵀ (c, m), into panels of 8 columns, for `work`. */
  function withPanels(b: Matrix, transposedB: boolean, m: number, c: number, work: (panels: number) => void): void {
    const count = Math.ceil(c / 8);
    const panels = memory.allocate(count * m * 32);
    threads.run('packPanels', { items: count, chunk: 8 }, [b.address, b.width * 4, Number(transposedB), m, c, panels]);
    work(panels);
    memory.release(panels);
  }

  function product({ a, transposedA, b, out, n, m, c, subtract }: Product): void {
    const slice = Math.max(8, Math.floor(PACKED / m) & ~7);
    for (let first = 0; first < c; first += slice) {
      const columns = Math.min(slice, c - first);
      withPanels(corner(b, 0, first), false, m, columns, (panels) => {
        runProduct(a, transposedA ?? false, n, m, panels, corner(out, 0, first), columns, subtract ?? false, false);
      });
    }
  }

  function runProduct(
    a: Matrix,
    transposedA: boolean,
    n: number,
    m: number,
    panels: number,
    out: Matrix,
    c: number,
    subtract: boolean,
    lower: boolean,
  ): void {
    const left = [a.address, a.width * 4, Number(transposedA), n, m, panels];
    const right = [out.address, out.width * 4, c, Number(subtract), Number(lower)];
    const cut = { items: Math.ceil(n / BLOCK), chunk: 1, scratch: PRODUCT_SCRATCH };
    threads.run('multiplyPanels', cut, [...left, ...right]);
  }

  /** Inverses of L's diagonal blocks in panels, for `work`. */
  function withBlocks(l: number, n: number, transposed: boolean, work: (blocks: number) => void): void {
    const count = Math.ceil(n / BLOCK);
    const blocks = memory.allocate(count * BLOCK * BLOCK * 4);
    threads.run('invertBlocks', { items: count, chunk: 1, scratch: BLOCK_SCRATCH }, [l, n, Number(transposed), blocks]);
    work(blocks);
    memory.release(blocks);
  }

  return {
    /**
     * Right-looking, by blocks of 64 columns: factor the diagonal block, solve the panel below it, take the panel's
     * outer product from the trailing triangle. Waits a turn of the event loop between blocks, so that a long
     * factorisation can be interrupted.
     */
    async cholesky(a, n) {
      const A = { address: at(a, n * n), width: n };
      const inverse = memory.allocate(BLOCK * BLOCK * 4);
      try {
        for (let k = 0; k < n; k += BLOCK) {
          const block = corner(A, k, k);
          const args = [block.address, n * 4, Math.min(BLOCK, n - k), inverse];
          if (threads.run('factorBlock', { items: 1, chunk: 1, scratch: BLOCK_SCRATCH }, args) > 0) throw notPositive();
          const rest = n - k - BLOCK;
          if (rest <= 0) break;
          const panel = corner(A, k + BLOCK, k);
          runProduct(panel, false, rest, BLOCK, inverse, panel, BLOCK, false, false);
          withPanels(panel, true, BLOCK, rest, (panels) => {
            runProduct(panel, false, rest, BLOCK, panels, corner(A, k + BLOCK, k + BLOCK), rest, true, true);
          });
          await setImmediate();
        }
      } finally {
        memory.release(inverse);
      }
    },
    triangularSolve(l, n, b, c, transposed) {
      const L = { address: at(l, n * n), width: n };
      const B = { address: at(b, n * c), width: c };
      withBlocks(L.address, n, transposed, (blocks) => {
        /** Rows [low, high), whose own equations are all that is left: halves, so that products are deep. */
        const solve = (low: number, high: number): void => {
          if (high - low <= BLOCK) {
            const inverse = blocks + low * BLOCK * 4;
            const cut = { items: Math.ceil(c / 8), chunk: 8, scratch: 4 * (8 * BLOCK + 32) };
            threads.run('multiplyInPlace', cut, [inverse, corner(B, low, 0).address, c * 4, high - low, c]);
            return;
          }
          const middle = low + Math.ceil((high - low) / BLOCK / 2) * BLOCK;
          const below = corner(L, middle, low);
          const [top, bottom] = [corner(B, low, 0), corner(B, middle, 0)];
          const [n1, n2] = [middle - low, high - middle];
          if (transposed) {
            solve(middle, high);
            product({ a: below, transposedA: true, b: bottom, out: top, n: n1, m: n2, c, subtract: true });
            solve(low, middle);
          } else {
            solve(low, middle);
            product({ a: below, b: top, out: bottom, n: n2, m: n1, c, subtract: true });
            solve(middle, high);
          }
        };
        if (n > 0 && c > 0) solve(0, n);
      });
    },
    multiply(a, b, out, n, m, c, transposedA) {
      const A = { address: at(a, n * m), width: transposedA ? n : m };
      const B = { address: at(b, m * c), width: c };
      product({ a: A, transposedA, b: B, out: { address: at(out, n * c), width: c }, n, m, c });
    },
    inverseDiagonal(l, n, out) {
      const L = at(l, n * n);
      const rows = Math.ceil(n / BLOCK) * BLOCK;
      const scratch = 4 * (BLOCK * DEPTH + WIDTH * BLOCK + WIDTH * rows);
      withBlocks(L, n, false, (blocks) => {
        const cut = { items: Math.ceil(n / WIDTH), chunk: 1, scratch };
        threads.run('inverseDiagonal', cut, [L, n, blocks, at(out, n)]);
      });
    },
  };
}
