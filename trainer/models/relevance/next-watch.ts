import type { HistoryWeights } from '../../../shared/model/model.ts';
import { type Engine, type HistoryMoments, paddedWidth, type Tensor } from '../../engines/engine.ts';
import type { NextTarget } from '../../engines/history-moments.ts';
import { random, STREAMS } from '../../math/random.ts';
import { type AnyRows, mapRows, rowBlocks, type SparseRows } from '../../math/sparse.ts';
import { Ease, easeScales } from './ease.ts';
import { leadingPairs, type Operator } from './subspace.ts';

/** Which movies take part in the relevance model. */
export interface CoreLimits {
  /** Fewest ratings of a movie. Others get zero vectors. */
  readonly minRatings: number;
  /** Most movies; the most rated ones are taken. */
  readonly relevanceMovies: number;
}

/** Moments of training rows that were summed elsewhere, with the same scales, targets and rows. */
export interface GivenMoments {
  /** Rows of the movies that they are of, ascending, (C): these take part. */
  readonly core: Int32Array;
  upload(engine: Engine): HistoryMoments;
}

export interface RelevanceOptions extends CoreLimits {
  readonly relevanceFactors: number; // E
  /** Factors of what comes next, F; at most E. */
  readonly nextFactors: number;
  readonly seed: number;
  /** Scales of a history, (S); EASE stands for the first. */
  readonly history: readonly HistoryWeights[];
  /** When training rows are taken from a user's sequence of ratings. */
  readonly rows: { readonly first: number; readonly step: number };
  /** How far a row looks ahead for what a user likes. */
  readonly window: number;
  readonly windowShare: number;
  /** How much the very next film counts in what is relevant, as `OUTPUTS_SHARE` does in the outputs. */
  readonly nextShare: number;
  /** Ridge λ of the next-watch regression, towards the scaled EASE weights. */
  readonly nextRidge: number;
  /** Ridge λ₀ of EASE. */
  readonly easeRidge: number;
  /** Steps of the subspace iteration. */
  readonly subspaceSteps: number;
  /** Moments over more people than `byUser` has, where they were summed elsewhere. */
  readonly moments?: GivenMoments;
  /** Output vectors of an earlier model, from which the iteration starts; zeros for movies that it lacked. */
  readonly start?: Float32Array; // (M, E)
}

/** Input and output vectors of the next-watch ridge, reduced to E factors. */
export interface Relevance {
  readonly factors: number; // E
  readonly output: Float32Array; // (M, E)
  readonly history: Float32Array; // (M, S · E)
  /** The constant part of every user's vector: none, the histories say it all. */
  readonly base: Float32Array; // (E)
}

/** Input and output vectors of the movies that take part, for the very next film. */
export interface NextVectors {
  /** Their rows, ascending, (C). */
  readonly rows: Int32Array;
  readonly factors: number; // F
  readonly output: Float32Array; // (C, F) the first columns of relevance
  readonly history: Float32Array; // (C, S · F)
}

/** Columns of the subspace iteration beside E. */
const OVERSAMPLING = 16;

/** How much the very next film counts beside what is liked next where both share outputs, in units of EASE's predictions. */
export const OUTPUTS_SHARE = 0.7;

/** The very next film, whatever the user thinks of it. */
const NEXT: NextTarget = { likeFrom: 0, window: 1, windowShare: 0 };

/**
 * Next-watch ridge: a regression from a history x in S scales of time to what the user liked next and, by `nextShare`, to the
 * very next film, y, shrunk towards EASE and reduced to its E strongest directions:
 *   B₀ = EASE on liked movies, in the first scale;   c = ⟨B₀, XᵀY⟩ / ⟨B₀, XᵀX B₀⟩
 *   B = (XᵀX + λI)⁻¹ (XᵀY + λ c B₀);   V = top-E eigenvectors of Bᵀ XᵀX B;   output = V, input = B V
 * V is that of a sum in which the very next film weighs more. That film alone has inputs of its own, in the first F directions.
 * B is never formed. Cholesky factors of the two Gram matrices apply it to a block of vectors (subspace iteration).
 *
 * Source: EASE is Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019; the regression is this project's.
 *
 * @param byUser users × M, stars, oldest first
 * @returns `unit`: what the inputs of the very next film are multiplied by to count as much as those of what is liked next
 */
