import { MarqueeError } from '../../../shared/errors.ts';
import type { Engine, Tensor } from '../engine.ts';
import { anyAdapter } from './adapter.ts';
import { add, addRidge, columnDots, columnStep, columnTurn, divideRows } from './columns.ts';
import { factorize, inverseDiagonal, multiply, priorPrecision, triangularSolve } from './dense.ts';
import { type DeviceLimits, WebgpuDevice } from './device.ts';
import { historyMoments } from './moments.ts';
import type { FoundAdapter } from './probe.ts';
import { backproject, multiplySparse, project, solveRows, sumLosses } from './rows.ts';
import { memoryOf, placeSparse, releaseSparse, type WebgpuSparse, type WebgpuTensor } from './tensors.ts';

export interface WebgpuOptions extends DeviceLimits {
  /** The adapter to open; found by a probe by default. */
  readonly adapter?: FoundAdapter;
}

/**
 * WGSL kernels on a GPU through Dawn, float32. Operations are only queued: nothing waits but `read` and what returns a
 * promise, and these reject when a matrix since the last of them was not positive definite. Two runs on one device give
 * the same bytes.
 *
 * @example
 * const engine = await webgpuEngine();
 */
export async function webgpuEngine({ adapter, ...limits }: WebgpuOptions = {}): Promise<Engine> {
  const device = await WebgpuDevice.open(adapter ?? (await anyAdapter()), limits);

  function write(tensor: Tensor, values: ArrayLike<number>): void {
    if (values.length > tensor.length) throw new MarqueeError('internal', `${values.length} values do not fit`);
    const memory = memoryOf(tensor, tensor.length);
    if (values instanceof Float32Array) {
      device.write(memory, 0, values);
      return;
    }
    // Large arrays piece by piece: a whole copy in another type would double what they take.
    for (let from = 0; from < values.length; from += PIECE) {
      const count = Math.min(PIECE, values.length - from);
      const piece = new Float32Array(count);
      for (let k = 0; k < count; k++) piece[k] = values[from + k];
      device.write(memory, from * 4, piece);
    }
  }

  function newTensor(length: number, values?: ArrayLike<number>): WebgpuTensor {
    const tensor: WebgpuTensor = { length, memory: device.allocateZeros(length * 4) };
    if (values) write(tensor, values);
    return tensor;
  }

  return {
    name: 'webgpu',
    device: device.name,
    tensor: newTensor,
    sparse: (matrix) => placeSparse(device, matrix),
    write,
    read: async (tensor) => device.read(memoryOf(tensor, tensor.length), tensor.length),
    free(...tensors) {
      for (const tensor of tensors) {
        device.release(memoryOf(tensor, tensor.length));
        (tensor as WebgpuTensor).memory = undefined;
      }
    },
    freeSparse(...matrices) {
      for (const matrix of matrices) releaseSparse(device, matrix as WebgpuSparse);
    },
    close: () => device.close(),
    solveRows: (args) => solveRows(device, args),
    project: (link, v, out) => project(device, link, v, out),
    backproject: (link, t, ridge, v, out) => backproject(device, link, t, ridge, v, out),
    columnDots: (a, b, out) => columnDots(device, a, b, out),
    columnStep: (y, x, sign, numerator, denominator) => columnStep(device, y, x, sign, numerator, denominator),
    columnRedirect: (x, r, numerator, denominator) => columnTurn(device, x, r, numerator, denominator),
    priorPrecision: (side, weights, penalty, out) => priorPrecision(device, side, weights, penalty, out),
    expectedSquaredError: async (ratings, side, other) => sumLosses(device, ratings, side, other, 'EXPECTED'),
    errors: async (ratings, side, other, ...bounds) => ({
      squares: await sumLosses(device, ratings, side, other, 'SQUARES', bounds),
      absolutes: await sumLosses(device, ratings, side, other, 'ABSOLUTES', bounds),
    }),
    historyMoments: (sequences, weights, rows) => historyMoments(device, sequences, weights, rows),
    add: (y, factor, x, count) => add(device, y, factor, x, count),
    divideRows: (x, c, d) => divideRows(device, x, c, d),
    addDiagonal: (a, n, value) => addRidge(device, a, n, value),
    async cholesky(a, n) {
      factorize(device, memoryOf(a, n * n), n);
      await device.read(device.status, 0);
    },
    triangularSolve: (l, n, b, c, transposed) => triangularSolve(device, l, n, b, c, transposed),
    multiply: (a, b, out, n, m, c, transposedA) => multiply(device, [a, b, out], [n, m, c], transposedA),
    multiplySparse: (a, b, out, c) => multiplySparse(device, a, b, out, c),
    inverseDiagonal: (l, n, out) => inverseDiagonal(device, l, n, out),
  };
}

/** Values that are converted at a time. */
const PIECE = 1 << 22;
