import type { HistoryWeights } from '../../../shared/model/model.ts';
import { type Engine, paddedWidth, type Tensor } from '../../engines/engine.ts';
import type { NextTarget, TrainingRows } from '../../engines/history-moments.ts';
import { random, STREAMS } from '../../math/random.ts';
import type { SparseRows } from '../../math/sparse.ts';
import { leadingPairs, type Operator } from './subspace.ts';

/** Which movies take part in the relevance model. */
export interface CoreLimits {
  /** Fewest ratings of a movie. Others get zero vectors. */
  readonly minRatings: number;
  /** Most movies; the most rated ones are taken. */
  readonly relevanceMovies: number;
}

export interface RelevanceOptions extends CoreLimits {
  readonly relevanceFactors: number; // E
  readonly seed: number;
  readonly history: HistoryWeights;
  readonly rows: Omit<TrainingRows & NextTarget, 'likeFrom'>;
  /** Ridge λ of the next-watch regression, towards the scaled EASE weights. */
  readonly nextRidge: number;
  /** Ridge λ₀ of EASE. */
  readonly easeRidge: number;
  /** Steps of the subspace iteration. */
  readonly subspaceSteps: number;
  /** Output vectors of an earlier model, from which the iteration starts; zeros for movies that it lacked. */
  readonly start?: Float32Array; // (M, E)
}

/** Input and output vectors of the next-watch ridge, reduced to E factors. */
export interface Relevance {
  readonly factors: number; // E
  readonly output: Float32Array; // (M, E)
  readonly history: Float32Array; // (M, E)
  /** A vector that is part of every user's: zeros. */
  readonly base: Float32Array; // (E)
}

/** Columns of the subspace iteration beside E. */
const OVERSAMPLING = 16;

/** Random vectors with which c is estimated. */
export const SCALE_PROBES = 32;

/**
 * Next-watch ridge: a regression from a recency-weighted history x to what the user liked next, y, shrunk towards EASE and
 * reduced to its E strongest directions:
 *   B₀ = EASE on liked movies;   c = ⟨B₀, XᵀY⟩ / ⟨B₀, XᵀX B₀⟩
 *   B = (XᵀX + λI)⁻¹ (XᵀY + λ c B₀);   V = top-E eigenvectors of Bᵀ XᵀX B;   output = V, input = B V
 * B is never formed. Cholesky factors of the two Gram matrices apply it to a block of vectors (subspace iteration).
 *
 * Source: EASE is Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019; the regression is this project's.
 *
 * @param byUser users × M, stars, oldest first
 */
export async function fitRelevance(engine: Engine, byUser: SparseRows, options: RelevanceOptions): Promise<Relevance> {
  const core = coreMovies(countColumns(byUser), options);
  const E = options.relevanceFactors;
  const M = byUser.columns;
  const result = {
    factors: E,
    output: new Float32Array(M * E),
    history: new Float32Array(M * E),
    base: new Float32Array(E),
  };
  if (core.length === 0) return result;
  const rows = core.length;
  const [kept, width] = [Math.min(E, rows), blockWidth(rows, E)];
  const ridge = await NextWatch.open(engine, restrict(byUser, core), options);
  const start = engine.tensor(rows * width, startBlock(core, width, options));
  const { vectors, images } = await leadingPairs(engine, ridge, start, { width, kept, steps: options.subspaceSteps });
  const [output, history] = [await engine.read(vectors), await engine.read(images)];
  engine.free(vectors, images);
  ridge.close();
  core.forEach((movieRow, c) => {
    result.output.set(output.subarray(c * kept, (c + 1) * kept), movieRow * E);
    result.history.set(history.subarray(c * kept, (c + 1) * kept), movieRow * E);
  });
  return result;
}

/** Rows of the movies that take part, ascending. Of movies with equally many ratings, the first rows are taken. */
export function coreMovies(ratingCounts: Int32Array, { minRatings, relevanceMovies }: CoreLimits): Int32Array {
  const least = Math.max(1, minRatings);
  const enough = Int32Array.from(ratingCounts.keys()).filter((movie) => ratingCounts[movie] >= least);
  if (enough.length <= relevanceMovies) return enough;
  const mostRated = enough.sort((a, b) => ratingCounts[b] - ratingCounts[a] || a - b);
  return mostRated.slice(0, relevanceMovies).sort();
}

