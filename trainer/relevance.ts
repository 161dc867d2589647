import type { HistoryWeights } from '../shared/model.ts';
import { gram, orthonormal, times } from './blocks.ts';
import { symmetricEigen } from './eigen.ts';
import type { Engine, Tensor } from './engines/engine.ts';
import type { NextWatchRows } from './history-moments.ts';
import type { SparseRows } from './matrix.ts';
import { random, STREAMS } from './random.ts';

/** Which movies take part. */
export interface CoreLimits {
  /** Ratings that a movie needs; the others get zero vectors. */
  readonly minRatings: number;
  /** Movies at most: the most rated ones. */
  readonly relevanceMovies: number;
}

export interface RelevanceOptions extends CoreLimits {
  readonly relevanceFactors: number; // E
  readonly seed: number;
  readonly history: HistoryWeights;
  readonly rows: NextWatchRows;
  /** Ridge λ of the next-watch regression, towards the scaled EASE weights. */
  readonly nextRidge: number;
  /** Ridge λ₀ of EASE. */
  readonly easeRidge: number;
  /** Steps of the subspace iteration. */
  readonly subspaceSteps: number;
  /** Output vectors of an earlier model, zeros for movies that it lacked: the iteration starts there. */
  readonly start?: Float32Array; // (M, E)
}

/** Input and output vectors of the next-watch ridge, reduced to E factors. */
export interface Relevance {
  readonly factors: number; // E
  readonly output: Float32Array; // (M, E)
  readonly history: Float32Array; // (M, E)
  /** The constant's input vector, part of everybody's. */
  readonly base: Float32Array; // (E)
}

type Numbers = Float64Array | Float32Array;

/** Columns of the subspace iteration beyond E. */
export const OVERSAMPLING = 16;
/** Vectors that c is estimated with. */
export const SCALE_PROBES = 32;

/**
 * Next-watch ridge (DESIGN §4): a regression from a recency-weighted history to what the user liked next, shrunk towards
 * EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019) and cut to its E strongest directions:
 *   B₀ = EASE on liked movies;   c = ⟨B₀, XᵀY⟩ / ⟨B₀, XᵀX B₀⟩
 *   B = (XᵀX + λI)⁻¹ (XᵀY + λ c B₀);   V = top-E eigenvectors of Bᵀ XᵀX B;   output = V, input = B V
 * B is never formed: Cholesky factors of the two Gram matrices apply it to a block of vectors (subspace iteration).
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
  const ridge = await NextWatch.open(engine, restrict(byUser, core), options);
  const block = Math.min(core.length, E + OVERSAMPLING);
  const first = startBlock(core, block, options);
  const { output, input, kept } = await ridge.reduce(first, block, Math.min(E, core.length), options.subspaceSteps);
  core.forEach((movieRow, c) => {
    result.output.set(output.subarray(c * kept, (c + 1) * kept), movieRow * E);
    result.history.set(input.subarray(c * kept, (c + 1) * kept), movieRow * E);
  });
  result.base.set(input.subarray(core.length * kept));
  return result;
}

/** Rows of the movies that take part, ascending. Of equally many ratings, the first rows are taken. */
export function coreMovies(ratingCounts: Int32Array, { minRatings, relevanceMovies }: CoreLimits): Int32Array {
  const least = Math.max(1, minRatings);
  const enough = Int32Array.from(ratingCounts.keys()).filter((movie) => ratingCounts[movie] >= least);
  if (enough.length <= relevanceMovies) return enough;
  const mostRated = enough.sort((a, b) => ratingCounts[b] - ratingCounts[a] || a - b);
  return mostRated.slice(0, relevanceMovies).sort();
}

/** Entries of each column. */
function countColumns({ columns, indices }: SparseRows): Int32Array {
  const counts = new Int32Array(columns);
  for (const column of indices) counts[column]++;
  return counts;
}

/** The same sequences with columns renumbered to the core, −1 for movies outside it. */
function restrict(byUser: SparseRows, core: Int32Array): SparseRows {
  const column = new Int32Array(byUser.columns).fill(-1);
  core.forEach((movieRow, c) => {
    column[movieRow] = c;
  });
  return { ...byUser, columns: core.length, indices: byUser.indices.map((movie) => column[movie]) };
}

/** EASE's matrix B₀ from L of G + λ₀I: zeros on the diagonal, −P_ij / P_jj beside it for P = (G + λ₀I)⁻¹. */
class Ease {
  readonly M: number;
  private readonly engine: Engine;
  private readonly factor: Tensor; // (M, M) L
  private readonly diagonal: Numbers; // (M) diag P

  private constructor(engine: Engine, M: number, factor: Tensor, diagonal: Numbers) {
    this.engine = engine;
    this.M = M;
    this.factor = factor;
    this.diagonal = diagonal;
  }

