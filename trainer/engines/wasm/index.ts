import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MarqueeError } from '../../../shared/errors.ts';
import type { Engine } from '../engine.ts';
import { add, addDiagonal, columnDots, columnScaleAdd, divideRows } from './columns.ts';
import { errors, expectedSquaredError } from './losses.ts';
import { WasmMemory } from './memory.ts';
import { historyMoments } from './moments.ts';
import { multiply } from './multiply.ts';
import type { WasmSparse } from './placed-rows.ts';
import { priorPrecision } from './prior-precision.ts';
import { backproject, multiplySparse, project, solveRows } from './rows.ts';
import { placeSparse } from './sparse.ts';
import { floatsOf, newTensor, releaseTensor } from './tensors.ts';
import { WasmThreads } from './threads.ts';
import { cholesky, inverseDiagonal, triangularSolve } from './triangular.ts';

const KERNELS = new URL('./kernels/kernels.wasm', import.meta.url);

/**
 * AssemblyScript SIMD kernels over one shared memory, float32, on `threads` threads in all. An operation is done when its
 * call returns, so `solveRows` and `cholesky` themselves throw (reject) when a matrix is not positive definite. The bytes of
 * every result are the same for any number of threads.
 *
 * @example
 * const engine = await wasmEngine({ threads: 2 });
 */
export async function wasmEngine({ threads: count = availableParallelism() } = {}): Promise<Engine> {
  const memory = new WasmMemory();
  const threads = await WasmThreads.start(await compiledKernels(), memory, Math.max(1, count));
  const device = { memory, threads };
  return {
    name: 'wasm',
    device: `${threads.count} thread${threads.count === 1 ? '' : 's'}, float32`,
    tensor: (length, values) => newTensor(memory, length, values),
    sparse: (matrix) => placeSparse(device, matrix),
    write(tensor, values) {
      if (values.length > tensor.length) throw new MarqueeError('internal', `${values.length} values do not fit`);
      floatsOf(memory, tensor).set(values);
    },
    async read(tensor) {
      const values = new Float32Array(floatsOf(memory, tensor));
      await setImmediate(); // timers, signals and progress bars run between synchronous operations
      return values;
    },
    free(...tensors) {
      for (const tensor of tensors) releaseTensor(memory, tensor);
    },
    freeSparse(...matrices) {
      for (const matrix of matrices) (matrix as WasmSparse).release();
    },
    close: () => threads.close(),
    solveRows: (args) => solveRows(device, args),
    project: (prior, v, out) => project(device, prior, v, out),
    backproject: (prior, t, ridge, v, out) => backproject(device, prior, t, ridge, v, out),
    columnDots: (a, b, out) => columnDots(device, a, b, out),
    columnStep: (y, x, sign, numerator, denominator) =>
      columnScaleAdd(device, { out: y, base: y, sign, numerator, denominator, x }),
    columnRedirect: (x, r, numerator, denominator) =>
      columnScaleAdd(device, { out: x, base: r, sign: 1, numerator, denominator, x }),
    priorPrecision: (side, weights, penalty, out) => priorPrecision(device, side, weights, penalty, out),
    expectedSquaredError: async (ratings, side, other) => expectedSquaredError(device, ratings, side, other),
    errors: async (ratings, side, other, low, high) => errors(device, { ratings, side, other, low, high }),
    historyMoments: (sequences, scales, targets, rows) => historyMoments(device, sequences, scales, targets, rows),
    add: (y, factor, x, count) => add(device, y, factor, x, count),
    divideRows: (x, c, d) => divideRows(device, x, c, d),
    addDiagonal: (a, n, value) => addDiagonal(device, a, n, value),
    cholesky: (a, n) => cholesky(device, a, n),
    triangularSolve: (l, n, b, c, transposed) => triangularSolve(device, { l, n, b, c, transposed }),
    multiply: (a, b, out, n, m, c, transposedA) => multiply(device, { a, b, out, n, m, c, transposedA }),
    multiplySparse: (a, b, out, c) => multiplySparse(device, a, b, out, c),
    inverseDiagonal: (l, n, out) => inverseDiagonal(device, l, n, out),
  };
}

/** The kernels that `npm run prepare` built. */
export async function compiledKernels(file = KERNELS): Promise<WebAssembly.Module> {
  const bytes = await readFile(file).catch((cause) => {
    throw new MarqueeError('no-engine', `the wasm engine's kernels are missing: ${fileURLToPath(file)}`, {
      fix: 'Run npm run prepare.',
      cause,
    });
  });
  return WebAssembly.compile(bytes);
}