/** Number of entries of each column. */
function countColumns({ columns, indices }: SparseRows): Int32Array {
  const counts = new Int32Array(columns);
  for (let k = 0; k < indices.length; k++) counts[indices[k]]++;
  return counts;
}

/** The sequences with columns numbered within the core, −1 for movies outside it. */
function restrict(byUser: SparseRows, core: Int32Array): SparseRows {
  const column = new Int32Array(byUser.columns).fill(-1);
  core.forEach((movieRow, c) => {
    column[movieRow] = c;
  });
  const indices = new Int32Array(byUser.indices.length);
  for (let k = 0; k < indices.length; k++) indices[k] = column[byUser.indices[k]];
  return { ...byUser, columns: core.length, indices };
}

/** EASE's matrix B₀, applied by L of G + λ₀I: zeros on the diagonal, −P_ij / P_jj beside it for P = (G + λ₀I)⁻¹. */
class Ease {
  readonly M: number;
  readonly #engine: Engine;
  readonly #factor: Tensor; // (M, M) L
  readonly #diagonal: Tensor; // (M) diag P

  constructor(engine: Engine, M: number, factor: Tensor, diagonal: Tensor) {
    this.#engine = engine;
    this.M = M;
    this.#factor = factor;
    this.#diagonal = diagonal;
  }

  /** @param likes G (M, M), which is overwritten by its factor */
  static async open(engine: Engine, likes: Tensor, M: number, ridge: number): Promise<Ease> {
    engine.addDiagonal(likes, M, ridge);
    await engine.cholesky(likes, M);
    const diagonal = engine.tensor(M);
    engine.inverseDiagonal(likes, M, diagonal);
    return new Ease(engine, M, likes, diagonal);
  }

  /**
   * out += scale · B₀ Z = scale · (Z − P D⁻¹ Z), or scale · B₀ᵀ Z = scale · (Z − D⁻¹ P Z), for P = (G + λ₀I)⁻¹, D = diag P.
   * Only the first M rows of out and Z are used; both have `width` columns.
   */
  addTo(out: Tensor, scale: number, z: Tensor, width: number, transposed: boolean): void {
    const [engine, M, factor, diagonal] = [this.#engine, this.M, this.#factor, this.#diagonal];
    const size = M * width;
    const block = engine.tensor(size);
    engine.add(block, 1, z, size);
    if (!transposed) engine.divideRows(block, width, diagonal);
    engine.triangularSolve(factor, M, block, width, false);
    engine.triangularSolve(factor, M, block, width, true);
    if (transposed) engine.divideRows(block, width, diagonal);
    engine.add(block, -1, z, size);
    engine.add(out, -scale, block, size);
    engine.free(block);
  }

  close(): void {
    this.#engine.free(this.#factor, this.#diagonal);
  }
}

/** The regression's matrices on the engine, as the operator B. N = M inputs, M outputs. */
class NextWatch implements Operator {
  readonly columns: number; // M
  readonly rows: number; // N
  readonly #engine: Engine;
  readonly #ridge: number; // λ
  readonly #xy: Tensor; // (N, M)
  readonly #xxFactor: Tensor; // (N, N) L of XᵀX + λI
  readonly #ease: Ease;
  readonly #pull: number; // λ c

  constructor(engine: Engine, ridge: number, xy: Tensor, xxFactor: Tensor, ease: Ease, pull: number) {
    this.#engine = engine;
    this.columns = ease.M;
    this.rows = ease.M;
    this.#ridge = ridge;
    this.#xy = xy;
    this.#xxFactor = xxFactor;
    this.#ease = ease;
    this.#pull = pull;
  }

  /** @param sequences users × M, stars, oldest first */
  static async open(engine: Engine, sequences: SparseRows, options: RelevanceOptions): Promise<NextWatch> {
    const { history, rows, nextRidge, easeRidge, seed } = options;
    const { likeFrom } = history;
    const moments = await engine.historyMoments(sequences, [history], [{ ...rows, likeFrom }], { ...rows, likeFrom });
    const { xx, likes } = moments;
    const [xy] = moments.xy;
    const ease = await Ease.open(engine, likes, sequences.columns, easeRidge);
    const pull = nextRidge * (await easeScale(engine, ease, xx, xy, seed));
    const N = sequences.columns;
    engine.addDiagonal(xx, N, nextRidge);
    await engine.cholesky(xx, N);
    return new NextWatch(engine, nextRidge, xy, xx, ease, pull);
  }

