import type { Tensor } from '../engine.ts';
import type { Binding, Memory } from './buffers.ts';
import { gridOf, type WebgpuDevice } from './device.ts';
import { memoryOf, panelsOf, range, rowRange, rowsOfBinding } from './tensors.ts';

/** Partial sums, each as wide as the whole, one after the other. */
export interface PartialSums {
  readonly memory: Memory;
  readonly count: number;
}

const THREADS = 256;
const STRIP = 32;
/** Most chunks of rows that are summed separately, and the fewest rows of one. */
const CHUNKS = 512;
const SHORTEST_CHUNK = 64;

interface Elementwise {
  readonly entry: 'step' | 'redirect' | 'difference' | 'scaled' | 'scaleSelf' | 'plus';
  readonly rows: number;
  readonly width: number;
  readonly factor?: number;
  readonly out: Memory; // (rows, width)
  readonly a?: Memory; // (rows, width)
  readonly b?: Memory; // (rows, width)
  readonly quotient?: readonly [numerator: Memory, denominator: Memory]; // (width) each
}

function elementwise(device: WebgpuDevice, { entry, rows, width, factor = 0, out, a, b, quotient }: Elementwise): void {
  const columns = quotient?.map((memory) => range(device, memory, 0, width).binding) ?? [device.unused, device.unused];
  for (const [from, to] of panelsOf(rows, rowsOfBinding(device, width))) {
    const part = (memory?: Memory) => (memory ? rowRange(device, memory, width, from, to - from) : device.unused);
    const count = (to - from) * width;
    device.run({
      file: 'columns',
      entry,
      constants: { WIDTH: width, PLAIN: false },
      integers: [count, 0, 0, 0],
      floats: [factor],
      bindings: [part(out), part(a), part(b), ...columns],
      grid: gridOf(Math.ceil(count / THREADS)),
    });
  }
}

export function columnStep(device: WebgpuDevice, y: Tensor, x: Tensor, sign: number, n: Tensor, d: Tensor): void {
  const width = n.length;
  const [out, a] = [memoryOf(y, x.length), memoryOf(x, x.length)];
  const quotient = [memoryOf(n, width), memoryOf(d, width)] as const;
  elementwise(device, { entry: 'step', rows: x.length / width, width, factor: sign, out, a, quotient });
}

export function columnRedirect(device: WebgpuDevice, x: Tensor, r: Tensor, n: Tensor, d: Tensor): void {
  const width = n.length;
  const [out, a] = [memoryOf(x, x.length), memoryOf(r, x.length)];
  const quotient = [memoryOf(n, width), memoryOf(d, width)] as const;
  elementwise(device, { entry: 'redirect', rows: x.length / width, width, out, a, quotient });
}

/** out ← a − b. */
export function subtract(device: WebgpuDevice, out: Memory, a: Memory, b: Memory, rows: number, width: number): void {
  elementwise(device, { entry: 'difference', rows, width, out, a, b });
}

/** y ← y + factor · x, the first `count` numbers. */
export function add(device: WebgpuDevice, y: Tensor, factor: number, x: Tensor, count: number): void {
  const [out, a] = [y, x].map((tensor) => memoryOf(tensor, Math.max(count, tensor.length)));
  elementwise(device, { entry: 'plus', rows: count, width: 1, factor, out, a });
}

/** X (rows, c) ← diag(d)⁻¹ X. */
export function divideRows(device: WebgpuDevice, x: Tensor, c: number, d: Tensor): void {
  const rows = d.length;
  const [X, D] = [memoryOf(x, rows * c), memoryOf(d, rows)];
  for (const [from, to] of panelsOf(rows, rowsOfBinding(device, c))) {
    device.run({
      file: 'columns',
      entry: 'divide',
      constants: { WIDTH: c, PLAIN: false },
      integers: [(to - from) * c, 0, 0, 0],
      bindings: [
        rowRange(device, X, c, from, to - from),
        rowRange(device, D, 1, from, to - from),
        ...unusedThree(device),
      ],
      grid: gridOf(Math.ceil(((to - from) * c) / THREADS)),
    });
  }
}