  /** @param likes G (M, M), which becomes the factor */
  static async open(engine: Engine, likes: Tensor, M: number, ridge: number): Promise<Ease> {
    engine.addDiagonal(likes, M, ridge);
    await engine.cholesky(likes, M);
    const diagonal = engine.tensor(M);
    engine.inverseDiagonal(likes, M, diagonal);
    const ease = new Ease(engine, M, likes, await engine.read(diagonal));
    engine.free(diagonal);
    return ease;
  }

  /** B₀ Z = Z − P D⁻¹ Z, or B₀ᵀ Z = Z − D⁻¹ P Z, for P = (G + λ₀I)⁻¹, D = diag P; Z (M, width). */
  async apply(z: Numbers, width: number, transposed: boolean): Promise<Float64Array> {
    const { engine, M, factor, diagonal } = this;
    const block = engine.tensor(M * width, transposed ? z : divideRows(z, diagonal, width));
    engine.triangularSolve(factor, M, block, width, false);
    engine.triangularSolve(factor, M, block, width, true);
    const solved = await engine.read(block);
    engine.free(block);
    const out = transposed ? divideRows(solved, diagonal, width) : Float64Array.from(solved);
    for (let k = 0; k < out.length; k++) out[k] = z[k] - out[k];
    return out;
  }

  close(): void {
    this.engine.free(this.factor);
  }
}

/** The regression's matrices on the engine. N = M + 1 inputs (the constant last), M outputs. */
class NextWatch {
  private readonly engine: Engine;
  private readonly M: number;
  private readonly ridge: number; // λ
  private readonly xy: Tensor; // (N, M)
  private readonly xxFactor: Tensor; // (N, N) L of XᵀX + λI
  private readonly ease: Ease;
  private readonly pull: number; // λ c

  private constructor(engine: Engine, ridge: number, xy: Tensor, xxFactor: Tensor, ease: Ease, pull: number) {
    this.engine = engine;
    this.M = ease.M;
    this.ridge = ridge;
    this.xy = xy;
    this.xxFactor = xxFactor;
    this.ease = ease;
    this.pull = pull;
  }

  /** @param sequences users × M, stars, oldest first */
  static async open(engine: Engine, sequences: SparseRows, options: RelevanceOptions): Promise<NextWatch> {
    const { history, rows, nextRidge, easeRidge, seed } = options;
    const { xx, xy, likes } = await engine.historyMoments(sequences, history, rows);
    const ease = await Ease.open(engine, likes, sequences.columns, easeRidge);
    const pull = nextRidge * (await easeScale(engine, ease, xx, xy, seed));
    const N = sequences.columns + 1;
    engine.addDiagonal(xx, N, nextRidge);
    await engine.cholesky(xx, N);
    return new NextWatch(engine, nextRidge, xy, xx, ease, pull);
  }

  /** (XᵀX + λI)⁻¹ in place on a block (N, width). */
  private solve(block: Tensor, width: number): void {
    this.engine.triangularSolve(this.xxFactor, this.M + 1, block, width, false);
    this.engine.triangularSolve(this.xxFactor, this.M + 1, block, width, true);
  }

  /** B Z, (N, width). */
  private async apply(z: Numbers, width: number): Promise<Numbers> {
    const { engine, M, pull } = this;
    const N = M + 1;
    const block = engine.tensor(M * width, z);
    const image = engine.tensor(N * width);
    engine.multiply(this.xy, block, image, N, M, width, false);
    const sum = Float64Array.from(await engine.read(image));
    const ease = await this.ease.apply(z, width, false);
    for (let k = 0; k < ease.length; k++) sum[k] += pull * ease[k];
    engine.write(image, sum);
    this.solve(image, width);
    const answer = await engine.read(image);
    engine.free(block, image);
    return answer;
  }

  /** Bᵀ XᵀX B Z, (M, width), and B Z on the way: (XᵀX + λI)⁻¹ XᵀX W = W − λ (XᵀX + λI)⁻¹ W. */
  private async applySquare(z: Numbers, width: number) {
    const { engine, M, pull, ridge } = this;
    const N = M + 1;
    const input = await this.apply(z, width);
    const block = engine.tensor(N * width, input);
    this.solve(block, width);
    const inner = await engine.read(block);
    for (let k = 0; k < inner.length; k++) inner[k] = input[k] - ridge * inner[k];
    engine.write(block, inner);
    const output = engine.tensor(M * width);
    engine.multiply(this.xy, block, output, M, N, width, true);
    const square = Float64Array.from(await engine.read(output));
    const ease = await this.ease.apply(inner.subarray(0, M * width), width, true);
    for (let k = 0; k < square.length; k++) square[k] += pull * ease[k];
    engine.free(block, output);
    return { input, square };
  }

