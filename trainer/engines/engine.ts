import type { HistoryWeights } from '../../shared/model/model.ts';
import type { AnyRows, SparseRows } from '../math/sparse.ts';
import type { NextTarget, TrainingRows } from './history-moments.ts';

/**
 * An engine computes; models decide what. It is a fixed set of operations, each the size of one paper's formula or of one
 * BLAS call, over tensors that only the engine can look into. Orchestration (`models/`) never sees a thread, an address or
 * a buffer, so that one training runs unchanged on all engines.
 *
 * It is not a tensor library: no shapes, no broadcasting, no gradients, no operation that no model needs. Models that
 * gradients train use TensorFlow.js instead (`models/gradient/`).
 *
 *   webgpu   WGSL kernels on a GPU, float32: the fastest where there is a GPU in hardware
 *   wasm     AssemblyScript SIMD kernels on all cores, float32: needs nothing but Node, the same bytes on every machine
 *   js       plain loops in float64: the reference that the tests hold the others against; slow
 *
 * `openEngine('auto')` prefers them in this order. Operations run in the order of their calls; only `read` and those that
 * return a promise wait for them. A new operation starts in `js/` and as a case of test/trainer/engines/cases.ts.
 *
 * Shapes: R rows of one side, C rows of the other, S = `paddedWidth(K + 1)` floats of a factor row: K factors first, zeros
 * as padding, the bias in slot S − 1. All tensors are row-major.
 */
export interface Engine {
  readonly name: EngineName;
  /** What computes, for people and the manifest: "2 threads, float32", "NVIDIA H200 (vulkan)". */
  readonly device: string;

  /** A tensor of `length` zeros, or of the values given. */
  tensor(length: number, values?: ArrayLike<number>): Tensor;
  /** A sparse matrix on the device. One that is spilled is read block by block where the engine can; else `no-engine`. */
  sparse(matrix: AnyRows): Sparse;
  write(tensor: Tensor, values: ArrayLike<number>): void;
  read(tensor: Tensor): Promise<Float64Array | Float32Array>;
  free(...tensors: Tensor[]): void;
  /** Frees matrices; nothing may use them afterwards. */
  freeSparse(...matrices: Sparse[]): void;
  /** Ends threads and frees memory; nothing may use the engine afterwards. */
  close(): Promise<void>;

  /** Posteriors of one side's rows given the other side: a half sweep. */
  solveRows(args: SolveRows): void;
  /** out (R, S) = X V. */
  project(prior: ImplicitPrior, v: Tensor, out: Tensor): void;
  /** out (C + P, S) = Xᵀ T + ridge · V. */
  backproject(prior: ImplicitPrior, t: Tensor, ridge: number, v: Tensor, out: Tensor): void;
  /** out (S) = Σ_r a_r ∘ b_r: the dot product of each column. */
  columnDots(a: Tensor, b: Tensor, out: Tensor): void;
  /** y ← y + sign · (numerator / denominator) x, each column with its own quotient; 0/0 counts as 0. */
  columnStep(y: Tensor, x: Tensor, sign: 1 | -1, numerator: Tensor, denominator: Tensor): void;
  /** x ← r + (numerator / denominator) x, each column with its own quotient; 0/0 counts as 0. */
  columnRedirect(x: Tensor, r: Tensor, numerator: Tensor, denominator: Tensor): void;
  /**
   * Λ of one side: out (S, S) = (R + S) · (Σ (f − m)(f − m)ᵀ + diag Σ v + I + penalty · WᵀW)⁻¹, W the weights of the
   * implicit prior that made the prior means m.
   */
  priorPrecision(side: SideTensors, weights: Tensor, penalty: number, out: Tensor): void;
  /**
   * What τ is learned from: Σ over the entries of (value − prediction)² and the prediction's variance under each side's
   * posterior given the other's mean. The product of both variances is left out, because many idle factors would drown τ
   * in it.
   */
  expectedSquaredError(ratings: Sparse, side: SideTensors, other: SideTensors): Promise<number>;
  /** Σ over the entries of (value − prediction)² and of |value − prediction|, predictions clipped to [low, high]. */
  errors(ratings: Sparse, side: SideTensors, other: SideTensors, low: number, high: number): Promise<ErrorSums>;

  /**
   * Second moments of the relevance model's training rows (`history-moments.ts`).
   *
   * @param sequences users × M, stars, each row oldest first, a movie once at most; an entry with column −1 is only time
   *   that passes
   * @param scales of time, in each of which a row holds the whole history
   * @param targets what a row asks for, each by itself
   */
  historyMoments(
    sequences: AnyRows,
    scales: readonly HistoryWeights[],
    targets: readonly NextTarget[],
    rows: TrainingRows,
  ): Promise<HistoryMoments>;

  /** y_k ← y_k + factor · x_k, the first `count` numbers of each. */
  add(y: Tensor, factor: number, x: Tensor, count: number): void;
  /** X (n, c) ← diag(d)⁻¹ X for d (n). */
  divideRows(x: Tensor, c: number, d: Tensor): void;
  /** A (n, n) ← A + value · I. */
  addDiagonal(a: Tensor, n: number, value: number): void;
  /** Lower Cholesky factor in place, (n, n); the upper triangle stays. Rejects at a pivot that is not positive. */
  cholesky(a: Tensor, n: number): Promise<void>;
  /** B (n, c) ← L⁻¹ B, or L⁻ᵀ B, for the lower factor L (n, n). */
  triangularSolve(l: Tensor, n: number, b: Tensor, c: number, transposed: boolean): void;
  /** out (n, c) = A B for A (n, m) and B (m, c); Aᵀ B for A (m, n) where transposedA. */
  multiply(a: Tensor, b: Tensor, out: Tensor, n: number, m: number, c: number, transposedA: boolean): void;
  /** out (R, c) = A B for a sparse A (R, C), a row's columns in any order, and B (C, c), c a multiple of 8. */
  multiplySparse(a: SparseRows, b: Tensor, out: Tensor, c: number): void;
  /** out (n) = diag((L Lᵀ)⁻¹) for the lower factor L (n, n). */
  inverseDiagonal(l: Tensor, n: number, out: Tensor): void;
}

