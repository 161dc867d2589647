import type { Engine, Tensor } from '../../../../trainer/engines/engine.ts';
import type { SparseRows } from '../../../../trainer/math/sparse.ts';
import { mulberry } from '../../../fixtures/random.ts';

/** What a case is given. */
export interface Given {
  /** Open while cases run. */
  readonly engine: Engine;
  /** Largest error of a value, relative to itself or to the root mean square of all values, whichever is larger. */
  readonly tolerance: number;
  readonly tensor: (data: ArrayLike<number>) => Tensor;
}

/** Of rows. */
export const WIDTHS = [8, 16, 24, 64, 128];

/** Prime, and more than the longest row has. */
export const COLUMNS = 5003;
export const ROW_LENGTHS = [0, 1, 31, 32, 33, 5000, 2, 64, 65, 128, 3];

const references = new Map<string, unknown>();

/** A naive result, which is computed once for all engines. */
export function reference<T>(name: string, compute: () => T): T {
  if (!references.has(name)) references.set(name, compute());
  return references.get(name) as T;
}

/** Seeded test data. */
export function seededData(seed: number) {
  const uniform = mulberry(seed);
  const values = (n: number, low: number, high: number) => {
    const drawn = new Float32Array(n);
    for (let k = 0; k < n; k++) drawn[k] = low + (high - low) * uniform();
    return drawn;
  };
  return {
    values,
    /** Rows of distinct columns in no order; `columns` is prime, so that any stride visits all of them. */
    sparse(lengths: readonly number[], columns: number): SparseRows {
      const offsets = Int32Array.from([0, ...lengths]);
      for (let r = 0; r < lengths.length; r++) offsets[r + 1] += offsets[r];
      const indices = new Int32Array(offsets[lengths.length]);
      for (let r = 0; r < lengths.length; r++) {
        const [start, stride] = [Math.floor(uniform() * columns), 1 + Math.floor(uniform() * (columns - 1))];
        for (let k = 0; k < lengths[r]; k++) indices[offsets[r] + k] = (start + k * stride) % columns;
      }
      return { rows: lengths.length, columns, offsets, indices, values: values(indices.length, -2, 2) };
    },
    /** Symmetric, diagonally dominant: condition about 3. */
    positive(n: number): Float32Array {
      const a = values(n * n, -0.5 / n, 0.5 / n);
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] += i === j ? 1 : 0;
      return a;
    },
  };
}

/** One side's tensors beside the numbers in them. */
export function makeSide(engine: Engine, rows: number, width: number, seed: number) {
  const numbers = reference(`side ${rows} ${width} ${seed}`, () => {
    const { values, positive } = seededData(seed);
    return {
      means: values(rows * width, -0.4, 0.4),
      variances: values(rows * width, 0, 0.02),
      priorMeans: values(rows * width, -0.5, 0.5),
      precision: positive(width).map((value) => 10 * value),
    };
  });
  const tensor = (data: Float32Array) => engine.tensor(data.length, data);
  const tensors = {
    rows,
    width,
    means: tensor(numbers.means),
    variances: tensor(numbers.variances),
    priorMeans: tensor(numbers.priorMeans),
    precision: tensor(numbers.precision),
  };
  return { tensors, numbers };
}
