import type { Tensor } from '../engine.ts';
import { chunkSums, type WasmDevice } from './device.ts';
import { addressOf as at } from './tensors.ts';

/** Rows that a thread takes at a time. */
const ADDED_ROWS = 1024;

export function columnDots(device: WasmDevice, a: Tensor, b: Tensor, out: Tensor): void {
  const S = out.length;
  const rows = a.length / S;
  const chunks = Math.ceil(rows / device.threads.size('SUMMED_ROWS'));
  const [A, B] = [at(a, a.length), at(b, a.length)];
  const dots = chunkSums(device, { kernel: 'columnDots', chunks, width: S, args: (sums) => [A, B, rows, sums, S] });
  device.memory.floats(at(out, S), S).set(dots);
}

interface ScaleAdd {
  readonly out: Tensor; // (rows, S)
  readonly base: Tensor; // (rows, S)
  readonly sign: number;
  readonly numerator: Tensor; // (S)
  readonly denominator: Tensor; // (S)
  readonly x: Tensor; // (rows, S)
}

/** out ← base + sign · (numerator / denominator) ∘ x; a quotient 0/0 counts as 0. */
export function columnScaleAdd({ memory, threads }: WasmDevice, args: ScaleAdd): void {
  const { out, base, sign, numerator, denominator, x } = args;
  const S = numerator.length;
  const factors = memory.allocate(S * 4);
  const N = memory.floats(at(numerator, S), S);
  const D = memory.floats(at(denominator, S), S);
  memory.floats(factors, S).set(N.map((value, column) => (D[column] === 0 ? 0 : (sign * value) / D[column])));
  const [O, B, X] = [out, base, x].map((tensor) => at(tensor, x.length));
  threads.run('columnScaleAdd', { items: x.length / S, chunk: ADDED_ROWS }, [O, B, factors, X, S]);
  memory.release(factors);
}

export function add({ memory }: WasmDevice, y: Tensor, factor: number, x: Tensor, count: number): void {
  const [Y, X] = [y, x].map((tensor) => memory.floats(at(tensor, tensor.length), tensor.length));
  for (let k = 0; k < count; k++) Y[k] += factor * X[k];
}

export function divideRows({ memory }: WasmDevice, x: Tensor, c: number, d: Tensor): void {
  const X = memory.floats(at(x, d.length * c), d.length * c);
  const D = memory.floats(at(d, d.length), d.length);
  let k = 0;
  for (let r = 0; r < D.length; r++) {
    for (const end = k + c; k < end; k++) X[k] /= D[r];
  }
}

export function addDiagonal({ memory }: WasmDevice, a: Tensor, n: number, value: number): void {
  const A = memory.floats(at(a, n * n), n * n);
  for (let i = 0; i < n; i++) A[i * (n + 1)] += value;
}
