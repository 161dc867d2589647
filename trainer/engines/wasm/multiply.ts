import type { Multiplication } from '../engine.ts';
import type { WasmDevice } from './device.ts';
import { addressOf as at } from './tensors.ts';

/** Floats of B that are packed at once. */
const PACKED = 6 << 20;

/** A row-major matrix in memory: element (i, j) at address + 4 (i · width + j). */
export interface Matrix {
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

export const corner = ({ address, width }: Matrix, row: number, column: number): Matrix => {
  return { address: address + 4 * (row * width + column), width };
};

/** Packs B (m, c), or Bᵀ for B (c, m), into panels for `work`. */
export function withPanels(
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

export function multiplyPanels({ threads }: WasmDevice, product: PanelProduct): void {
  const { a, transposedA = false, n, m, panels, out, c, subtract = false, lower = false } = product;
  const left = [a.address, a.width * 4, Number(transposedA), n, m, panels];
  const right = [out.address, out.width * 4, c, Number(subtract), Number(lower)];
  const items = Math.ceil(n / threads.size('BLOCK'));
  threads.run('multiplyPanels', { items, chunk: 1, scratch: threads.scratchFor('multiplyPanels') }, [
    ...left,
    ...right,
  ]);
}

export function multiplyMatrices(device: WasmDevice, { b, out, m, c, ...product }: Product): void {
  const slice = Math.max(8, Math.floor(PACKED / m) & ~7);
  for (let first = 0; first < c; first += slice) {
    const columns = Math.min(slice, c - first);
    withPanels(device, { b: corner(b, 0, first), m, c: columns }, (panels) => {
      multiplyPanels(device, { ...product, panels, out: corner(out, 0, first), m, c: columns });
    });
  }
}

export function multiply(device: WasmDevice, { a, b, out, n, m, c, transposedA }: Multiplication): void {
  const A = { address: at(a, n * m), width: transposedA ? n : m };
  const B = { address: at(b, m * c), width: c };
  multiplyMatrices(device, { a: A, transposedA, b: B, out: { address: at(out, n * c), width: c }, n, m, c });
}
