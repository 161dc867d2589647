import type { Engine, EngineMemory } from './engine.ts';
import { heldRows } from './held-rows.ts';
import { historyMoments } from './history-moments.ts';
import { add, addDiagonal, columnDots, columnRedirect, columnStep, divideRows } from './js/columns.ts';
import { errors, expectedSquaredError } from './js/losses.ts';
import { multiply } from './js/multiply.ts';
import { priorPrecision } from './js/prior-precision.ts';
import { backproject, multiplySparse, project, solveRows } from './js/rows.ts';
import { data, type JsSparse, type JsTensor } from './js/tensors.ts';
import { cholesky, inverseDiagonal, triangularSolve } from './js/triangular.ts';

/** Sparse matrices are the caller's own; only their centred values are new. */
export const JS_MEMORY: EngineMemory = {
  place: 'heap',
  number: Float64Array.BYTES_PER_ELEMENT,
  passing: 2,
  sparse: (N) => 2 * N * Float32Array.BYTES_PER_ELEMENT,
  sparseCopies: () => 0,
  histories: () => 0,
  uploads: () => 0,
};

/** The reference: plain loops in float64, against which the tests hold every other engine. */
export function jsEngine(): Engine {
  return {
    name: 'js',
    device: '1 thread, float64',
    tensor: (length, values) => {
      const tensor: JsTensor = { length, data: new Float64Array(length) };
      if (values) tensor.data.set(values);
      return tensor;
    },
    sparse: (given) => {
      const matrix = heldRows(given, 'js');
      const { rows, columns } = matrix;
      const sparse: JsSparse = { rows, columns, entries: matrix.indices.length, matrix };
      return sparse;
    },
    write: (tensor, values) => data(tensor).set(values),
    read: async (tensor) => data(tensor).slice(),
    free: () => {},
    freeSparse: () => {},
    close: async () => {},
    solveRows,
    project,
    backproject,
    columnDots,
    columnStep,
    columnRedirect,
    priorPrecision,
    expectedSquaredError,
    errors,
    historyMoments: async (sequences, scales, targets, rows) => {
      const { xx, xy, likes } = historyMoments(heldRows(sequences, 'js'), scales, targets, rows);
      const tensor = (values: Float64Array): JsTensor => ({ length: values.length, data: values });
      return { xx: tensor(xx), xy: xy.map(tensor), likes: tensor(likes) };
    },
    add,
    divideRows,
    addDiagonal,
    cholesky,
    triangularSolve,
    multiply,
    multiplySparse,
    inverseDiagonal,
  };
}