  /**
   * Top eigenvectors V of S = Bᵀ XᵀX B by subspace iteration, and B V. It ends with Nyström's approximation from the last
   * block, S ≈ SZ (ZᵀSZ)⁻¹ ZᵀS (Halko, Martinsson & Tropp, "Finding structure with randomness", SIAM Review 2011, §5.4),
   * which stands for B ≈ BZ (ZᵀSZ)⁻¹ ZᵀS and is as good as another step.
   */
  async reduce(start: Float64Array, width: number, kept: number, subspaceSteps: number) {
    const { M } = this;
    let z = orthonormal(start, M, width);
    for (let step = 0; step < subspaceSteps; step++)
      z = orthonormal((await this.applySquare(z, width)).square, M, width);
    const { input, square } = await this.applySquare(z, width);
    const axes = nystromAxes(gram(z, square, M, width), gram(square, square, M, width), width, kept);
    const output = times(square, axes.output, M, width, kept);
    const history = times(input, axes.input, M + 1, width, kept);
    this.engine.free(this.xy, this.xxFactor);
    this.ease.close();
    return { output, input: history, kept };
  }
}

/** Directions weaker than this share of the strongest are the rounding of float32. */
const WEAKEST = 1e-6;

/**
 * From G = ZᵀSZ and (SZ)ᵀSZ, both (width, width), to the k strongest directions of S: V = SZ · output, BV = BZ · input.
 * With G = Q D Qᵀ and F = SZ Q D^{-½}, S ≈ F Fᵀ; with FᵀF = R Σ² Rᵀ, V = F R Σ⁻¹ and BV = BZ Q D^{-½} R Σ.
 */
function nystromAxes(g: Float64Array, squares: Float64Array, width: number, kept: number) {
  const { values, vectors } = symmetricEigen(g, width);
  const least = WEAKEST * Math.max(0, values[0]);
  const half = vectors.map((value, at) => {
    const eigenvalue = values[at % width];
    return eigenvalue > least ? value / Math.sqrt(eigenvalue) : 0;
  });
  const inner = gram(half, Float64Array.from(times(squares, half, width, width, width)), width, width);
  const { values: energies, vectors: turn } = symmetricEigen(inner, width);
  const both = Float64Array.from(times(half, turn, width, width, width));
  const scaled = (power: (energy: number) => number) =>
    Float64Array.from({ length: width * kept }, (_, at) => {
      const e = at % kept;
      return energies[e] > least ? both[Math.floor(at / kept) * width + e] * power(energies[e]) : 0;
    });
  return { output: scaled((energy) => 1 / Math.sqrt(energy)), input: scaled(Math.sqrt) };
}

/**
 * c = ⟨B₀, XᵀY⟩ / ⟨B₀, XᵀX B₀⟩. Both are traces, estimated as the mean of zᵀ B₀ᵀ(…) z over vectors z of random signs
 * (Hutchinson 1990), which on real data is within 3% of the whole sums; c for the most-liked movies alone would be a fifth
 * smaller, and recommend worse.
 */
async function easeScale(engine: Engine, prior: Ease, xx: Tensor, xy: Tensor, seed: number): Promise<number> {
  const { M } = prior;
  const N = M + 1;
  const width = SCALE_PROBES;
  const source = random(seed, STREAMS.probes);
  const signs = Float32Array.from({ length: M * width }, () => (source.uniform() < 0.5 ? -1 : 1));
  const columns = engine.tensor(M * width, signs);
  const ease = engine.tensor(N * width, await prior.apply(signs, width, false));
  const [image, dots] = [engine.tensor(N * width), engine.tensor(width)];
  const alongEase = async () => {
    engine.columnDots(ease, image, dots);
    return Float64Array.from(await engine.read(dots)).reduce((sum, dot) => sum + dot, 0);
  };
  engine.multiply(xy, columns, image, N, M, width, false);
  const along = await alongEase();
  engine.multiply(xx, ease, image, N, N, width, false);
  const energy = await alongEase();
  engine.free(columns, ease, image, dots);
  return energy > 0 ? along / energy : 0;
}

/** The block that the subspace iteration starts from, (core, width): random, but for an earlier model's vectors. */
function startBlock(core: Int32Array, width: number, { start, seed, relevanceFactors: E }: RelevanceOptions) {
  const source = random(seed, STREAMS.subspace);
  const block = Float64Array.from({ length: core.length * width }, () => source.normal());
  for (let e = 0; start && e < Math.min(E, width); e++) {
    let energy = 0;
    for (const movieRow of core) energy += start[movieRow * E + e] ** 2;
    if (energy === 0) continue; // the earlier model had fewer directions
    // A random column's length, so that neither kind drowns in the other's rounding.
    const scale = Math.sqrt(core.length / energy);
    core.forEach((movieRow, c) => {
      block[c * width + e] = scale * start[movieRow * E + e];
    });
  }
  return block;
}

/** Each row of Z (rows, width) by its own number. */
function divideRows(z: Numbers, divisors: Numbers, width: number): Float64Array {
  const out = Float64Array.from(z);
  for (let r = 0, at = 0; r < divisors.length; r++) {
    const factor = 1 / divisors[r];
    for (let c = 0; c < width; c++, at++) out[at] *= factor;
  }
  return out;
}
