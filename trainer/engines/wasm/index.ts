import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MarqueeError } from '../../../shared/errors.ts';
import { factorSymmetric, inverseFromCholesky, notPositive } from '../../../shared/math/linalg.ts';
import { covarianceLength, type Engine, type SideTensors, type Sparse, type Tensor } from '../engine.ts';
import { denseAlgebra } from './dense.ts';
import { WasmMemory } from './memory.ts';
import { historyMoments } from './moments.ts';
import { addressOf as at, placeSparse, type WasmSparse, type WasmTensor } from './tensors.ts';
import { WasmThreads } from './threads.ts';

const KERNELS = new URL('./kernels/kernels.wasm', import.meta.url);

/** Rows that a thread takes at a time where they are solved, where they are sums of others, and where they are only added. */
const SOLVED_ROWS = 4;
const PRODUCT_ROWS = 64;
const ADDED_ROWS = 1024;

/** Parts of a sparse matrix for each thread: the last ones end together, yet each is large enough to reuse a block. */
const PARTS = 12;

/** Rows of a chunk whose sum the kernels keep: CHUNK of columns, link, scatter and losses. */
const SUMMED_ROWS = 1024;
const LOSS_ROWS = 32;

/**
 * AssemblyScript SIMD kernels over one shared memory, float32, `threads` threads in all. Every operation is done when
 * its call returns, so `solveRows` and `cholesky` themselves throw (reject) when a matrix is not positive definite.
 * The bytes of every result are the same for any number of threads.
 *
 * @example
 * const engine = await wasmEngine({ threads: 2 });
 */