  /** (XᵀX + λI)⁻¹ in place on a block (N, width). */
  #solve(block: Tensor, width: number): void {
    this.#engine.triangularSolve(this.#xxFactor, this.rows, block, width, false);
    this.#engine.triangularSolve(this.#xxFactor, this.rows, block, width, true);
  }

  /** B Z. */
  apply(z: Tensor, width: number): Tensor {
    const [engine, N, M] = [this.#engine, this.rows, this.columns];
    const image = engine.tensor(N * width);
    engine.multiply(this.#xy, z, image, N, M, width, false);
    this.#ease.addTo(image, this.#pull, z, width, false);
    this.#solve(image, width);
    return image;
  }

  /** Bᵀ XᵀX W: (XᵀX + λI)⁻¹ XᵀX W = W − λ (XᵀX + λI)⁻¹ W. */
  applyTransposed(w: Tensor, width: number): Tensor {
    const [engine, N, M] = [this.#engine, this.rows, this.columns];
    const [solved, inner] = [engine.tensor(N * width), engine.tensor(N * width)];
    engine.add(solved, 1, w, N * width);
    this.#solve(solved, width);
    engine.add(inner, 1, w, N * width);
    engine.add(inner, -this.#ridge, solved, N * width);
    const out = engine.tensor(M * width);
    engine.multiply(this.#xy, inner, out, M, N, width, true);
    this.#ease.addTo(out, this.#pull, inner, width, true);
    engine.free(solved, inner);
    return out;
  }

  close(): void {
    this.#engine.free(this.#xy, this.#xxFactor);
    this.#ease.close();
  }
}

/**
 * c = ⟨B₀, XᵀY⟩ / ⟨B₀, XᵀX B₀⟩. Both are traces, estimated as the mean of zᵀ B₀ᵀ(…) z over vectors z of random signs, on real
 * data within 3% of the whole sums. c for the most-liked movies alone would be a fifth smaller and recommend worse.
 *
 * Source: Hutchinson, "A stochastic estimator of the trace of the influence matrix", Comm. in Statistics 19, 1990.
 */
async function easeScale(engine: Engine, ease: Ease, xx: Tensor, xy: Tensor, seed: number): Promise<number> {
  const { M } = ease;
  const N = M;
  const width = SCALE_PROBES;
  const source = random(seed, STREAMS.probes);
  const signs = Float32Array.from({ length: M * width }, () => (source.uniform() < 0.5 ? -1 : 1));
  const [columns, product] = [engine.tensor(M * width, signs), engine.tensor(N * width)];
  ease.addTo(product, 1, columns, width, false);
  const [image, dots] = [engine.tensor(N * width), engine.tensor(width)];
  const alongEase = async () => {
    engine.columnDots(product, image, dots);
    return Float64Array.from(await engine.read(dots)).reduce((sum, dot) => sum + dot, 0);
  };
  engine.multiply(xy, columns, image, N, M, width, false);
  const along = await alongEase();
  engine.multiply(xx, product, image, N, N, width, false);
  const energy = await alongEase();
  engine.free(columns, product, image, dots);
  return energy > 0 ? along / energy : 0;
}

/** Columns of the subspace iteration for `rows` movies and E factors, padded. */
export function blockWidth(rows: number, E: number): number {
  return paddedWidth(Math.min(rows, E + OVERSAMPLING));
}

/**
 * The block that the subspace iteration starts from, (core, width): an earlier model's vectors, the other columns random.
 * Columns beyond the number of movies are zero and stay zero.
 */
function startBlock(core: Int32Array, width: number, { start, seed, relevanceFactors: E }: RelevanceOptions) {
  const source = random(seed, STREAMS.subspace);
  const independent = Math.min(core.length, width);
  const block = Float64Array.from({ length: core.length * width }, (_, at) =>
    at % width < independent ? source.normal() : 0,
  );
  for (let e = 0; start && e < Math.min(E, width); e++) {
    let energy = 0;
    for (const movieRow of core) energy += start[movieRow * E + e] ** 2;
    if (energy === 0) continue; // the earlier model has fewer directions
    // Scaled to a random column's length, so that neither kind is lost in the other's rounding.
    const scale = Math.sqrt(core.length / energy);
    core.forEach((movieRow, c) => {
      block[c * width + e] = scale * start[movieRow * E + e];
    });
  }
  return block;
}
