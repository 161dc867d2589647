import type { NormalEquations } from '../shared/posterior.ts';
import type { MovieVectors } from './movie-vectors.ts';

/** Ratings that are handed over at a time. */
const CHUNK = 128;

/** `solveNormalEquations` in WASM, in float64 as well, in the scratch area of a version's vectors. */
export function normalEquations({ kernel, places }: MovieVectors): NormalEquations {
  return ({ normal, rhs, features, weights, targets }) => {
    const D = rhs.length;
    const width = D + (D % 2);
    const step = 8 * width;
    const matrix = places.scratch;
    const solution = matrix + D * step;
    const rows = solution + step;
    const [weightsAt, targetsAt] = [rows + CHUNK * step, rows + CHUNK * (step + 8)];
    /** (n, D) side by side ↔ rows of even length. */
    const spread = (from: Float64Array, to: number) => {
      const n = from.length / D;
      const view = kernel.doubles(to, n * width);
      if (width === D) view.set(from);
      else for (let r = 0; r < n; r++) view.set(from.subarray(r * D, (r + 1) * D), r * width);
    };
    kernel.doubles(matrix, (D + 1) * width).fill(0);
    if (width > D) kernel.doubles(rows, CHUNK * width).fill(0);
    spread(normal, matrix);
    spread(rhs, solution);
    for (let j = 0; j < weights.length; j += CHUNK) {
      const n = Math.min(CHUNK, weights.length - j);
      spread(features.subarray(j * D, (j + n) * D), rows);
      kernel.doubles(weightsAt, n).set(weights.subarray(j, j + n));
      kernel.doubles(targetsAt, n).set(targets.subarray(j, j + n));
      kernel.run.accumulate(rows, step, weightsAt, targetsAt, n, D, matrix, solution);
    }
    if (!kernel.run.cholesky(matrix, step, D)) return false;
    kernel.run.solveLower(matrix, step, solution, D);
    kernel.run.solveTransposed(matrix, step, solution, D);
    const factor = kernel.doubles(matrix, D * width);
    for (let x = 0; x < D; x++) for (let y = 0; y <= x; y++) normal[x * D + y] = factor[x * width + y];
    rhs.set(kernel.doubles(solution, D));
    return true;
  };
}