export async function wasmEngine({ threads: count = availableParallelism() } = {}): Promise<Engine> {
  const memory = new WasmMemory();
  const threads = await WasmThreads.start(await compiledKernels(), memory, Math.max(1, count));

  /** Runs a kernel that leaves `width` float64 sums for each chunk; their sum over the chunks, in order. */
  function chunkSums(kernel: string, chunks: number, width: number, scratch: number, args: (sums: number) => number[]) {
    const sums = memory.allocate(chunks * width * 8);
    threads.run(kernel, { items: chunks, chunk: 1, scratch }, args(sums));
    const total = new Float64Array(width);
    addParts(memory.doubles(sums, chunks * width), total);
    memory.release(sums);
    return total;
  }

  /** out ← base + sign · (numerator / denominator) ∘ x. */
  function columnScaleAdd(out: Tensor, base: Tensor, sign: number, x: Tensor, numerator: Tensor, denominator: Tensor) {
    const S = numerator.length;
    const factors = memory.allocate(S * 4);
    const N = memory.floats(at(numerator, S), S);
    const D = memory.floats(at(denominator, S), S);
    memory.floats(factors, S).set(N.map((value, column) => (D[column] === 0 ? 0 : (sign * value) / D[column])));
    const [y, b, v] = [out, base, x].map((tensor) => at(tensor, x.length));
    threads.run('columnScaleAdd', { items: x.length / S, chunk: ADDED_ROWS }, [y, b, factors, v, S]);
    memory.release(factors);
  }

  /** Σ (f − m)(f − m)ᵀ + diag Σ v over rows of (·, S), upper triangle. */
  function scatter(f: number, m: number, v: number, rows: number, S: number): Float64Array {
    const chunks = Math.ceil(rows / SUMMED_ROWS);
    const parts = memory.allocate(chunks * S * S * 4);
    threads.run('scatter', { items: chunks, chunk: 1, scratch: 64 * S * 4 }, [f, m, v, rows, parts, S]);
    const upper = new Float64Array(S * S);
    addParts(memory.floats(parts, chunks * S * S), upper);
    memory.release(parts);
    return upper;
  }

  /** Runs a kernel over the parts of a sparse matrix. */
  function runParts(kernel: string, sparse: WasmSparse, S: number, args: readonly number[]): void {
    const { partCount, longestPart, parts, order, offsets, indices } = sparse;
    const cut = { items: partCount, chunk: 1, scratch: longestPart * (4 * S + 16) };
    threads.run(kernel, cut, [parts, order, offsets, indices, ...args, S]);
  }

  return {
    name: 'wasm',
    device: `${threads.count} thread${threads.count === 1 ? '' : 's'}, float32`,

    tensor(length, values) {
      const tensor: WasmTensor = { length, address: memory.allocateZeros(length * 4) };
      if (values) memory.floats(tensor.address, length).set(values);
      return tensor;
    },
    sparse: (matrix) => placeSparse(memory, matrix, PARTS * threads.count),
    write: (tensor, values) => {
      if (values.length > tensor.length) throw new MarqueeError('internal', `${values.length} values do not fit`);
      memory.floats(at(tensor, tensor.length), tensor.length).set(values);
    },
    async read(tensor) {
      const values = new Float32Array(memory.floats(at(tensor, tensor.length), tensor.length));
      // Lets timers, signals and progress bars have their turn between synchronous operations.
      await setImmediate();
      return values;
    },
    free(...tensors) {
      for (const tensor of tensors) {
        memory.release(at(tensor, tensor.length));
        (tensor as WasmTensor).address = 0;
      }
    },
    freeSparse(...matrices) {
      for (const { offsets, indices, values, order, parts } of matrices as WasmSparse[]) {
        for (const address of [offsets, indices, values, order, parts]) memory.release(address);
      }
    },
    close: () => threads.close(),

    solveRows({ ratings, side, other, tau }) {
      const { rows, columns, order, offsets, indices, values } = ratings as WasmSparse;
      const S = side.width;
      const padded = S + 8;
      const prior = memory.allocateZeros(S * padded * 4);
      const P = memory.floats(prior, S * padded);
      const precision = memory.floats(at(side.precision, S * S), S * S);
      for (let x = 0; x < S; x++) for (let y = 0; y < S; y++) P[x * padded + y] = precision[x * S + y] / tau;
      const own = [side.means, side.variances, side.priorMeans].map((tensor) => at(tensor, rows * S));
      const [means, variances, priorMeans] = own;
      const [g, otherVariances] = [other.means, other.variances].map((tensor) => at(tensor, columns * S));
      let covariances = 0;
      if (side.covariances && other.covariances) {
        const length = covarianceLength(S);
        covariances = at(side.covariances, rows * length);
        const others = at(other.covariances, columns * length);
        runParts('gather', ratings as WasmSparse, length, [others, columns, covariances]);
      } else {
        runParts('gather', ratings as WasmSparse, S, [otherVariances, columns, variances]);
      }
      const args = [order, offsets, indices, values, means, variances, covariances, priorMeans, prior, g, tau, S];
      const rejected = threads.run(
        'solveRows',
        { items: rows, chunk: SOLVED_ROWS, scratch: solveRowsScratch(S) },
        args,
      );
      memory.release(prior);
      if (rejected > 0) throw notPositive();
    },
    project({ pattern, scale, features, featureCount: P, width: S }, v, out) {
      const { rows, columns } = pattern;
      const [X, D] = [at(scale, rows), at(features, rows * P)];
      const [V, O] = [at(v, (columns + P) * S), at(out, rows * S)];
      runParts('project', pattern as WasmSparse, S, [X, D, P, V, columns, O]);
    },
    backproject({ pattern, transposed, scale, features, featureCount: P, width: S }, t, ridge, v, out) {
      const { rows, columns } = pattern;
      const [X, D] = [at(scale, rows), at(features, rows * P)];
      const [T, V, O] = [at(t, rows * S), at(v, (columns + P) * S), at(out, (columns + P) * S)];
      const scaled = memory.allocate(rows * S * 4);
      const chunks = Math.ceil(rows / SUMMED_ROWS);
      const sums = memory.allocate(chunks * P * S * 4);
      threads.run('scaleRows', { items: chunks, chunk: 1 }, [T, rows, X, D, P, scaled, sums, S]);
      const dense = Float64Array.from(memory.floats(V + columns * S * 4, P * S), (value) => ridge * value);
      addParts(memory.floats(sums, chunks * P * S), dense);
      runParts('gatherScaled', transposed as WasmSparse, S, [scaled, rows, ridge, V, O]);
      memory.floats(O + columns * S * 4, P * S).set(dense);
      memory.release(sums);
      memory.release(scaled);
    },
    columnDots(a, b, out) {
      const S = out.length;
      const rows = a.length / S;
      const [A, B] = [at(a, a.length), at(b, a.length)];
      const dots = chunkSums('columnDots', Math.ceil(rows / SUMMED_ROWS), S, 0, (sums) => [A, B, rows, sums, S]);
      memory.floats(at(out, S), S).set(dots);
    },
    columnStep: (y, x, sign, numerator, denominator) => columnScaleAdd(y, y, sign, x, numerator, denominator),
    columnRedirect: (x, r, numerator, denominator) => columnScaleAdd(x, r, 1, x, numerator, denominator),
    priorPrecision(side, weights, penalty, out) {
      const { rows, width: S } = side;
      const [F, M, V] = [side.means, side.priorMeans, side.variances].map((tensor) => at(tensor, rows * S));
      const zeros = memory.allocateZeros(penalty > 0 ? weights.length * 4 : 0);
      const energy =
        penalty > 0 ? scatter(at(weights, weights.length), zeros, zeros, weights.length / S, S) : undefined;
      memory.release(zeros);
      const upper = scatter(F, M, V, rows, S);
      energy?.forEach((value, k) => {
        upper[k] += penalty * value;
      });
      const sums = upper.map((_, k) => upper[(k % S) * S + Math.floor(k / S)]);
      for (let x = 0; x < S; x++) sums[x * S + x] += 1;
      factorSymmetric(sums, S);
      const precision = inverseFromCholesky(sums, S).map((value) => value * (rows + S));
      memory.floats(at(out, S * S), S * S).set(precision);
    },
    async expectedSquaredError(ratings, side, other) {
      const { tables, chunks, S } = lossArguments(ratings, side);
      const own = [side.means, side.variances].map((tensor) => at(tensor, side.rows * S));
      const others = [other.means, other.variances].map((tensor) => at(tensor, other.rows * S));
      return chunkSums('expectedSquaredError', chunks, 1, 3 * S * 4, (sums) => [
        ...tables,
        ...own,
        ...others,
        sums,
        S,
      ])[0];
    },
    async errors(ratings, side, other, low, high) {
      const { tables, chunks, S } = lossArguments(ratings, side);
      const [F, G] = [at(side.means, side.rows * S), at(other.means, other.rows * S)];
      const args = (sums: number) => [...tables, F, G, low, high, sums, S];
      const [squares, absolutes] = chunkSums('errors', chunks, 2, S * 4, args);
      return { squares, absolutes };
    },
    historyMoments: (sequences, weights, rows) => historyMoments(memory, threads, sequences, weights, rows),
    add(y, factor, x, count) {
      const [Y, X] = [y, x].map((tensor) => memory.floats(at(tensor, tensor.length), tensor.length));
      for (let k = 0; k < count; k++) Y[k] += factor * X[k];
    },
    divideRows(x, c, d) {
      const X = memory.floats(at(x, d.length * c), d.length * c);
      const D = memory.floats(at(d, d.length), d.length);
      for (let r = 0, k = 0; r < D.length; r++) for (const end = k + c; k < end; k++) X[k] /= D[r];
    },
    addDiagonal(a, n, value) {
      const A = memory.floats(at(a, n * n), n * n);
      for (let i = 0; i < n; i++) A[i * (n + 1)] += value;
    },
    multiplySparse({ rows, columns, offsets, indices, values }, b, out, c) {
      const [B, O] = [at(b, columns * c), at(out, rows * c)];
      const [starts, entries, weights] = [rows + 1, indices.length, values.length].map((n) => memory.allocate(n * 4));
      memory.integers(starts, rows + 1).set(offsets);
      memory.integers(entries, indices.length).set(indices);
      memory.floats(weights, values.length).set(values);
      threads.run('multiplySparse', { items: rows, chunk: PRODUCT_ROWS }, [starts, entries, weights, B, O, c]);
      for (const address of [starts, entries, weights]) memory.release(address);
    },
    ...denseAlgebra(memory, threads),
  };
}

/** Bytes that half-sweep.as.ts lays out: two padded matrices, a batch of rows, four rows, the batch's errors. */
function solveRowsScratch(S: number): number {
  return 4 * (2 * S * (S + 8) + 64 * S + 4 * S + 64);
}

/** total += each of the parts, in order. */
function addParts(parts: Float32Array | Float64Array, total: Float64Array): void {
  const width = total.length;
  for (let start = 0; start < parts.length; start += width) {
    for (let k = 0; k < width; k++) total[k] += parts[start + k];
  }
}

function lossArguments(ratings: Sparse, { width: S }: SideTensors) {
  const { rows, offsets, indices, values } = ratings as WasmSparse;
  return { S, chunks: Math.ceil(rows / LOSS_ROWS), tables: [rows, offsets, indices, values] };
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
