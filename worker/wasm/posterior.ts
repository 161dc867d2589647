import type { WeightedSum } from '../../shared/math/weighted-sum.ts';
import type { NormalEquations } from '../../shared/model/posterior.ts';
import type { RatedSums } from '../../shared/model/score.ts';
import { joinedSums } from './joined-sums.ts';
import { JoinedVectors } from './joined-vectors.ts';
import type { MovieVectors } from './movie-vectors.ts';
import { GATHERED_PARTS, rowsAtATime, type VectorSource } from './vector-sources.ts';

/** The sums over rated movies that folding in needs, computed in WASM in the scratch area of a version. */
export function wasmSums(vectors: MovieVectors | JoinedVectors, rows: Int32Array): RatedSums {
  if (vectors instanceof JoinedVectors) return joinedSums(vectors, rows, (own) => wasmSums(vectors.own, own));
  const { priors, factorVariances, history, factors } = vectors.sources;
  return {
    priors: weightedSum(vectors, priors, rows),
    factorVariances: weightedSum(vectors, factorVariances, rows),
    history: weightedSum(vectors, history, rows),
    solve: normalEquations(vectors, factors, rows),
  };
}

/** `weightedSum` of shared/, to the bit. */
function weightedSum(vectors: MovieVectors, source: VectorSource, rows: Int32Array): WeightedSum {
  const { kernel } = vectors;
  const { width, parts } = source;
  const used = new Int32Array(rowsAtATime(source));
  return (weights) => {
    const weightsAt = vectors.behindGathered(width);
    const sum = weightsAt + 8 * GATHERED_PARTS;
    kernel.doubles(sum, width).fill(0);
    for (let j = 0; j < rows.length; ) {
      const w = kernel.doubles(weightsAt, GATHERED_PARTS);
      let n = 0;
      for (; j < rows.length && n < used.length; j++) {
        let counts = false;
        for (let s = 0; s < parts; s++) {
          const weight = weights[j * parts + s];
          w[n * parts + s] = weight;
          counts ||= weight !== 0;
        }
        if (counts) used[n++] = rows[j];
      }
      const at = vectors.gather(source, used.subarray(0, n));
      kernel.run.sumRows(at, n * parts, width, weightsAt, sum);
    }
    return kernel.doubles(sum, width).slice();
  };
}

/** `normalEquations` of shared/. */
function normalEquations(vectors: MovieVectors, factors: VectorSource, rows: Int32Array): NormalEquations {
  const { kernel } = vectors;
  const K = factors.width;
  return ({ normal, rhs, weights, targets }) => {
    const D = rhs.length;
    const width = 4 * Math.ceil(D / 4);
    const step = 8 * width;
    const weightsAt = vectors.behindGathered(K);
    const targetsAt = weightsAt + 8 * GATHERED_PARTS;
    const spread = targetsAt + 8 * GATHERED_PARTS;
    const matrix = spread + kernel.sizes.SPREAD * step;
    const solution = matrix + width * step;
    const square = kernel.doubles(matrix, width * width);
    if (width === D) square.set(normal);
    else {
      square.fill(0);
      for (let x = 0; x < D; x++) square.set(normal.subarray(x * D, (x + 1) * D), x * width);
      for (let x = D; x < width; x++) square[x * width + x] = 1;
    }
    kernel.doubles(solution, width).fill(0).set(rhs);
    for (let j = 0; j < rows.length; j += GATHERED_PARTS) {
      const part = rows.subarray(j, j + GATHERED_PARTS);
      const n = part.length;
      kernel.doubles(weightsAt, n).set(weights.subarray(j, j + n));
      kernel.doubles(targetsAt, n).set(targets.subarray(j, j + n));
      kernel.run.accumulate(vectors.gather(factors, part), n, K, weightsAt, targetsAt, width, matrix, solution, spread);
    }
    if (!kernel.run.cholesky(matrix, width)) return false;
    kernel.run.solve(matrix, width, solution);
    if (width === D) normal.set(square);
    else for (let x = 0; x < D; x++) normal.set(square.subarray(x * width, x * width + D), x * D);
    rhs.set(kernel.doubles(solution, D));
    return true;
  };
}
