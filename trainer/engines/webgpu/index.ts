import type { Engine } from '../engine.ts';
import { heldRows } from '../held-rows.ts';
import { anyAdapter } from './adapter.ts';
import { add, addRidge, columnDots, columnRedirect, columnStep, divideRows } from './columns.ts';
import type { DeviceLimits } from './device.ts';
import { sumLosses } from './losses.ts';
import { historyMoments } from './moments.ts';
import { multiply } from './multiply.ts';
import { openDevice } from './open-device.ts';
import { priorPrecision } from './prior-precision.ts';
import type { FoundAdapter } from './probe.ts';
import { backproject, multiplySparse, project, solveRows } from './rows.ts';
import { memoryOf, newTensor, placeSparse, releaseSparse, releaseTensor, writeTensor } from './tensors.ts';
import { factor, inverseDiagonal, triangularSolve } from './triangular.ts';

export interface WebgpuOptions extends DeviceLimits {
  /** The adapter to open; by default what a probe finds. */
  readonly adapter?: FoundAdapter;
}

/**
 * WGSL kernels on a GPU through Dawn, float32. Operations are only queued. `read` and those that return a promise wait, and
 * reject when a matrix since the last of them was not positive definite. Two runs on one device give the same bytes.
 *
 * @example
 * const engine = await webgpuEngine();
 */
export async function webgpuEngine({ adapter, ...limits }: WebgpuOptions = {}): Promise<Engine> {
  const device = await openDevice(adapter ?? (await anyAdapter()), limits);

  return {
    name: 'webgpu',
    device: device.name,
    tensor: (length, values) => newTensor(device, length, values),
    sparse: (matrix) => placeSparse(device, heldRows(matrix, 'webgpu')),
    write: (tensor, values) => writeTensor(device, tensor, values),
    read: async (tensor) => device.read(memoryOf(tensor, tensor.length), tensor.length),
    free(...tensors) {
      for (const tensor of tensors) releaseTensor(device, tensor);
    },
    freeSparse(...matrices) {
      for (const matrix of matrices) releaseSparse(device, matrix);
    },
    close: () => device.close(),
    solveRows: (args) => solveRows(device, args),
    project: (prior, v, out) => project(device, prior, v, out),
    backproject: (prior, t, ridge, v, out) => backproject(device, prior, t, ridge, v, out),
    columnDots: (a, b, out) => columnDots(device, a, b, out),
    columnStep: (y, x, sign, numerator, denominator) => columnStep(device, y, x, sign, numerator, denominator),
    columnRedirect: (x, r, numerator, denominator) => columnRedirect(device, x, r, numerator, denominator),
    priorPrecision: (side, weights, penalty, out) => priorPrecision(device, side, weights, penalty, out),
    expectedSquaredError: async (ratings, side, other) => sumLosses(device, ratings, side, other, 'EXPECTED'),
    errors: async (ratings, side, other, ...bounds) => ({
      squares: await sumLosses(device, ratings, side, other, 'SQUARES', bounds),
      absolutes: await sumLosses(device, ratings, side, other, 'ABSOLUTES', bounds),
    }),
    historyMoments: (sequences, scales, targets, rows) =>
      historyMoments(device, heldRows(sequences, 'webgpu'), scales, targets, rows),
    add: (y, factor, x, count) => add(device, y, factor, x, count),
    divideRows: (x, c, d) => divideRows(device, x, c, d),
    addDiagonal: (a, n, value) => addRidge(device, a, n, value),
    async cholesky(a, n) {
      factor(device, memoryOf(a, n * n), n);
      await device.read(device.status, 0);
    },
    triangularSolve: (l, n, b, c, transposed) => triangularSolve(device, { l, n, b, c, transposed }),
    multiply: (a, b, out, n, m, c, transposedA) => multiply(device, { a, b, out, n, m, c, transposedA }),
    multiplySparse: (a, b, out, c) => multiplySparse(device, a, b, out, c),
    inverseDiagonal: (l, n, out) => inverseDiagonal(device, l, n, out),
  };
}