export type EngineName = 'js' | 'wasm' | 'webgpu';

/** What an engine allocates, in bytes: `train/memory.ts` adds it up. N ratings, R rows of users and movies together. */
export interface EngineMemory {
  /** Where tensors lie: on JavaScript's heap, in one WebAssembly.Memory, which never shrinks, or on a device of its own. */
  readonly place: 'heap' | 'webassembly' | 'device';
  /** A tensor's number. */
  readonly number: number;
  /** Copies of a vector that each step makes again, as many as exist at a time, garbage included. */
  readonly passing: number;
  /** The ratings, both ways round. */
  sparse(N: number, R: number): number;
  /** JavaScript's own copies of the ratings while they are handed over. */
  sparseCopies(N: number): number;
  /** Tables of the histories that `historyMoments` looks at at a time, in S scales. */
  histories(N: number, S: number): number;
  /** The same as JavaScript makes them to be uploaded. */
  uploads(N: number): number;
}

/** Numbers that only their engine can look into. */
export interface Tensor {
  readonly length: number;
}

/** A sparse matrix on the device. */
export interface Sparse {
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
}

/** One side of the factorisation. */
export interface SideTensors {
  readonly rows: number; // R
  readonly width: number; // S
  /** Posterior means. */
  readonly means: Tensor; // (R, S)
  /** Diagonals of the posterior covariances. */
  readonly variances: Tensor; // (R, S)
  /** Whole posterior covariances, where they are kept: upper triangles, packed as `covarianceLength` says. */
  readonly covariances?: Tensor; // (R, covarianceLength(S))
  /** Prior means. */
  readonly priorMeans: Tensor; // (R, S)
  readonly precision: Tensor; // (S, S) Λ
}

/**
 * Writes means_r = x and variances_r = diag A⁻¹ for each row r with entries (c, y), y = stars − μ, f_c = [g_c without its
 * bias, 1]:
 *   A = τ Σ (f_c f_cᵀ + diag v_c) + Λ,   x = A⁻¹ (τ Σ f_c (y − bias_c) + Λ m_r)
 * The other side's bias variance is not added to A.
 *
 * Where both sides keep covariances C_c, those of the factors replace diag v_c in A, and Cov(g_c, bias_c) is subtracted from
 * f_c (y − bias_c): the expectation of a product is not the product of expectations.
 *
 * Source: Lim & Teh, "Variational Bayesian approach to movie rating prediction", KDD Cup 2007.
 */
export interface SolveRows {
  readonly ratings: Sparse; // (R, C), y
  readonly side: SideTensors;
  readonly other: SideTensors;
  readonly tau: number;
}

export interface ErrorSums {
  readonly squares: number;
  readonly absolutes: number;
}

/**
 * Σ over the training rows (x, y): x = a history of M movies in S scales, y = 1/√count for each of the `count` movies that a
 * target asks for. P = S · M; movie i in scale s is row s · M + i.
 */
export interface HistoryMoments {
  readonly xx: Tensor; // (P, P) Σ x xᵀ
  readonly xy: readonly Tensor[]; // (P, M) Σ x yᵀ for each target
  readonly likes: Tensor; // (M, M) Σ over users of l lᵀ, l = liked movies
}

/**
 * The features whose regression gives one side's prior means, X (R, C + P): diag(scale) · pattern, then P dense columns
 * (constants, genres, years; P up to about 80 with MovieLens' genres). `pattern` is the side's ratings and `transposed`
 * the other side's, so that X takes little more memory.
 */
export interface ImplicitPrior {
  readonly pattern: Sparse; // (R, C), values ignored
  readonly transposed: Sparse; // (C, R), values ignored
  readonly scale: Tensor; // (R)
  readonly features: Tensor; // (R, P)
  readonly featureCount: number; // P
  readonly width: number; // S
}

/** The operands of `Engine.multiply`, as an engine's own functions take them. */
export interface Multiplication {
  readonly a: Tensor; // (n, m), or (m, n) where transposedA
  readonly b: Tensor; // (m, c)
  readonly out: Tensor; // (n, c)
  readonly n: number;
  readonly m: number;
  readonly c: number;
  readonly transposedA: boolean;
}

/** Those of `Engine.triangularSolve`. */
export interface TriangularSystem {
  readonly l: Tensor; // (n, n)
  readonly n: number;
  readonly b: Tensor; // (n, c)
  readonly c: number;
  readonly transposed: boolean;
}

/** S: floats of a row of n numbers, padded to a multiple of 8, two vectors of SIMD. */
export function paddedWidth(n: number): number {
  return Math.ceil(n / 8) * 8;
}

/** Numbers of a packed upper triangle of (S, S): by rows, row i from column i & ~3 on, so that rows start on vectors of 4. */
export function covarianceLength(S: number): number {
  return (S * (S + 4)) / 2;
}