/** out ← factor · a, which may be out itself. */
export function scale(device: WebgpuDevice, out: Memory, a: Memory, factor: number, rows: number, width: number): void {
  if (a === out) elementwise(device, { entry: 'scaleSelf', rows, width, factor, out });
  else elementwise(device, { entry: 'scaled', rows, width, factor, out, a });
}

export function columnDots(device: WebgpuDevice, a: Tensor, b: Tensor, out: Tensor): void {
  const width = out.length;
  const parts = dots(device, memoryOf(a, a.length), memoryOf(b, a.length), a.length / width, width);
  addParts(device, parts, width, { memory: memoryOf(out, width), first: 0 }, 0);
  device.release(parts.memory);
}

/** Partial sums of Σ_r a_r ∘ b_r, or of Σ_r a_r. */
export function dots(device: WebgpuDevice, a: Memory, b: Memory | undefined, rows: number, width: number): PartialSums {
  const panels = panelsOf(rows, rowsOfBinding(device, width));
  const perChunk = Math.max(SHORTEST_CHUNK, Math.ceil(rows / CHUNKS));
  const chunksOf = ([from, to]: [number, number]) => Math.max(1, Math.ceil((to - from) / perChunk));
  const count = panels.reduce((sum, panel) => sum + chunksOf(panel), 0);
  const memory = device.allocate(count * width * 4);
  const out = range(device, memory, 0, count * width).binding;
  let firstChunk = 0;
  for (const panel of panels) {
    const [from, to] = panel;
    const bound = [a, b ?? a].map((part) => rowRange(device, part, width, from, to - from));
    device.run({
      file: 'columns',
      entry: 'dots',
      constants: { WIDTH: width, PLAIN: b === undefined },
      integers: [to - from, perChunk, firstChunk, 0],
      bindings: [out, ...bound, device.unused, device.unused],
      grid: [chunksOf(panel), Math.ceil(width / STRIP)],
    });
    firstChunk += chunksOf(panel);
  }
  return { memory, count };
}

/** `width` floats of out ← factor · out + Σ parts. */
export function addParts(
  device: WebgpuDevice,
  { memory, count }: PartialSums,
  width: number,
  out: { memory: Memory; first: number },
  factor: number,
): void {
  const { binding, first } = range(device, out.memory, out.first, width);
  device.run({
    file: 'columns',
    entry: 'sums',
    constants: { WIDTH: width, PLAIN: false },
    integers: [count, 0, 0, first],
    floats: [factor],
    bindings: [binding, range(device, memory, 0, count * width).binding, ...unusedThree(device)],
    grid: [Math.ceil(width / STRIP)],
  });
}

/** matrix (width, width) += diag(values) + factor · I. */
export function addDiagonal(device: WebgpuDevice, matrix: Memory, values: Memory, factor: number, width: number): void {
  const [out, a] = [range(device, matrix, 0, width * width).binding, range(device, values, 0, width).binding];
  device.run({
    file: 'columns',
    entry: 'diagonal',
    constants: { WIDTH: width, PLAIN: false },
    integers: [width, 0, 0, 0],
    floats: [factor],
    bindings: [out, a, ...unusedThree(device)],
    grid: [1],
  });
}

/** `Engine.addDiagonal`: matrix (n, n) += value · I, of any size. */
export function addRidge(device: WebgpuDevice, matrix: Tensor, n: number, value: number): void {
  const memory = memoryOf(matrix, n * n);
  for (const [from, to] of panelsOf(n, rowsOfBinding(device, n))) {
    device.run({
      file: 'columns',
      entry: 'ridge',
      constants: { WIDTH: 1, PLAIN: false },
      integers: [to - from, n + 1, 0, from],
      floats: [value],
      bindings: [rowRange(device, memory, n, from, to - from), device.unused, ...unusedThree(device)],
      grid: gridOf(Math.ceil((to - from) / THREADS)),
    });
  }
}

const unusedThree = ({ unused }: WebgpuDevice): Binding[] => [unused, unused, unused];