export async function fitRelevance(
  engine: Engine,
  byUser: AnyRows,
  options: RelevanceOptions,
): Promise<{ relevance: Relevance; next: NextVectors; unit: number }> {
  const core = options.moments?.core ?? coreMovies(countColumns(byUser), options);
  const E = options.relevanceFactors;
  const S = options.history.length;
  const C = core.length;
  const [kept, width] = [Math.min(E, C), blockWidth(C, E)];
  const F = Math.min(options.nextFactors, kept);
  const [output, history] = [new Float32Array(C * kept), new Float32Array(S * C * kept)];
  const nextHistory = new Float32Array(S * C * F);
  let unit = 0;
  if (C > 0) {
    const { relevant, next, both, close, ...opened } = await openNextWatch(engine, restrict(byUser, core), options);
    const start = engine.tensor(C * width, startBlock(core, width, options));
    const { vectors, images } = await leadingPairs(engine, both, start, { width, kept, steps: options.subspaceSteps });
    engine.free(images);
    output.set(await engine.read(vectors));
    const leading = engine.tensor(C * F, columnsOf(output, kept, F));
    const [relevantImages, nextImages] = [relevant.apply(vectors, kept), next.apply(leading, F)];
    history.set(await engine.read(relevantImages));
    nextHistory.set(await engine.read(nextImages));
    engine.free(vectors, leading, relevantImages, nextImages);
    unit = opened.unit;
    close();
  }
  const M = byUser.columns;
  const relevance = {
    factors: E,
    output: new Float32Array(M * E),
    history: new Float32Array(M * S * E),
    base: new Float32Array(E),
  };
  core.forEach((movieRow, c) => {
    relevance.output.set(output.subarray(c * kept, (c + 1) * kept), movieRow * E);
    for (let s = 0, at = c; s < S; s++, at += C) {
      relevance.history.set(history.subarray(at * kept, (at + 1) * kept), (movieRow * S + s) * E);
    }
  });
  return {
    relevance,
    next: { rows: core, factors: F, output: columnsOf(output, kept, F), history: byMovie(nextHistory, S, C, F) },
    unit,
  };
}

/** The first columns of a matrix (·, width). */
function columnsOf(matrix: Float32Array, width: number, columns: number): Float32Array {
  const rows = matrix.length / Math.max(1, width);
  return Float32Array.from(
    { length: rows * columns },
    (_, at) => matrix[Math.floor(at / columns) * width + (at % columns)],
  );
}

