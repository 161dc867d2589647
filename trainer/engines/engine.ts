import type { HistoryWeights } from '../../shared/model/model.ts';
import type { SparseRows } from '../math/sparse.ts';
import type { NextWatchRows } from './history-moments.ts';

/**
 * The seam between what is learned and what computes it. Orchestration (`factorization.ts`, `relevance.ts`) sees
 * opaque tensors and the operations below; operations are queued in order, and only `read` and the ones that return a
 * promise wait for them. All tensors are row-major float32 unless an engine is wider (`js` keeps float64).
 *
 * Shapes: R rows of one side, C rows of the other, S width of a factor row: a multiple of 8, factors first, zeros as
 * padding, the bias in slot S − 1.
 */
export interface Engine {
  readonly name: EngineName;
  /** What computes, for people and the manifest: "2 threads", "NVIDIA H200 (vulkan)". */
  readonly device: string;

  /** A tensor of `length` zeros, or of the values given. */
  tensor(length: number, values?: ArrayLike<number>): Tensor;
  /** A sparse matrix on the device. */
  sparse(matrix: SparseRows): Sparse;
  write(tensor: Tensor, values: ArrayLike<number>): void;
  read(tensor: Tensor): Promise<Float64Array | Float32Array>;
  free(...tensors: Tensor[]): void;
  /** Gives matrices back; nothing may use them after it. */
  freeSparse(...matrices: Sparse[]): void;
  /** Ends threads and gives memory back; the engine is not used after it. */
  close(): Promise<void>;

  /** Rows of one side given the other: the half sweep. */
  solveRows(args: SolveRows): void;
  /** out (R, S) = X V. */
  project(link: ImplicitPrior, v: Tensor, out: Tensor): void;
  /** out (C + P, S) = Xᵀ T + ridge · V. */
  backproject(link: ImplicitPrior, t: Tensor, ridge: number, v: Tensor, out: Tensor): void;
  /** out (S) = Σ_r a_r ∘ b_r: the dot product of each column. */
  columnDots(a: Tensor, b: Tensor, out: Tensor): void;
  /** y ← y + sign · (numerator / denominator) x, each column with its own quotient; 0/0 counts as 0. */
  columnStep(y: Tensor, x: Tensor, sign: 1 | -1, numerator: Tensor, denominator: Tensor): void;
  /** x ← r + (numerator / denominator) x, each column with its own quotient; 0/0 counts as 0. */
  columnRedirect(x: Tensor, r: Tensor, numerator: Tensor, denominator: Tensor): void;
  /**
   * out (S, S) = (R + S) · (Σ (f − m)(f − m)ᵀ + diag Σ v + I + penalty · WᵀW)⁻¹: Λ of one side, W the weights of the link
   * that made m.
   */
  priorPrecision(side: SideTensors, weights: Tensor, penalty: number, out: Tensor): void;
  /**
   * Σ over the entries of (value − prediction)² and the prediction's variance under each side's posterior given the other's
   * mean: what τ is learned from. The product of both uncertainties is left out: many idle factors would drown τ in it.
   */
  expectedSquaredError(ratings: Sparse, side: SideTensors, other: SideTensors): Promise<number>;
  /** Σ over the entries of (value − prediction)² and of |value − prediction|, predictions clipped to [low, high]. */
  errors(ratings: Sparse, side: SideTensors, other: SideTensors, low: number, high: number): Promise<ErrorSums>;

  /**
   * Second moments of the relevance model's training rows, see `history-moments.ts`.
   *
   * @param sequences users × M, stars, each row oldest first, a movie once at most; entries with column −1 only count as time
   * passing
   */
  historyMoments(sequences: SparseRows, weights: HistoryWeights, rows: NextWatchRows): Promise<HistoryMoments>;

  /** y_k ← y_k + factor · x_k, the first `count` numbers of each. */
  add(y: Tensor, factor: number, x: Tensor, count: number): void;
  /** X (n, c) ← diag(d)⁻¹ X for d (n). */
  divideRows(x: Tensor, c: number, d: Tensor): void;
  /** A (n, n) ← A + value · I. */
  addDiagonal(a: Tensor, n: number, value: number): void;
  /** Lower Cholesky factor in place, (n, n); the upper triangle is left as it was. Rejects at a pivot that is not positive. */
  cholesky(a: Tensor, n: number): Promise<void>;
  /** B (n, c) ← L⁻¹ B, or L⁻ᵀ B, for the lower factor L (n, n). */
  triangularSolve(l: Tensor, n: number, b: Tensor, c: number, transposed: boolean): void;
  /** out (n, c) = A B for A (n, m), B (m, c); or Aᵀ B for A (m, n). */
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
  /** How many copies of a vector that is made anew in every step there are at a time, garbage among them. */
  readonly passing: number;
  /** The ratings, both ways round. */
  sparse(N: number, R: number): number;
  /** JavaScript's own copies of the ratings while they are handed over. */
  sparseCopies(N: number): number;
  /** Tables of the histories that `historyMoments` looks at at a time. */
  histories(N: number): number;
  /** The same as JavaScript makes them to be uploaded. */
  uploads(N: number): number;
}

/** Opaque: only its engine knows what is inside. */
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
  /** The whole posterior covariances, where they are kept: upper triangles by rows, see `covarianceLength`. */
  readonly covariances?: Tensor; // (R, covarianceLength(S))
  /** Prior means. */
  readonly priorMeans: Tensor; // (R, S)
  readonly precision: Tensor; // (S, S) Λ
}

/**
 * For each row r with entries (c, y), y = stars − μ, and f_c = [g_c without its bias, 1]:
 *   A = τ Σ (f_c f_cᵀ + diag v_c) + Λ,   x = A⁻¹ (τ Σ f_c (y − bias_c) + Λ m_r)
 * writes means_r = x and variances_r = diag A⁻¹. The other side's bias variance is not added to A.
 *
 * With covariances C_c (both sides keep them, or neither), f_c f_cᵀ + C_c of the factors stands in A for f_c f_cᵀ + diag v_c,
 * and f_c (y − bias_c) loses Cov(g_c, bias_c): the expectation of a product is not the product of expectations.
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

/** Σ over the training rows (x, y): x = a history of M movies and the constant, y = what was liked next. */
export interface HistoryMoments {
  readonly xx: Tensor; // (M + 1, M + 1) Σ x xᵀ; its last element is the number of rows
  readonly xy: Tensor; // (M + 1, M) Σ x yᵀ
  readonly likes: Tensor; // (M, M) Σ over users of l lᵀ, l = liked movies
}

/**
 * The features of one side, X (R, C + P): diag(scale) · pattern, then P dense columns (constants, genres, years; P up to
 * about 80). `pattern` is the side's own rating pattern and `transposed` the other side's, so that X costs little memory
 * of its own.
 */
export interface ImplicitPrior {
  readonly pattern: Sparse; // (R, C), values ignored
  readonly transposed: Sparse; // (C, R), values ignored
  readonly scale: Tensor; // (R)
  readonly features: Tensor; // (R, P)
  readonly featureCount: number; // P
  readonly width: number; // S
}

/**
 * Numbers that the upper triangle of an (S, S) matrix takes by rows, row i from column i & ~3 on, so that every row starts
 * on a vector of four.
 */
export function covarianceLength(S: number): number {
  return (S * (S + 4)) / 2;
}
