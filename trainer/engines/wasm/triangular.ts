import { setImmediate } from 'node:timers/promises';
import { notPositive } from '../../../shared/math/linalg.ts';
import type { Tensor, TriangularSystem } from '../engine.ts';
import type { WasmDevice } from './device.ts';
import { corner, type Matrix, multiplyMatrices, multiplyPanels, withPanels } from './multiply.ts';
import { addressOf as at } from './tensors.ts';

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