/** (S, C, F) → (C, S · F). */
function byMovie(blocks: Float32Array, S: number, C: number, F: number): Float32Array {
  const out = new Float32Array(blocks.length);
  for (let s = 0; s < S; s++) {
    for (let c = 0; c < C; c++) out.set(blocks.subarray((s * C + c) * F, (s * C + c + 1) * F), (c * S + s) * F);
  }
  return out;
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
function countColumns(matrix: AnyRows): Int32Array {
  const counts = new Int32Array(matrix.columns);
  for (const { block } of rowBlocks(matrix)) {
    const { indices } = block;
    for (let k = 0; k < indices.length; k++) counts[indices[k]]++;
  }
  return counts;
}

/** The sequences with columns numbered within the core, −1 for movies outside it. */
export function restrict(byUser: SparseRows, core: Int32Array): SparseRows;
export function restrict(byUser: AnyRows, core: Int32Array): AnyRows;
export function restrict(byUser: AnyRows, core: Int32Array): AnyRows {
  const column = new Int32Array(byUser.columns).fill(-1);
  core.forEach((movieRow, c) => {
    column[movieRow] = c;
  });
  const inCore = (block: SparseRows): SparseRows => {
    const indices = new Int32Array(block.indices.length);
    for (let k = 0; k < indices.length; k++) indices[k] = column[block.indices[k]];
    return { ...block, columns: core.length, indices };
  };
  return mapRows(byUser, inCore, core.length);
}

/** What the regressions to both targets share. N = S · M inputs, M outputs. */
interface Inputs {
  readonly engine: Engine;
  readonly N: number;
  readonly ridge: number; // λ
  readonly factor: Tensor; // (N, N) L of XᵀX + λI
  readonly ease: Ease;
}

/** A target and how much it counts. */
interface Part {
  readonly xy: Tensor; // (N, M)
  readonly weight: number;
}

/** The regression to a sum of targets on the engine, as the operator B. */
class NextWatch implements Operator {
  readonly columns: number; // M
  readonly rows: number; // N
  readonly #inputs: Inputs;
  readonly #parts: readonly Part[];
  readonly #pull: number; // λ c

  /** @param scale c */
  constructor(inputs: Inputs, parts: readonly Part[], scale: number) {
    this.#inputs = inputs;
    this.columns = inputs.ease.M;
    this.rows = inputs.N;
    this.#parts = parts;
    this.#pull = inputs.ridge * scale;
  }

  /** (XᵀX + λI)⁻¹ in place on a block (N, width). */
  #solve(block: Tensor, width: number): void {
    const { engine, factor } = this.#inputs;
    engine.triangularSolve(factor, this.rows, block, width, false);
    engine.triangularSolve(factor, this.rows, block, width, true);
  }

  /** out += XᵀY Z, or (XᵀY)ᵀ Z. */
  #addTargets(out: Tensor, z: Tensor, width: number, transposed: boolean): void {
    const { engine } = this.#inputs;
    const [rows, columns] = transposed ? [this.columns, this.rows] : [this.rows, this.columns];
    const product = engine.tensor(rows * width);
    for (const { xy, weight } of this.#parts) {
      engine.multiply(xy, z, product, rows, columns, width, transposed);
      engine.add(out, weight, product, rows * width);
    }
    engine.free(product);
  }

  /** B Z. */
  apply(z: Tensor, width: number): Tensor {
    const { engine, ease } = this.#inputs;
    const image = engine.tensor(this.rows * width);
    this.#addTargets(image, z, width, false);
    ease.addTo(image, this.#pull, z, width, false);
    this.#solve(image, width);
    return image;
  }

  /** Bᵀ XᵀX W: (XᵀX + λI)⁻¹ XᵀX W = W − λ (XᵀX + λI)⁻¹ W. */
  applyTransposed(w: Tensor, width: number): Tensor {
    const { engine, ease, ridge } = this.#inputs;
    const { rows: N, columns: M } = this;
    const [solved, inner] = [engine.tensor(N * width), engine.tensor(N * width)];
    engine.add(solved, 1, w, N * width);
    this.#solve(solved, width);
    engine.add(inner, 1, w, N * width);
    engine.add(inner, -ridge, solved, N * width);
    const out = engine.tensor(M * width);
    this.#addTargets(out, inner, width, true);
    ease.addTo(out, this.#pull, inner, width, true);
    engine.free(solved, inner);
    return out;
  }
}

/** @param sequences users × M, stars, oldest first */
async function openNextWatch(engine: Engine, sequences: AnyRows, options: RelevanceOptions) {
  const { history, rows, window, windowShare, nextShare, nextRidge, easeRidge, seed } = options;
  const { likeFrom } = history[0];
  const targets = [{ likeFrom, window, windowShare }, NEXT];
  const { xx, xy, likes } =
    options.moments?.upload(engine) ??
    (await engine.historyMoments(sequences, history, targets, { ...rows, likeFrom }));
  const ease = await Ease.open(engine, likes, sequences.columns, easeRidge);
  const N = history.length * sequences.columns;
  const scales = await easeScales(engine, ease, { xx, xy, N, seed });
  engine.addDiagonal(xx, N, nextRidge);
  await engine.cholesky(xx, N);
  const inputs = { engine, N, ridge: nextRidge, factor: xx, ease };
  const regression = (weights: readonly number[]) =>
    new NextWatch(
      inputs,
      xy.map((target, at) => ({ xy: target, weight: weights[at] })).filter(({ weight }) => weight !== 0),
      weights.reduce((sum, weight, at) => sum + weight * scales[at], 0),
    );
  const unit = scales[0] > 0 && scales[1] > 0 ? scales[0] / scales[1] : 0;
  const [relevant, next, both] = [
    [1, nextShare * unit],
    [0, 1],
    [1, OUTPUTS_SHARE * unit],
  ].map(regression);
  const close = () => {
    engine.free(...xy, xx);
    ease.close();
  };
  return { relevant, next, both, unit, close };
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
